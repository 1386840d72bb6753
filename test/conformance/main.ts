import { existsSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { wasmProvider } from "../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../engine/backends/webgpu/index.ts";
import { type Result, runFolder } from "./run.ts";

/*
 * npm run conformance -- DIR [--backend wasm|webgpu] [--json out.json]
 *
 * Runs every reference case below DIR and prints, for each group, how many passed, failed and are unsupported, and which.
 * Exit code 0 when none failed, 1 when some did, 2 for a call that makes no sense.
 */

const USAGE = "npm run conformance -- DIR [--backend wasm|webgpu] [--json out.json]";

function usage(message: string): never {
  console.error(`${message}\nusage: ${USAGE}`);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  options: {
    backend: { type: "string", default: "wasm" },
    json: { type: "string" },
    threads: { type: "string", default: "0" },
  },
  allowPositionals: true,
});
const [given = ""] = positionals;
const folder = resolve(given);
if (given === "" || !existsSync(folder)) usage(given === "" ? "no folder is given" : `no folder ${folder}`);
const provider = { wasm: wasmProvider, webgpu: webgpuProvider }[values.backend];
if (!provider) usage(`no backend "${values.backend}"`);

/** The data sets beside the cases, or those of this repository. */
const data = [join(folder, "data"), join(dirname(folder), "data"), resolve("test/fixtures/data")].find((path) =>
  existsSync(join(path, "digits.csv")),
);

const backend = await provider.open({ threads: Number(values.threads), log: () => {} });
console.log(`${backend.name}: ${backend.adapter}`);
const start = performance.now();
const results: Result[] = [];
for await (const result of runFolder(folder, { backend, data: data ?? folder })) {
  results.push(result);
  if (result.status !== "failed") continue;
  console.log(`FAILED ${result.group}/${result.case} (${result.op})`);
  for (const line of result.detail) console.log(`  ${line}`);
}
await backend.close();

const count = (status: Result["status"], group?: string) =>
  results.filter((r) => r.status === status && (group === undefined || r.group === group));
const names = [...new Set(results.map((r) => r.group))];
for (const group of names) {
  const unsupported = count("unsupported", group);
  const counts = `${count("passed", group).length} passed, ${count("failed", group).length} failed, ${unsupported.length} unsupported`;
  console.log(`${group.padEnd(14)} ${counts}`);
  for (const r of unsupported) console.log(`  unsupported: ${r.case} (${r.op}): ${r.detail.join("; ")}`);
}
const seconds = (performance.now() - start) / 1000;
const [passed, failed, unsupported] = [count("passed").length, count("failed").length, count("unsupported").length];
console.log(
  `\n${passed} passed, ${failed} failed, ${unsupported} unsupported in ${seconds.toFixed(1)} s on ${backend.name}`,
);
if (values.json !== undefined) {
  const report = {
    backend: backend.name,
    adapter: backend.adapter,
    seconds,
    passed,
    failed,
    unsupported,
    cases: results,
  };
  writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
}
process.exit(failed ? 1 : 0);
