import { posix } from "node:path";

/** A cell of a dlnb notebook, as VS Code names its text to the TypeScript server. */
export interface CellName {
  /** The whole name. */
  readonly file: string;
  /** What the cells of one notebook share: its place, authority included. */
  readonly notebook: string;
  /** The path of the notebook's address without a slash before it: `home/me/tour.dlnb`, `c:/tour.dlnb`, `Untitled-1.dlnb`. */
  readonly address: string;
  /** Folder of a notebook on disk; null for an untitled one. */
  readonly folder: string | null;
  /** Which cell: `W0sZmlsZQ==`. */
  readonly fragment: string;
  /** Cells are numbered as they are made: in their order, until one is inserted or moved. */
  readonly handle: number;
}

const NAME = /^(\^\/vscode-notebook-cell\/[^/]+)\/(.+\.dlnb)#([^#]+)$/;

/** Null for every other file, cells of other notebooks included. */
export function cellName(file: string): CellName | null {
  const [, authority, path, fragment] = NAME.exec(file) ?? [];
  if (authority === undefined || path === undefined || fragment === undefined) return null;
  // VS Code's CellUri: a letter for the length, the number to base 7, `s`, the notebook's scheme in base 64
  const [, digits = "0", scheme = ""] = /^[W-Za-fz]?(\d+)s(.*)$/.exec(fragment) ?? [];
  const untitled = Buffer.from(scheme, "base64").toString() === "untitled";
  const onDisk = /^[a-z]:\//i.test(path) ? path : `/${path}`;
  return {
    file,
    notebook: `${authority}/${path}`,
    address: path,
    folder: untitled ? null : posix.dirname(onDisk),
    fragment,
    handle: Number.parseInt(digits, 7),
  };
}
