import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "dlnb-conformance-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/conformance.mjs", ...args], { encoding: "utf8" });

describe.each(["wasm", "webgpu"])("PyTorch's figures on %s", (backend) => {
  test("are met by everything that exists, and what does not exist is named", () => {
    const json = join(folder, `${backend}.json`);
    const { status, stdout } = run("test/fixtures", "--backend", backend, "--json", json);
    const report = JSON.parse(readFileSync(json, "utf8"));
    const failed = report.cases.filter((c: { status: string }) => c.status === "failed");
    expect(failed, stdout).toEqual([]);
    expect(status).toBe(0);
    expect(report.backend).toBe(backend);
    // no case that once passed may become unsupported
    expect(report.passed).toBeGreaterThanOrEqual(98);
    for (const c of report.cases) if (c.status === "unsupported") expect(c.detail[0]).toMatch(/\S/);
  });
});

test("a wrong figure fails, with the worst element named", () => {
  const found = JSON.parse(readFileSync("test/fixtures/activations/tanh.json", "utf8"));
  found.outputs.y.data[3] += 0.01;
  writeFileSync(join(folder, "wrong.json"), JSON.stringify(found));
  const { status, stdout } = run(folder);
  expect(status).toBe(1);
  expect(stdout).toContain("FAILED activations/tanh (Tanh)\n  y: [3] is ");
  expect(stdout).toContain("activations    0 passed, 1 failed, 0 unsupported");
});

test("a call that makes no sense says how to call", () => {
  expect(run().stderr).toContain("no folder is given\nusage: npm run conformance -- DIR");
  expect(run("nowhere").stderr).toContain("nowhere");
  expect(run("test/fixtures/clip", "--backend", "cuda").stderr).toContain('no backend "cuda"');
});
