import { readdirSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, resolve } from "node:path";
import { maybeContext } from "../context/index.ts";
import { closest, DataError, didYouMean } from "../errors/index.ts";

/** Where a file of the user's is: relative paths begin at the notebook's folder. */
export interface FoundFile {
  readonly full: string;
  readonly bytes: number;
}

/** Where a path of the user's points to. */
export const placeOf = (path: string): string =>
  isAbsolute(path) ? path : resolve(maybeContext()?.notebookFolder ?? ".", path);

/**
 * The file at `path`. Throws DataError, `where` first, saying where it was looked for and what is there with nearly
 * its name.
 */
export function fileAt(where: string, path: string): FoundFile {
  if (path.includes("\0")) throw new DataError(`${where}: the path ${JSON.stringify(path)} has a zero character`);
  const full = placeOf(path);
  try {
    const stat = statSync(full);
    if (stat.isFile()) return { full, bytes: stat.size };
  } catch {
    let there: string[] = [];
    try {
      there = readdirSync(dirname(full));
    } catch {
      throw new DataError(`${where}: no folder ${dirname(full)} for "${path}"; paths begin at the notebook's folder`, {
        fault: { kind: "data", where, option: "path" },
      });
    }
    const hint = didYouMean(basename(path), there);
    const near = closest(basename(path), there);
    const instead =
      near === undefined ? [] : [JSON.stringify(path.slice(0, path.length - basename(path).length) + near)];
    throw new DataError(`${where}: no file "${path}" in ${dirname(full)}${hint.startsWith("; did") ? hint : ""}`, {
      fault: { kind: "data", where, option: "path", instead },
    });
  }
  throw new DataError(`${where}: "${path}" is a folder, not a file`);
}

/** The folder at `path`. Throws DataError, `where` first, when there is none. */
export function folderAt(where: string, path: string): string {
  if (path.includes("\0")) throw new DataError(`${where}: the path ${JSON.stringify(path)} has a zero character`);
  const full = placeOf(path);
  const stat = statSync(full, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return full;
  if (stat) throw new DataError(`${where}: "${path}" is a file, not a folder`);
  let there: string[] = [];
  try {
    there = readdirSync(dirname(full));
  } catch {
    // what is not there either has nothing to be mistaken for
  }
  const hint = didYouMean(basename(path), there);
  throw new DataError(
    `${where}: no folder "${path}" (${full})${hint.startsWith("; did") ? hint : "; paths begin at the notebook's folder"}`,
    { fault: { kind: "data", where, option: "path" } },
  );
}
