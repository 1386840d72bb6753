import { sep } from "node:path";

/** Folders that were moved while runs wrote to them, in order: what is open stays open, and has another name. */
const moves: { readonly from: string; readonly to: string }[] = [];

/** The notebook's folder has been moved: its runs go on where it is now. */
export function folderMoved(from: string, to: string): void {
  moves.push({ from, to });
}

/** Where a path is by now that was below a folder that has been moved. */
export const placeNow = (path: string): string =>
  moves.reduce((at, { from, to }) => (at.startsWith(from + sep) ? to + at.slice(from.length) : at), path);
