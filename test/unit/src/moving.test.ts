import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { moveRunFolder } from "../../../src/notebook/moving.ts";

const base = mkdtempSync(join(tmpdir(), "dlnb-moving-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

function runs(...path: string[]): string {
  const folder = join(base, ...path);
  mkdirSync(join(folder, "outputs"), { recursive: true });
  writeFileSync(join(folder, "outputs", "c1.json"), path.join("/"));
  return folder;
}

test("a renamed notebook takes its runs along, into another folder too", async () => {
  const from = runs("a", ".dlnb", "tour");
  const to = join(base, "b", ".dlnb", "my first [1]");
  expect(await moveRunFolder(from, to)).toBe("");
  expect(existsSync(from)).toBe(false);
  expect(readFileSync(join(to, "outputs", "c1.json"), "utf8")).toBe("a/.dlnb/tour");
});

test("a notebook without runs moves nothing", async () => {
  expect(await moveRunFolder(join(base, "none"), join(base, "elsewhere"))).toBe("");
  expect(existsSync(join(base, "elsewhere"))).toBe(false);
});

test("runs that are there already are never overwritten, and both stay", async () => {
  const from = runs("c", "one");
  const to = runs("c", "two");
  expect(await moveRunFolder(from, to)).toMatch(/has runs of another notebook, so those of the renamed one stay in/);
  expect(readFileSync(join(from, "outputs", "c1.json"), "utf8")).toBe("c/one");
  expect(readFileSync(join(to, "outputs", "c1.json"), "utf8")).toBe("c/two");
});
