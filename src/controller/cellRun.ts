import * as vscode from "vscode";
import {
  type CellError,
  type CellResult,
  CHART_MIME,
  ERROR_MIME,
  type KernelEvent,
  type Output,
  type OutputItem,
  type RunningCell,
  type RunStatus,
} from "../../engine/protocol/index.ts";
import { chartItems, errorOutput, toCellOutput, toItems } from "../outputs/convert.ts";
import { LiveChart } from "../outputs/liveChart.ts";

export interface RunListener {
  /** A chart grew or was replaced: open pages want to know. */
  chart(message: { type: "chart"; chart: ReturnType<LiveChart["snapshot"]> } | ({ type: "rows" } & Rows)): void;
}

type Rows = Pick<KernelEvent & { event: "rows" }, "chart" | "dataset" | "columns" | "replace">;

/** Text of one cell beyond this stays in the run log. */
const MAX_TEXT = 200_000;
const FLUSH_MS = 80;

/** One run of one cell: the kernel's events become the cell's outputs. */
export class CellRun {
  readonly cell: string;
  readonly #listener: RunListener;
  /** Charts of several kernels may meet in one window. */
  readonly #prefix: string;
  readonly #charts = new Map<string, LiveChart>();
  readonly #outputs = new Map<string, vscode.NotebookCellOutput>();
  readonly #chartOf = new Map<string, string>();
  /** All outputs, in order. */
  readonly #shown: vscode.NotebookCellOutput[] = [];
  #execution: vscode.NotebookCellExecution;
  #started: { at: number; order: number } | null = null;
  #text: { stream: "stdout" | "stderr"; waiting: string; output: vscode.NotebookCellOutput | null } | null = null;
  #textSize = 0;
  #timer: NodeJS.Timeout | null = null;
  #erred = false;
  #training: RunStatus | null = null;
  #ended = false;

  constructor(cell: string, execution: vscode.NotebookCellExecution, prefix: string, listener: RunListener) {
    this.cell = cell;
    this.#execution = execution;
    this.#prefix = prefix;
    this.#listener = listener;
  }

  start(order: number): void {
    this.#begin(order, Date.now());
  }

  /** A cell that has been running for a while: what it has shown so far goes under it, and what comes follows. */
  resume({ order, startedAt, outputs }: RunningCell): void {
    this.#begin(order, Date.parse(startedAt));
    for (const output of outputs) {
      const [, stream] = /^(stdout|stderr)-/.exec(output.id) ?? [];
      const [item] = output.items;
      if (stream !== undefined && item?.mime === "text/plain") this.#addText(stream as "stdout" | "stderr", item.data);
      else this.#addOutput(output);
    }
  }

  /** The notebook was closed and opened again meanwhile, or read anew: what was there goes under its new cell, and so does what comes. */
  attach(execution: vscode.NotebookCellExecution): void {
    const before = this.#execution;
    // the editor counts it as running, even without its cell
    this.#quietly(() => before.end(undefined));
    this.#execution = execution;
    if (this.#started === null) return;
    execution.executionOrder = this.#started.order;
    execution.start(this.#started.at);
    for (const [id, chart] of this.#charts) {
      const output = this.#outputs.get(this.#chartOf.get(id) ?? "");
      if (output !== undefined) output.items = toItems(chartItems(chart.snapshot()), "kernel");
    }
    this.#quietly(() => execution.replaceOutput(this.#shown));
  }

  /** Called with every event that bears this cell. */
  handle(event: KernelEvent): void {
    if (this.#ended) return;
    switch (event.event) {
      case "text":
        this.#addText(event.stream, event.text);
        break;
      case "output":
        this.#addOutput(event.output);
        break;
      case "rows":
        this.#addRows({ ...event, chart: this.#prefix + event.chart });
        break;
      case "progress":
        this.#training = event.run ?? this.#training;
        break;
      case "run":
        this.#training = null;
        break;
      case "state":
      case "log":
        break;
      default:
        event satisfies never;
    }
  }

  /** The training that is under way, as it was last heard of. */
  get training(): RunStatus | null {
    return this.#training;
  }

  /** A chart of this run that still grows. */
  chart(id: string): LiveChart | undefined {
    return this.#charts.get(id);
  }

  /** `order` null: it never began, and has no place in the order. */
  /** `offer`: what can be done about the error. */
  end(result: Pick<CellResult, "ok"> & { order?: number | null; error?: CellError }, offer?: Output | null): void {
    if (this.#ended) return;
    if (result.error !== undefined && !this.#erred) {
      this.#endText();
      this.#append(errorOutput(result.error, this.cell));
    }
    if (offer) this.#append(toCellOutput(offer, this.cell, "kernel"));
    this.#flush();
    this.#ended = true;
    for (const [id, chart] of this.#charts) {
      const output = this.#outputs.get(this.#chartOf.get(id) ?? "");
      // the kernel did not come to write its last word
      if (chart.live && output !== undefined) {
        const cut = chart.cutShort();
        this.#replace(toItems(chartItems(cut), "kernel"), output);
        this.#listener.chart({ type: "chart", chart: cut });
      }
    }
    this.#quietly(() => {
      if (result.order !== undefined) this.#execution.executionOrder = result.order ?? undefined;
      this.#execution.end(result.ok, Date.now());
    });
  }

  /** Its kernel goes on with it under another notebook's cell: nothing more is shown here. */
  letGo(): void {
    this.#flush();
    this.#ended = true;
    this.#quietly(() => this.#execution.end(undefined));
  }

  /** Ends a cell that never started. */
  drop(): void {
    this.#ended = true;
    this.#quietly(() => {
      this.#execution.start();
      this.#execution.end(undefined);
    });
  }

  #begin(order: number, at: number): void {
    this.#started = { at, order };
    this.#execution.executionOrder = order;
    this.#execution.start(at);
    this.#quietly(() => this.#execution.clearOutput());
  }

  #addOutput(output: Output): void {
    this.#endText();
    const items = output.items.map((item) => this.#own(item, output.id));
    const before = this.#outputs.get(output.id);
    if (before === undefined) {
      const added = toCellOutput({ id: output.id, items }, this.cell, "kernel");
      this.#outputs.set(output.id, added);
      this.#append(added);
    } else {
      this.#replace(toItems(items, "kernel"), before);
    }
  }

  #own(item: OutputItem, output: string): OutputItem {
    if (item.mime === ERROR_MIME) this.#erred = true;
    if (item.mime !== CHART_MIME) return item;
    const data = { ...item.data, id: this.#prefix + item.data.id };
    this.#charts.set(data.id, new LiveChart(data));
    this.#chartOf.set(data.id, output);
    this.#listener.chart({ type: "chart", chart: data });
    return { ...item, data };
  }

  #addRows({ chart, dataset, columns, replace }: Rows): void {
    this.#charts.get(chart)?.append(dataset, columns, replace);
    this.#listener.chart({ type: "rows", chart, dataset, columns, replace });
  }

  #addText(stream: "stdout" | "stderr", text: string): void {
    const room = MAX_TEXT - this.#textSize;
    if (room < 0) return;
    this.#textSize += text.length;
    const kept = text.length > room ? `${text.slice(0, room)}\n… the rest is in the run log\n` : text;
    if (this.#text?.stream !== stream) {
      this.#endText();
      this.#text = { stream, waiting: "", output: null };
    }
    this.#text.waiting += kept;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#text;
    if (text === null || text.waiting === "") return;
    const item = vscode.NotebookCellOutputItem[text.stream](text.waiting);
    text.waiting = "";
    if (text.output === null) {
      text.output = new vscode.NotebookCellOutput([item], { dlnbCell: this.cell });
      this.#append(text.output);
    } else {
      const { output } = text;
      output.items.push(item);
      this.#quietly(() => this.#execution.appendOutputItems(item, output));
    }
  }

  /** What comes next stands below the text so far. */
  #endText(): void {
    this.#flush();
    this.#text = null;
  }

  #append(output: vscode.NotebookCellOutput): void {
    this.#shown.push(output);
    this.#quietly(() => this.#execution.appendOutput(output));
  }

  #replace(items: vscode.NotebookCellOutputItem[], output: vscode.NotebookCellOutput): void {
    output.items = items;
    this.#quietly(() => this.#execution.replaceOutputItems(items, output));
  }

  /** The notebook may be closed while its cell runs: the kernel's own record is complete, the editor's need not be. */
  #quietly(change: () => Thenable<void> | void): void {
    try {
      change()?.then(undefined, () => undefined);
    } catch {
      // closed: outputs come back from the kernel's record
    }
  }
}
