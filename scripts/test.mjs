// npm test: everything that needs only npm, closing with one line "N passed, N failed".
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { ready, root, run } from "./setup.mjs";

ready();

const node = process.execPath;
const bin = (name) => `${root}/node_modules/${name}`;
const steps = {
  "generated files": () => run(node, ["scripts/generate.mjs", "--check"]),
  types: () => run(node, [bin("typescript/bin/tsc"), "-b"]),
  "lint and format": () => run(node, [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]),
  "dead code": () => run(node, [bin("knip/bin/knip.js")]),
  build: () => run(node, ["scripts/build.mjs"]),
};

let passed = 0;
let failed = 0;
for (const [name, step] of Object.entries(steps)) {
  console.log(`\n-- ${name}`);
  if (step() === 0) passed++;
  else failed++;
}

console.log("\n-- tests");
// thousands of coloured dots say nothing in a log
if (!process.stdout.isTTY) process.env.NO_COLOR = "1";
const dir = mkdtempSync(`${tmpdir()}/dlnb-test-`);
const report = `${dir}/vitest.json`;
const code = run(node, [
  bin("vitest/vitest.mjs"),
  "run",
  `--reporter=${process.stdout.isTTY ? "dot" : "default"}`,
  "--reporter=json",
  `--outputFile.json=${report}`,
]);
try {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8"));
  passed += numPassedTests;
  failed += numFailedTests;
  // a suite that could not be loaded fails the run without failing a test
  if (code !== 0 && numFailedTests === 0) failed++;
} catch {
  failed++;
}
rmSync(dir, { recursive: true });
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
