// Runs the tests in real VS Code: node test/vscode/run.ts [--host server|electron] [--only suite|walk] [--walk NAME]
//   server    VS Code as code-server, in headless Chromium: the suite, then the walk through the packaged extension
//   electron  VS Code desktop as @vscode/test-electron downloads it: the suite
// --walk walkRuns takes that walk alone; with DLNB_VSIX set, that package is walked through instead of a new one.
// Closes with one line "N passed, N failed".
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import Mocha from "mocha";
import { installCodeServer } from "./codeServer.ts";
import { type Counts, runSuiteInElectron, runSuiteInServer } from "./hosts.ts";

const root = join(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    host: { type: "string", default: "server" },
    only: { type: "string" },
    walk: { type: "string", multiple: true },
    grep: { type: "string" },
  },
});
if (values.host !== "server" && values.host !== "electron")
  throw new Error(`--host ${values.host}: there are server and electron`);

/** Each in an editor, a workspace and a process of its own; the last one measures. */
const walks = [
  "walkInstalled",
  "walkTypes",
  "walkTyping",
  "walkDiagnostics",
  "walkCells",
  "walkCompare",
  "walkReplicas",
  "walkHelp",
  "walkRuns",
  "walkDry",
  "walkLive",
  "walkExports",
  "walkPersist",
  "walkKeep",
  "walkDiff",
  "walkHostile",
  "walkWords",
  "walk",
];

/** So many walks at most may be taken twice. */
const MOST_AGAIN = 2;

const scratch = mkdtempSync(join(tmpdir(), "dlnb-run-"));
const total: Counts = { passed: 0, failed: 0 };
const add = ({ passed, failed }: Counts) => {
  total.passed += passed;
  total.failed += failed;
};

try {
  if (values.host === "server") installCodeServer();
  if (values.only !== "walk" && values.walk === undefined) add(await suite());
  if (values.only !== "suite" && values.host === "server") add(await walk());
} catch (error) {
  console.error(error);
  total.failed++;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);

async function suite(): Promise<Counts> {
  node("scripts/build.mjs");
  const bundle = join(root, "dist/vscode-suite.cjs");
  await build({
    entryPoints: [join(root, "test/vscode/suite/index.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode", "mocha"],
    sourcemap: "inline",
  });
  const result = join(scratch, "suite.json");
  process.env.DLNB_SUITE_RESULT = result;
  process.env.DLNB_SUITE_GREP = values.grep ?? "";
  const ok = await (values.host === "server" ? runSuiteInServer(root, bundle) : runSuiteInElectron(root, bundle));
  if (!existsSync(result)) return { passed: 0, failed: 1 };
  const counts = JSON.parse(readFileSync(result, "utf8")) as Counts;
  return ok || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

async function walk(): Promise<Counts> {
  if (process.env.DLNB_VSIX === undefined) {
    process.env.DLNB_VSIX = join(scratch, "dlnb.vsix");
    node("scripts/package.mjs", "--out", process.env.DLNB_VSIX);
  }
  const [name, ...others] = values.walk ?? walks;
  if (process.env.DLNB_UNIVERSAL_VSIX === undefined && [name, ...others].includes("walkInstalled")) {
    process.env.DLNB_UNIVERSAL_VSIX = join(scratch, "dlnb-universal.vsix");
    node("scripts/package.mjs", "--target", "universal", "--out", process.env.DLNB_UNIVERSAL_VSIX);
  }
  if (others.length > 0) return alone([name as string, ...others]);
  const mocha = new Mocha({
    ui: "bdd",
    timeout: 180_000,
    reporter: "spec",
    ...(values.grep ? { grep: values.grep } : {}),
  });
  mocha.addFile(join(import.meta.dirname, `${name}.ts`));
  await mocha.loadFilesAsync();
  let passed = 0;
  const failed = await new Promise<number>((resolve) => {
    mocha.run(resolve).on("pass", () => passed++);
  });
  return { passed, failed };
}

/**
 * Walks each by a run of this program, two at a time: mostly they wait. The last one measures times, and is alone. What failed is taken once
 * more, alone and in a fresh editor, and said: two editors, two browsers and two trainings on two cores can be too slow for a wait.
 */
async function alone(names: readonly string[]): Promise<Counts> {
  const last = names.at(-1) as string;
  const others = names.slice(0, -1);
  const again: string[] = [];
  const counts = { passed: 0, failed: 0 };
  const take = async (name: string, env: NodeJS.ProcessEnv, once: boolean) => {
    const { passed, failed } = await one(name, env);
    if (failed > 0 && once) again.push(name);
    counts.passed += failed > 0 && once ? 0 : passed;
    counts.failed += failed > 0 && once ? 0 : failed;
  };
  // a training that takes both cores leaves none to the other walk
  const lane = async () => {
    for (let name = others.shift(); name !== undefined; name = others.shift()) {
      await take(name, { DLNB_WALK_THREADS: "1" }, true);
    }
  };
  await Promise.all([lane(), lane()]);
  await take(last, {}, true);
  // many that fail are no chance
  if (again.length > MOST_AGAIN) return { ...counts, failed: counts.failed + again.length };
  for (const name of again) {
    console.log(`\n${name} failed and is taken once more, alone`);
    await take(name, {}, false);
  }
  return counts;
}

/** One walk by a run of this program. */
async function one(name: string, env: NodeJS.ProcessEnv): Promise<Counts> {
  const args = [import.meta.filename, "--walk", name, ...(values.grep ? ["--grep", values.grep] : [])];
  const options = { cwd: root, env: { ...process.env, ...env } };
  const child = spawn(process.execPath, args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await new Promise((resolve) => child.once("close", resolve));
  const [, passed, failed] = /^(\d+) passed, (\d+) failed\s*$/m.exec(said.slice(-200)) ?? [];
  console.log(said.replace(/\d+ passed, \d+ failed\s*$/, "").trimEnd());
  // one that ends without its counts has failed
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 1) };
}

function node(...args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
}
