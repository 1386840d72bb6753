import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFolder, testKernel } from "../support/kernel.ts";

const TRAINING = `
const x = tensor(Array.from({ length: 256 }, (_, i) => [i / 128 - 1]))
const y = tensor(Array.from({ length: 256 }, (_, i) => [Math.sin(i / 20)]))
const exp = experiment({
  data: data.tensors({ x, y }), model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 32, seed: 1,
})`;

/** A kernel of a notebook in a folder within a folder, that trains. */
async function training() {
  const folder = join(testFolder(), "work");
  mkdirSync(folder);
  const kernel = await testKernel({ notebook: join(folder, "test.dlnb"), folder });
  const running = kernel.run(`${TRAINING}\nconst run = await exp.fit({ epochs: 1_000_000 })`, "train");
  running.catch(() => {});
  await kernel.seen((e) => e.event === "progress" && (e.run?.step ?? 0) > 0);
  return { ...kernel, folder, running, runs: join(folder, ".dlnb", "test", "runs") };
}

describe("a notebook's folder, while it trains,", () => {
  test.each(["moved", "deleted"])(
    "is %s: the cell ends with words that say so, and the folder does not come back",
    async (how) => {
      const { folder, running, run } = await training();
      if (how === "moved") renameSync(folder, `${folder} away`);
      // what is written meanwhile makes a removal begin again
      else rmSync(folder, { recursive: true, maxRetries: 10 });
      const { error } = await running;
      expect(error?.name).toBe("StorageError");
      expect(error?.message).toMatch(
        /^the run's folder .+ was moved or deleted while it trained; training stopped after step \d+, and what it had kept is where its folder is now$/,
      );
      expect(existsSync(folder)).toBe(false);
      expect(await run("exp.toString()")).toMatchObject({ ok: true });
    },
  );

  test("is killed with its kernel: what the cell had shown is saved, and says that the cell had not ended", async () => {
    const { process: kernel, running, folder } = await training();
    const file = join(folder, ".dlnb", "test", "outputs", "train.json");
    for (let waited = 0; waited < 20_000 && !existsSync(file); waited += 100)
      await new Promise((r) => setTimeout(r, 100));
    process.kill(kernel.info.pid, "SIGKILL");
    await expect(running).rejects.toThrow("was killed");
    const saved = JSON.parse(readFileSync(file, "utf8"));
    expect(saved).toMatchObject({ version: 1, cell: "train", ok: false });
    expect(saved.wallMs).toBeGreaterThan(4000);
    const [chart] = saved.outputs[0].items;
    expect(chart.data).toMatchObject({ kind: "learning-curve", live: false });
    expect(chart.data.datasets.train.loss.f64.length).toBeGreaterThan(100);
    expect(saved.outputs.at(-1).items[0].data).toMatchObject({ name: "Unfinished" });
  });

  test("is killed with its kernel: the log has whole lines but for the last, and training goes on from a checkpoint", async () => {
    const { process: kernel, running, runs, folder, seen } = await training();
    await seen((e) => e.event === "progress" && (e.run?.step ?? 0) > 3000);
    process.kill(kernel.info.pid, "SIGKILL");
    await expect(running).rejects.toThrow("was killed");
    const [id = ""] = readdirSync(runs);
    const lines = readFileSync(join(runs, id, "log.jsonl"), "utf8").split("\n");
    for (const line of lines.slice(0, -1)) JSON.parse(line);
    const [file = ""] = readdirSync(join(runs, id, "checkpoints"))
      .filter((name) => name.endsWith(".safetensors"))
      .sort((a, b) => Number(/\d+/.exec(b)?.[0] ?? 0) - Number(/\d+/.exec(a)?.[0] ?? 0));
    const step = Number(/\d+/.exec(file)?.[0]);
    const next = await testKernel({ notebook: join(folder, "test.dlnb"), folder });
    expect(await next.run(TRAINING)).toMatchObject({ ok: true });
    const resume = join(".dlnb", "test", "runs", id, "checkpoints", file);
    const epochs = Math.ceil(step / 8) + 2;
    const text = `const run = await exp.fit({ epochs: ${epochs}, resume: ${JSON.stringify(resume)} }); run.steps`;
    expect(await next.value(text)).toBe(String(epochs * 8));
  });
});

test("a place where nothing can be kept is named, and why", async () => {
  const folder = testFolder();
  writeFileSync(join(folder, ".dlnb"), "a file");
  const { run } = await testKernel({ notebook: join(folder, "test.dlnb"), folder });
  const { error } = await run(`${TRAINING}\nawait exp.fit({ epochs: 1 })`);
  expect(error?.message).toMatch(
    /^runs cannot be kept in .+\.dlnb.+; mend that, or copy the notebook to another folder$/,
  );
});
