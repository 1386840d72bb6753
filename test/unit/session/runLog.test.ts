import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { StorageError } from "../../../engine/errors/index.ts";
import { RunLog } from "../../../engine/session/runLog.ts";

/** Bytes that the disk still takes. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));
vi.mock("node:fs", async (actual) => {
  const fs = await actual<typeof import("node:fs")>();
  const writeSync = (fd: number, bytes: Buffer, at = 0) => {
    if (disk.room === 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const count = fs.writeSync(fd, bytes, at, Math.min(disk.room, bytes.length - at));
    disk.room -= count;
    return count;
  };
  return { ...fs, default: { ...fs, writeSync }, writeSync };
});

const folder = mkdtempSync(join(tmpdir(), "dlnb-log-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a log on a disk that fills up ends with its last whole line", () => {
  const log = new RunLog(folder);
  const removed = (step: number) => ({ event: "removed", file: "a", step }) as const;
  const path = join(log.folder as string, "log.jsonl");
  log.write(removed(1));
  disk.room = 5;
  expect(() => log.write(removed(2))).toThrow(StorageError);
  disk.room = Number.POSITIVE_INFINITY;
  log.write(removed(3));
  log.close();
  expect(readFileSync(path, "utf8")).toBe(`${JSON.stringify(removed(1))}\n`);
});

test("the error names the file and says why", () => {
  const log = new RunLog(folder);
  disk.room = 0;
  const path = join(log.folder as string, "log.jsonl");
  expect(() => log.write({ event: "removed", file: "a", step: 1 })).toThrow(
    `${path} cannot be written: the disk is full`,
  );
  disk.room = Number.POSITIVE_INFINITY;
  log.close();
});
