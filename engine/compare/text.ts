import type { ComparedRuns } from "../protocol/index.ts";

/** A comparison to paste elsewhere: as Markdown the verdict, the runs and what differs; as CSV the runs. */
export function comparisonText(found: ComparedRuns, as: "markdown" | "csv"): string {
  const head = ["run", "group", ...found.columns.map(({ label }) => label)];
  const shown = as === "csv" ? cell : short;
  const rows = found.runs.map(({ name, group, cells }) => [
    name,
    found.groups[group]?.label ?? "",
    ...cells.map(shown),
  ]);
  const ranked = found.ranking.flatMap((place) => found.groups[place] ?? []);
  if (as === "csv") return [head, ...rows].map((row) => row.map(quoted).join(",")).join("\r\n");
  const differing = found.config.filter(({ differs }) => differs);
  return [
    plain(found.verdict),
    ...found.notes.map((note) => `- ${plain(note)}`),
    "",
    ...(ranked.length < rows.length && ranked.length > 1
      ? [
          ...table(
            ["group", "ends with", "behind the best by"],
            ranked.map(({ label, ends, behind }) => [label, ends, behind]),
            [false, true, true],
          ),
          "",
        ]
      : []),
    ...table(head, rows, [false, false, ...found.columns.map(({ numeric }) => numeric)]),
    ...(differing.length > 0
      ? [
          "",
          ...table(
            ["setting", ...found.groups.map(({ label }) => label)],
            differing.map(({ path, values }) => [path, ...values.map((value) => value ?? "")]),
            [],
          ),
        ]
      : []),
    "",
  ].join("\n");
}

/** Five digits say what can be told apart; a spreadsheet gets them all. */
const short = (value: string | number | null): string =>
  typeof value === "number" ? String(Number(value.toPrecision(5))) : cell(value);

const cell = (value: string | number | null): string => (value === null ? "" : String(value));

/** Whatever runs call themselves is one line, and neither link nor picture nor HTML. */
const plain = (text: string): string => text.replace(/[\r\n]+/g, " ").replace(/[\\[\]<`]/g, "\\$&");

/** Text that begins as a formula would be one in a spreadsheet. */
function quoted(text: string): string {
  const safe = /^[=+@\t\r]|^-(?![\d.]+(e[-+]?\d+)?$)/i.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function table(head: readonly string[], rows: readonly (readonly string[])[], right: readonly boolean[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => plain(text).replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `| ${head.map((_, i) => (right[i] ? "---:" : "---")).join(" | ")} |`, ...rows.map(line)];
}
