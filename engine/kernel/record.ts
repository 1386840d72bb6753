import { createHash } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CellEvent } from "../context/index.ts";
import { StorageError, whyUnwritten } from "../errors/index.ts";
import {
  type CellError,
  CHART_MIME,
  type Chart,
  type Columns,
  ERROR_MIME,
  type Output,
  type OutputItem,
  type SavedCell,
} from "../protocol/index.ts";

type Rows = CellEvent & { event: "rows" };

/** The outputs of one run of a cell as they stand, text and charts joined from their pieces. */
export class CellRecord {
  readonly #outputs = new Map<string, Output>();
  readonly #charts = new Map<string, Map<string, Columns[]>>();
  #texts = 0;
  #lastText: { id: string; stream: string } | undefined;

  add(event: CellEvent): void {
    if (event.event === "text") this.#addText(event.stream, event.text);
    else if (event.event === "output") this.#addOutput(event.output);
    else if (event.event === "rows") this.#addRows(event);
  }

  /** As they stand while the cell runs: charts with all their rows so far. */
  soFar(): Output[] {
    return [...this.#outputs.values()].map(({ id, items }) => ({
      id,
      items: items.map(
        (item): OutputItem => (item.mime === CHART_MIME ? { ...item, data: this.#withRows(item.data) } : item),
      ),
    }));
  }

  /** Charts in their final state, with all their rows. */
  outputs(error?: CellError): Output[] {
    const outputs = this.soFar().map(({ id, items }) => ({
      id,
      items: items.map(
        (item): OutputItem => (item.mime === CHART_MIME ? { ...item, data: { ...item.data, live: false } } : item),
      ),
    }));
    if (!error) return outputs;
    const at = error.line === undefined ? "" : ` (line ${error.line})`;
    const text = `${error.name}${at}: ${error.message}`;
    return [
      ...outputs,
      {
        id: "error",
        items: [
          { mime: ERROR_MIME, data: error },
          { mime: "text/plain", data: text },
        ],
      },
    ];
  }

  #addText(stream: "stdout" | "stderr", text: string): void {
    if (this.#lastText?.stream !== stream) this.#lastText = { id: `${stream}-${++this.#texts}`, stream };
    const { id } = this.#lastText;
    const before = this.#outputs.get(id)?.items[0];
    const joined = (before?.mime === "text/plain" ? before.data : "") + text;
    this.#outputs.set(id, { id, items: [{ mime: "text/plain", data: joined }] });
  }

  #addOutput(output: Output): void {
    if (!this.#outputs.has(output.id)) this.#lastText = undefined;
    this.#outputs.set(output.id, output);
    for (const item of output.items) {
      if (item.mime !== CHART_MIME) continue;
      const datasets = Object.entries(item.data.datasets).map(([name, columns]): [string, Columns[]] => [
        name,
        [columns],
      ]);
      this.#charts.set(item.data.id, new Map(datasets));
    }
  }

  #addRows({ chart, dataset, columns, replace }: Rows): void {
    const datasets = this.#charts.get(chart);
    if (!datasets) return;
    const pieces = datasets.get(dataset);
    if (replace || !pieces) datasets.set(dataset, [columns]);
    else pieces.push(columns);
  }

  #withRows(chart: Chart): Chart {
    const datasets = [...(this.#charts.get(chart.id) ?? [])].map(([name, pieces]) => {
      const joined = joinColumns(pieces);
      this.#charts.get(chart.id)?.set(name, [joined]);
      return [name, joined] as const;
    });
    return { ...chart, datasets: Object.fromEntries(datasets) };
  }
}

/** Tables of the same columns, one below the other. */
function joinColumns(pieces: readonly Columns[]): Columns {
  const [first] = pieces;
  if (!first || pieces.length === 1) return first ?? {};
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const parts = pieces.map((piece) => piece[name]);
      if (parts.every((part) => part !== undefined && "text" in part))
        return [name, { text: parts.flatMap((part) => (part && "text" in part ? part.text : [])) }];
      const bytes = parts.map((part) => Buffer.from(part && "f64" in part ? part.f64 : "", "base64"));
      return [name, { f64: Buffer.concat(bytes).toString("base64") }];
    }),
  );
}

/** Writes `outputs/<cell>.json` in the run folder, whole or not at all. `cell` has been checked to be a file name. */
export function saveCell(runFolder: string, saved: SavedCell): void {
  const path = join(runFolder, "outputs", `${saved.cell}.json`);
  // a notebook that was moved away does not get its old folder back
  const folder = dirname(dirname(runFolder));
  if (!existsSync(folder)) throw new StorageError(`${folder} was moved or deleted`);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(temporary, `${JSON.stringify(saved)}\n`);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new StorageError(whyUnwritten(cause), { cause });
  }
}

export const textHash = (text: string): string => createHash("sha256").update(text).digest("hex");
