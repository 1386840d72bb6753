import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { stemOf } from "../outputs/saved.ts";

/** Name of the folder beside a notebook that holds what its cells left. */
const KEEP = ".dlnb";
/** Folders that are looked into, at most, and how deep they lie. */
const MAX_FOLDERS = 20_000;
const MAX_DEPTH = 12;
/** Runs of one notebook that are listed, the newest. */
const MAX_RUNS = 2000;
const LOG = "log.jsonl";
const PASSED_OVER = new Set(["node_modules", "bower_components", "__pycache__", "site-packages", "target", "dist"]);

/** A run's folder, and the notebook whose cells made it. */
export interface FoundRun {
  readonly folder: string;
  readonly notebook: string;
}

export const logOf = (folder: string): string => join(folder, LOG);

/** Folders of runs in a tree of folders, found by what they are called. Links are not followed, and folders that are full of other things not looked into. */
export async function findRuns(root: string, signal?: AbortSignal): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  let level = [root];
  let looked = 0;
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (signal?.aborted || ++looked > MAX_FOLDERS) return found;
      for (const name of await folders(folder)) {
        if (name === KEEP) found.push(...(await keptIn(join(folder, name))));
        else if (!name.startsWith(".") && !PASSED_OVER.has(name)) next.push(join(folder, name));
      }
    }
    level = next;
  }
  return found;
}

/** Runs of one notebook, by its path. */
export async function runsOf(notebook: string): Promise<FoundRun[]> {
  const keep = join(dirname(notebook), KEEP);
  const name = stemOf(notebook);
  return (await folders(dirname(notebook))).includes(KEEP) && (await folders(keep)).includes(name)
    ? await runsIn(join(keep, name), notebook)
    : [];
}

/** The run that a path below its folder belongs to; null for other paths. */
export function runAt(path: string): FoundRun | null {
  const parts = path.split(sep);
  const keep = parts.lastIndexOf(KEEP);
  const [name, runs, time] = parts.slice(keep + 1);
  if (keep < 0 || !name || runs !== "runs" || !time) return null;
  const folder = parts.slice(0, keep + 4).join(sep);
  return { folder, notebook: join(parts.slice(0, keep).join(sep) || sep, `${name}.dlnb`) };
}

async function keptIn(keep: string): Promise<FoundRun[]> {
  const found: FoundRun[] = [];
  for (const name of await folders(keep)) {
    found.push(...(await runsIn(join(keep, name), join(dirname(keep), `${name}.dlnb`))));
  }
  return found;
}

async function runsIn(kept: string, notebook: string): Promise<FoundRun[]> {
  if (!(await folders(kept)).includes("runs")) return [];
  const parent = join(kept, "runs");
  // names are times: the newest are the last
  const names = (await folders(parent)).sort().slice(-MAX_RUNS);
  return names.map((name) => ({ folder: join(parent, name), notebook }));
}

/** Names of the folders in a folder, links left out; none when it cannot be read. */
async function folders(path: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
