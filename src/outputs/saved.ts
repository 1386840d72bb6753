import { createHash } from "node:crypto";
import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  CHART_MIME,
  ERROR_MIME,
  FINDINGS_MIME,
  GALLERY_MIME,
  type Output,
  type OutputItem,
  type SavedCell,
} from "../../engine/protocol/index.ts";
import { isShallow } from "./depth.ts";
import { isRecord, readFindings, readGallery } from "./read.ts";
import { readCellError, readChart } from "./readChart.ts";

/** Larger files are not ours. */
const MAX_BYTES = 32 * 2 ** 20;
/** All of a notebook's together; what is beyond stays on disk and is not shown. */
const MAX_ALL_BYTES = 256 * 2 ** 20;

/** Folder of a notebook's run log, checkpoints and saved outputs, as the kernel chooses it. */
export function runFolder(notebookPath: string): string {
  return join(dirname(notebookPath), ".dlnb", stemOf(notebookPath));
}

/** What a notebook's folder in `.dlnb` is called, as the kernel does it: "...dlnb" must not be called "..". */
export function stemOf(notebookPath: string): string {
  const stem = basename(notebookPath, ".dlnb");
  return stem === "." || stem === ".." ? basename(notebookPath) : stem;
}

/** What the last runs of a notebook's cells left in its folder, by cell id. Files that are damaged or not ours are passed over. */
export async function readSavedCells(runFolder: string): Promise<Map<string, SavedCell>> {
  const folder = join(runFolder, "outputs");
  const names = await readdir(folder).catch(() => []);
  const found = new Map<string, SavedCell>();
  let left = MAX_ALL_BYTES;
  for (const name of names.filter((name) => name.endsWith(".json"))) {
    const path = join(folder, name);
    try {
      // a link leads elsewhere, and a pipe never ends
      const file = await lstat(path);
      if (!file.isFile() || file.size > Math.min(MAX_BYTES, left)) continue;
      left -= file.size;
      const saved = parseSavedCell(JSON.parse(await readFile(path, "utf8")));
      if (saved !== null) found.set(saved.cell, saved);
    } catch {
      // half a file: the kernel was stopped while it wrote
    }
  }
  return found;
}

export function textHash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A saved cell out of JSON that anybody may have written; null when it is none. Outputs of unknown kinds are dropped. */
export function parseSavedCell(value: unknown): SavedCell | null {
  if (!isRecord(value) || value.version !== 1) return null;
  const { cell, textHash: hash, order, ok, startedAt, wallMs, outputs } = value;
  if (typeof cell !== "string" || typeof hash !== "string" || typeof ok !== "boolean") return null;
  if (!Number.isFinite(order) || !Number.isFinite(wallMs) || !Array.isArray(outputs)) return null;
  if (typeof startedAt !== "string" || Number.isNaN(Date.parse(startedAt))) return null;
  return {
    version: 1,
    cell,
    textHash: hash,
    order: order as number,
    ok,
    startedAt,
    wallMs: wallMs as number,
    outputs: outputs.flatMap(parseOutput),
  };
}

function parseOutput(value: unknown): Output[] {
  if (!isRecord(value) || typeof value.id !== "string" || !Array.isArray(value.items)) return [];
  const items = value.items.flatMap(parseItem);
  return items.length === 0 ? [] : [{ id: value.id, items }];
}

function parseItem(value: unknown): OutputItem[] {
  if (!isRecord(value)) return [];
  const { mime, data } = value;
  switch (mime) {
    case CHART_MIME: {
      const chart = readChart(data);
      return chart === null ? [] : [{ mime, data: chart }];
    }
    case FINDINGS_MIME: {
      const findings = readFindings(data);
      return findings === null ? [] : [{ mime, data: findings }];
    }
    case GALLERY_MIME: {
      const gallery = readGallery(data);
      return gallery === null ? [] : [{ mime, data: gallery }];
    }
    case ERROR_MIME: {
      const error = readCellError(data);
      return error === null ? [] : [{ mime, data: error }];
    }
    case "application/json":
      return isShallow(data) ? [{ mime, data }] : [];
    case "text/plain":
    case "text/markdown":
    case "text/html":
    case "image/svg+xml":
    case "image/png":
      return typeof data === "string" ? [{ mime, data }] : [];
    default:
      return [];
  }
}
