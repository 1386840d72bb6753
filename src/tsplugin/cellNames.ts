/** A cell of a dlnb notebook, as VS Code names its text to the TypeScript server. */
export interface CellName {
  /** The whole name. */
  readonly file: string;
  /** What the cells of one notebook share: its place, authority included. */
  readonly notebook: string;
  /** The notebook's path, as in its address: `/home/me/tour.dlnb`, `Untitled-1.dlnb`. */
  readonly path: string;
  /** Which cell: `W0sZmlsZQ==`. */
  readonly fragment: string;
  /** Cells are numbered as they are made: in their order, until one is inserted or moved. */
  readonly handle: number;
  /** Whether the notebook is a file. */
  readonly onDisk: boolean;
}

const NAME = /^(\^\/vscode-notebook-cell\/[^/]+)\/(.+\.dlnb)#([^#]+)$/;

/** Null for every other file, cells of other notebooks included. */
export function cellName(file: string): CellName | null {
  const [, authority, path, fragment] = NAME.exec(file) ?? [];
  if (authority === undefined || path === undefined || fragment === undefined) return null;
  // VS Code's CellUri: a letter for the length, the number to base 7, `s`, the notebook's scheme in base 64
  const [, digits = "0", scheme = ""] = /^[W-Za-fz]?(\d+)s(.*)$/.exec(fragment) ?? [];
  const untitled = Buffer.from(scheme, "base64").toString() === "untitled";
  const windows = /^[a-z](:|%3A)\//i.test(path);
  return {
    file,
    notebook: `${authority}/${path}`,
    path: untitled || windows ? path.replace(/^([a-z])%3A/i, "$1:") : `/${path}`,
    fragment,
    handle: Number.parseInt(digits, 7),
    onDisk: !untitled,
  };
}
