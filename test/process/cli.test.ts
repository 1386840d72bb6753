import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../bin/dlnb.mjs", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dlnb-cli-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs `dlnb` in the test's folder; `watch` sees the output as it grows. */
function dlnb(args: readonly string[], watch: (out: string, stop: () => void) => void = () => {}): Promise<Ended> {
  const child = spawn(process.execPath, [program, ...args], { cwd: folder, env: { ...process.env, NO_COLOR: "1" } });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    watch(out, () => child.kill("SIGINT"));
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, out, err })));
}

function notebook(name: string, ...cells: string[]): string {
  const text = cells.map((cell, i) => `# Step ${i + 1}\n\n\`\`\`ts {#c${i + 1}}\n${cell}\n\`\`\`\n`).join("\n");
  writeFileSync(join(folder, name), `---\ndlnb: 1\n---\n\n${text}`);
  return name;
}

const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

const TRAINING = `const epochs = 4;
const x = Array.from({ length: 200 }, (_, i) => [i / 100 - 1]);
const exp = experiment({
  name: "wave",
  data: data.tensors({ x: tensor(x), y: tensor(x.map(([v]) => [Math.sin(3 * v)])) }).split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 16, seed: 1,
});
const run = await exp.fit({ epochs });`;

test("a notebook trains; JSON and report say what came of it, twice the same", async () => {
  const file = notebook("wave.dlnb", TRAINING, `console.log("trained", run.steps); run.steps`);
  const { code, out, err } = await dlnb([
    "run",
    file,
    "--backend",
    "wasm",
    "--json",
    "a.json",
    "--report",
    "out/a.html",
  ]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/cell 2 c2\ntrained 40\n40\n/);
  expect(out).toMatch(/wave 1: 4 epochs, 40 steps, .*valid loss 0\.\d+/);
  const { backend, cells, runs } = json("a.json");
  expect(backend).toBe("wasm");
  expect(cells).toEqual([1, 2].map((index) => ({ id: `c${index}`, index, ok: true, ms: expect.any(Number) })));
  expect(Object.keys(runs[0])).toEqual(["id", "name", "steps", "seconds", "final", "history"]);
  expect(runs[0]).toMatchObject({ name: "wave 1", steps: 40 });
  expect(runs[0].history.trainLoss).toHaveLength(40);
  const html = readFileSync(join(folder, "out/a.html"), "utf8");
  expect(html).toMatch(/<h1>Step 1<\/h1>[\s\S]*<svg [\s\S]*<path[\s\S]*<\/svg>[\s\S]*trained 40/);
  expect(html).toContain("default-src &#39;none&#39;".replaceAll("&#39;", "'"));
  expect(html).not.toMatch(/<script|<link/);

  await dlnb(["run", file, "--backend", "wasm", "--threads", "1", "--json", "b.json"]);
  expect(json("b.json").runs[0].history.trainLoss).toEqual(runs[0].history.trainLoss);
});

test("--set gives a name another value, and names that are not there are refused before anything runs", async () => {
  const file = notebook("set.dlnb", TRAINING);
  expect((await dlnb(["run", file, "--set", "epochs=2", "--json", "set.json"])).code).toBe(0);
  expect(json("set.json").runs[0].steps).toBe(20);
  const { code, out, err } = await dlnb(["run", file, "--set", "epcohs=2"]);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(err).toBe('dlnb: --set epcohs: set.dlnb declares no "epcohs" at the top level; did you mean "epochs"?\n');
});

test("a notebook is profiled: fits are short, tables and numbers tell of the step, nothing is kept", async () => {
  const file = notebook("profiled.dlnb", TRAINING, "await exp.fit({ epochs: 400 }); run.steps");
  const args = ["--backend", "wasm", "--threads", "1", "--steps", "20", "--json", "p.json", "--report", "p.html"];
  const { code, out, err } = await dlnb(["profile", file, ...args]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/wave: \S+ ms per step of 16, \S+ steps\/s on wasm/);
  expect(out).toContain("2.linear backward: product");
  const { runs, profiles } = json("p.json");
  expect(runs.map(({ steps }: { steps: number }) => steps)).toEqual([20, 20]);
  expect(profiles).toHaveLength(1);
  expect(profiles[0]).toMatchObject({ name: "wave", batchSize: 16, threads: 1 });
  expect(profiles[0].kernels.length).toBe(profiles[0].total.launches);
  expect(readFileSync(join(folder, "p.html"), "utf8")).toContain("layer or part");
  expect(existsSync(join(folder, ".dlnb", "profiled"))).toBe(false);
});

test("a notebook that trains nothing has nothing to profile, and says so", async () => {
  const { code, out } = await dlnb(["profile", notebook("idle.dlnb", "1 + 1"), "--backend", "wasm"]);
  expect(code).toBe(0);
  expect(out).toContain("nothing was profiled: idle.dlnb trains nothing with fit");
});

test("a failing cell is named with its line, ends the run and is in JSON and report", async () => {
  const file = notebook("fail.dlnb", "const a = tensor([1, 2]);", "\na.reshape([3]);", "1");
  const { code, out } = await dlnb(["run", file, "--json", "f.json", "--report", "f.html"]);
  expect(code).toBe(1);
  expect(out).toContain(
    "cell 2 (c2) failed, fail.dlnb:15\nShapeError: reshape: [2] has 2 values, which do not fill [3]",
  );
  expect(out).toContain("> 2 | a.reshape([3]);\n    |   ^");
  expect(out).not.toContain("cell 3");
  expect(json("f.json").cells.map(({ ok }: { ok: boolean }) => ok)).toEqual([true, false]);
  expect(json("f.json").cells[1].error).toMatchObject({ name: "ShapeError", line: 2 });
  expect(readFileSync(join(folder, "f.html"), "utf8")).toMatch(/cell failed[\s\S]*ShapeError[\s\S]*not run/);
});

test("a kernel that dies ends its cell with an error", async () => {
  const file = notebook("die.dlnb", `process.kill(process.pid, "SIGKILL"); await new Promise(() => {});`);
  const { code, out } = await dlnb(["run", file, "--json", "die.json"]);
  expect(code).toBe(1);
  expect(out).toContain("KernelExited: kernel was killed (SIGKILL) while running cell 1");
  expect(json("die.json").cells[0].ok).toBe(false);
});

test.skipIf(process.platform === "win32")("an interrupt stops training and keeps what was learnt", async () => {
  const file = notebook("long.dlnb", TRAINING.replace("epochs = 4", "epochs = 1_000_000"), "run");
  let sent = false;
  const { code, out } = await dlnb(["run", file, "--json", "long.json", "--report", "long.html"], (text, stop) => {
    if (!sent && text.includes("step ")) {
      sent = true;
      stop();
    }
  });
  expect(code).toBe(130);
  expect(out).toContain("stopping after the running step; press Ctrl+C again to end at once");
  expect(out).toContain("interrupted in cell 1 (c1); the cells after it were not run");
  expect(json("long.json").runs[0].steps).toBeGreaterThan(0);
  expect(readFileSync(join(folder, "long.html"), "utf8")).toContain("interrupted after");
});

test("files that are missing, damaged or empty are refused with a reason", async () => {
  notebook("there.dlnb", "1");
  writeFileSync(join(folder, "conflict.dlnb"), "---\ndlnb: 1\n---\n\n<<<<<<< HEAD\n```ts {#a}\n1\n");
  writeFileSync(join(folder, "prose.dlnb"), "---\ndlnb: 1\n---\n\n# Only prose\n");
  const errors = async (...args: string[]) => {
    const { code, err } = await dlnb(args);
    return `${code}: ${err.trim()}`;
  };
  expect(await errors("run", "thre.dlnb")).toBe('1: dlnb: there is no file "thre.dlnb"; did you mean "there.dlnb"?');
  expect(await errors("run", "conflict.dlnb")).toMatch(
    /^1: dlnb: conflict.dlnb:5: merge conflict.*\nconflict.dlnb:6: cell a is not closed/,
  );
  expect(await errors("run", "prose.dlnb")).toBe(
    "1: dlnb: prose.dlnb: no cells to run; a cell begins with a line ```ts {#id}",
  );
  expect(await errors("run", "there.dlnb", "--reprot", "x")).toBe(
    '2: dlnb: run: no option --reprot; did you mean "--report"?\nSee dlnb --help',
  );
});

test("doctor says what there is, as text and as JSON", async () => {
  const { code, out } = await dlnb(["doctor"]);
  expect(code).toBe(0);
  expect(out).toMatch(/^dlnb \d[\s\S]*webgpu[\s\S]*wasm[\s\S]*auto takes (wasm|webgpu): /);
  const report = JSON.parse((await dlnb(["doctor", "--json"])).out);
  expect(report.backends.map(({ backend }: { backend: string }) => backend).sort()).toEqual(["wasm", "webgpu"]);
});

test("help and version need nothing", async () => {
  expect((await dlnb(["--help"])).out).toContain("dlnb run FILE.dlnb");
  expect((await dlnb(["--version"])).out).toMatch(/^dlnb \d+\.\d+\.\d+\n$/);
  expect(existsSync(join(folder, ".dlnb"))).toBe(true);
});
