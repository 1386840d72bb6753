import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Files that are counted, at most. */
const MOST = 10_000;

/** Bytes in a folder, links left out. */
export async function sizeOf(folder: string): Promise<number> {
  const waiting = [folder];
  let bytes = 0;
  for (let looked = 0; waiting.length > 0 && looked < MOST; ) {
    const next = waiting.pop() as string;
    for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
      looked++;
      const path = join(next, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile())
        bytes += await lstat(path)
          .then(({ size }) => size)
          .catch(() => 0);
    }
  }
  return bytes;
}

/** "12.3 MB". */
export function sizeWords(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toLocaleString("en-US", { maximumFractionDigits: unit === 0 || value >= 100 ? 0 : 1 })} ${units[unit]}`;
}
