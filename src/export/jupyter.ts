import type { NotebookCell } from "../notebook/format.ts";

/** What a Jupyter notebook keeps of a cell's output: text, and pictures in base64. */
export interface JupyterOutput {
  stream?: { name: "stdout" | "stderr"; text: string };
  data?: Readonly<Record<string, string>>;
}

/** Cells as a Jupyter notebook (nbformat 4.5). Outputs are those of each cell, in its order. */
export function toJupyter(
  cells: readonly NotebookCell[],
  outputs: (cell: number) => readonly JupyterOutput[] = () => [],
): string {
  const notebook = {
    cells: cells.map((cell, i) => ({
      cell_type: cell.kind,
      id: `${cell.id ?? `cell-${i + 1}`}`.slice(0, 64),
      metadata: cell.attributes === undefined ? {} : { dlnb: { attributes: cell.attributes } },
      ...(cell.kind === "code" ? { execution_count: null, outputs: outputs(i).map(toOutput) } : {}),
      source: lines(cell.text),
    })),
    metadata: {
      kernelspec: { name: "dlnb", display_name: "dlnb (TypeScript)", language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts", mimetype: "text/typescript" },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${JSON.stringify(notebook, null, 1)}\n`;
}

function toOutput({ stream, data }: JupyterOutput): object {
  if (stream !== undefined) return { output_type: "stream", name: stream.name, text: lines(stream.text) };
  const parts = Object.entries(data ?? {}).map(([mime, value]) => [mime, mime === "image/png" ? value : lines(value)]);
  return { output_type: "display_data", metadata: {}, data: Object.fromEntries(parts) };
}

const lines = (text: string): string[] => text.split(/(?<=\n)/);

export interface Imported {
  cells: NotebookCell[];
  /** The language of cells that cannot run here and became fenced text; null when there were none. */
  foreign: string | null;
  /** How many did. */
  shown: number;
  /** Outputs that were left behind. */
  outputs: number;
}

const OURS = /^(typescript|javascript|ts|js|deno|tslab)$/i;

/**
 * The cells of a Jupyter notebook: text stays text, with its attached pictures; code in TypeScript or JavaScript stays code, code in another
 * language becomes fenced text. Throws an Error that says what is wrong with a file that is no such notebook.
 */
export function fromJupyter(json: string): Imported {
  const notebook = parse(json);
  const language = languageOf(notebook);
  const runs = OURS.test(language);
  const cells: NotebookCell[] = [];
  let shown = 0;
  let outputs = 0;
  for (const [i, cell] of cellsOf(notebook).entries()) {
    if (!isRecord(cell)) throw new Error(`cell ${i + 1} is ${JSON.stringify(cell)?.slice(0, 40)}, not a cell`);
    const text = sourceOf(cell, i).replaceAll("\r\n", "\n").replace(/\n+$/, "");
    if (Array.isArray(cell.outputs)) outputs += cell.outputs.length;
    if (cell.cell_type === "markdown") cells.push({ kind: "markdown", text: withAttachments(text, cell.attachments) });
    else if (cell.cell_type === "heading")
      cells.push({
        kind: "markdown",
        text: `${"#".repeat(Math.min(6, Math.max(1, Number(cell.level) || 1)))} ${text}`,
      });
    else if (cell.cell_type === "code" && runs) cells.push({ kind: "code", text, ...ownOf(cell) });
    else {
      if (cell.cell_type === "code") shown++;
      cells.push({ kind: "markdown", text: fenced(text, cell.cell_type === "code" ? language : "") });
    }
  }
  return { cells: cells, foreign: shown > 0 ? language : null, shown, outputs };
}

function parse(json: string): Record<string, unknown> {
  let notebook: unknown;
  try {
    notebook = JSON.parse(json.replace(/^\uFEFF/, ""));
  } catch (error) {
    throw new Error(`the file is no JSON: ${(error as Error).message}`);
  }
  if (!isRecord(notebook)) throw new Error("the file holds no notebook but a single value");
  const { nbformat } = notebook;
  if (nbformat !== 3 && nbformat !== 4)
    throw new Error(
      `the notebook's format is ${JSON.stringify(nbformat) ?? "not given"}; versions 3 and 4 can be read`,
    );
  return notebook;
}

function cellsOf({ cells, worksheets }: Record<string, unknown>): unknown[] {
  if (Array.isArray(cells)) return cells;
  if (Array.isArray(worksheets))
    return worksheets.flatMap((sheet) => (isRecord(sheet) && Array.isArray(sheet.cells) ? sheet.cells : []));
  throw new Error("the notebook has no list of cells");
}

function languageOf({ metadata, cells, worksheets }: Record<string, unknown>): string {
  const about = isRecord(metadata) ? metadata : {};
  const info = isRecord(about.language_info) ? about.language_info.name : undefined;
  const spec = isRecord(about.kernelspec) ? (about.kernelspec.language ?? about.kernelspec.name) : undefined;
  const [first] = cellsOf({ cells, worksheets }).filter((cell) => isRecord(cell) && typeof cell.language === "string");
  const named = info ?? spec ?? (isRecord(first) ? first.language : undefined);
  return typeof named === "string" && /^[\w+#.-]+$/.test(named) ? named : "python";
}

function sourceOf(cell: Record<string, unknown>, i: number): string {
  const source = cell.source ?? cell.input ?? "";
  if (typeof source === "string") return source;
  if (Array.isArray(source) && source.every((line) => typeof line === "string")) return source.join("");
  throw new Error(`the source of cell ${i + 1} is no text`);
}

/** What a notebook of ours wrote about a cell. */
function ownOf({ id, metadata }: Record<string, unknown>): Pick<NotebookCell, "id" | "attributes"> {
  const own = isRecord(metadata) && isRecord(metadata.dlnb) ? metadata.dlnb.attributes : undefined;
  return {
    ...(typeof id === "string" && /^[\w-]+$/.test(id) ? { id } : {}),
    ...(typeof own === "string" && /^[^\n{}]*$/.test(own) ? { attributes: own } : {}),
  };
}

/** Pictures that came within the notebook, in their places. */
function withAttachments(text: string, attachments: unknown): string {
  if (!isRecord(attachments)) return text;
  return text.replaceAll(/\]\(attachment:([^)\s]+)\)/g, (whole, name: string) => {
    const bundle = attachments[name] ?? attachments[decodeURIComponent(name)];
    const [picture] = Object.entries(isRecord(bundle) ? bundle : {}).filter(([mime]) => /^image\/[\w.+-]+$/.test(mime));
    const [mime, data] = picture ?? [];
    return mime !== undefined && typeof data === "string"
      ? `](data:${mime};base64,${data.replaceAll(/\s/g, "")})`
      : whole;
  });
}

/** Text within a fence that is longer than any in it. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`{3,}/g)].map(([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
