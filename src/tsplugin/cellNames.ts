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
  const { handle, scheme } = parseFragment(fragment);
  const untitled = scheme === "untitled";
  const onDisk = /^[a-z]:\//i.test(path) ? path : `/${path}`;
  return {
    file,
    notebook: `${authority}/${path}`,
    address: path,
    folder: untitled ? null : posix.dirname(onDisk),
    fragment,
    handle,
  };
}

/** Whether cells stand in the order in which they were made, which is the one that is taken where none is told. */
export function isAsMade(fragments: readonly string[]): boolean {
  const handles = fragments.map((fragment) => parseFragment(fragment).handle);
  return handles.every((handle, i) => i === 0 || handle > (handles[i - 1] as number));
}

/** As VS Code's CellUri writes it: a letter for the length, the number to base 7, `s`, the notebook's scheme in base 64. */
function parseFragment(fragment: string): { handle: number; scheme: string } {
  const [, digits = "0", scheme = ""] = /^[W-Za-fz]?(\d+)s(.*)$/.exec(fragment) ?? [];
  return { handle: Number.parseInt(digits, 7), scheme: Buffer.from(scheme, "base64").toString() };
}
