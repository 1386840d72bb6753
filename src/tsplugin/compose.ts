import type { CellText, Kind } from "./cellText.ts";

/** A cell as the compiler reads it: its text, and behind it what makes a module of it that sees the others' names. */
export interface Module {
  readonly file: string;
  readonly cell: CellText;
  /** The text with what stands behind it. */
  readonly whole: string;
  /** Names that other cells declare, with where each is from. */
  readonly sees: ReadonlyMap<string, { readonly file: string; readonly kind: Kind }>;
  /** Names that this cell and one before it declare. */
  readonly again: ReadonlySet<string>;
}

/** What stands before a cell's name where it is imported. */
export const CELL = "dlnb-cell:";

/**
 * The cells of one notebook, in their order, as modules. A name is the one of the last cell before that declares it, or
 * else of the first behind: a function may use what comes later. So a name can be declared again, with another type.
 */
export function compose(cells: readonly { readonly file: string; readonly cell: CellText }[]): Module[] {
  const last = new Map<string, { file: string; kind: Kind }>();
  const sees = cells.map(({ file, cell }) => {
    const before = new Map(last);
    for (const [name, kind] of cell.declares) last.set(name, { file, kind });
    return before;
  });
  const first = new Map<string, { file: string; kind: Kind }>();
  const modules: Module[] = [];
  for (const [i, { file, cell }] of [...cells.entries()].reverse()) {
    const before = sees[i] as (typeof sees)[number];
    const names = new Map([...first, ...before].filter(([name]) => !cell.declares.has(name)));
    const again = new Set([...cell.declares.keys()].filter((name) => before.has(name)));
    modules.unshift({
      file,
      cell,
      sees: names,
      again,
      whole: `${cell.text}\n${cell.closing};\n${behind(cell, names)}`,
    });
    for (const [name, kind] of cell.declares) first.set(name, { file, kind });
  }
  return modules;
}

/** Behind its text nothing moves. */
function behind(cell: CellText, names: Module["sees"]): string {
  const from = new Map<string, string[]>();
  for (const [name, { file, kind }] of [...names].sort(([a], [b]) => (a < b ? -1 : 1))) {
    from.set(file, [...(from.get(file) ?? []), kind === "type" ? `type ${name}` : name]);
  }
  return [
    ...[...from].map(([file, list]) => `import { ${list.join(", ")} } from ${JSON.stringify(CELL + file)};`),
    `export { ${[...cell.declares].map(([name, kind]) => (kind === "type" ? `type ${name}` : name)).join(", ")} };`,
  ].join("\n");
}
