import type { RunContext } from "../../context/index.ts";

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A table under the cell: Markdown, and plain text in aligned columns. Columns after the first that hold numbers stand right. */
export function showTable(context: RunContext, table: Table): void {
  context.emit({
    event: "output",
    output: {
      id: context.freshId("table"),
      items: [
        { mime: "text/markdown", data: markdown(table) },
        { mime: "text/plain", data: plain(table) },
      ],
    },
  });
}

const escaped = (text: string): string => text.replace(/[\\|*_`<>[\]]/g, "\\$&").replace(/\s+/g, " ");

const isNumber = (cell: string): boolean => /^[-−<>]?\s*[\d.,]+(e-?\d+)?( %)?$|^\?$/.test(cell);

const numeric = ({ rows }: Table, c: number): boolean => rows.every((row) => isNumber(row[c] ?? ""));

function markdown(table: Table): string {
  const { title, columns, rows } = table;
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(" | ")} |`;
  return [
    `**${escaped(title)}**`,
    "",
    line(columns),
    `| ${columns.map((_, c) => (numeric(table, c) ? "---:" : "---")).join(" | ")} |`,
    ...rows.map(line),
  ].join("\n");
}

function plain(table: Table): string {
  const { title, columns, rows } = table;
  const widths = columns.map((name, c) => Math.max(name.length, ...rows.map((row) => row[c]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, c) => (numeric(table, c) ? cell.padStart(widths[c] as number) : cell.padEnd(widths[c] as number)))
      .join("  ")
      .trimEnd();
  return [title, line(columns), ...rows.map(line)].join("\n");
}
