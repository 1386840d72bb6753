import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Outcome } from "../../bench/outcome.ts";

const root = join(import.meta.dirname, "../..");

test("the benchmark runs a small W1 through fit and writes what it found", () => {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-bench-test-"));
  try {
    const json = join(folder, "out.json");
    const workload = "W1(features=16,hidden=8,batch=8,examples=64)";
    const options = ["--peers", "none", "--windows", "2", "--seconds", "0.05", "--no-kernels", "--json", json];
    const { status, stdout } = spawnSync(process.execPath, ["scripts/bench.mjs", "--workload", workload, ...options], {
      cwd: root,
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(stdout).toContain("features=16, hidden=8");
    const { outcomes } = JSON.parse(readFileSync(json, "utf8")) as { outcomes: Outcome[] };
    const [ours] = outcomes[0]!.engines;
    expect(ours).toMatchObject({ engine: "ours", failed: null });
    expect(ours!.windows).toHaveLength(2);
    expect(ours!.losses.at(-1)).toBeLessThan(ours!.losses[0]!);
    expect(ours!.launches).toBeGreaterThan(5);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
