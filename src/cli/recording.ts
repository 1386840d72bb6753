import {
  type CellResult,
  CHART_MIME,
  type KernelEvent,
  type Output,
  type OutputItem,
  type RunSummary,
} from "../../engine/protocol/index.ts";
import type { NotebookCell } from "../notebook/format.ts";
import { LiveChart } from "../outputs/liveChart.ts";
import type { Shown } from "../report/index.ts";

/** A code cell and what came of it. */
export interface RecordedCell {
  readonly cell: NotebookCell & { id: string };
  /** Among the code cells, from 1. */
  readonly index: number;
  /** Line of the file that opens it. */
  readonly line: number;
  /** Null when it was not run. */
  result: CellResult | null;
}

/** What a kernel showed while it ran the cells of a notebook. */
export class Recording {
  readonly runs: RunSummary[] = [];
  readonly #shown = new Map<string, Shown[]>();
  readonly #charts = new Map<string, LiveChart>();

  add(event: KernelEvent): void {
    switch (event.event) {
      case "text": {
        const shown = this.#of(event.cell);
        const last = shown.at(-1);
        if (last?.kind === "text" && last.stream === event.stream) last.text += event.text;
        else shown.push({ kind: "text", stream: event.stream, text: event.text });
        return;
      }
      case "output": {
        const shown = this.#of(event.cell);
        const { output } = event;
        const same = shown.findIndex((s) => s.kind === "output" && s.output.id === output.id);
        if (same < 0) shown.push({ kind: "output", output });
        else shown[same] = { kind: "output", output };
        for (const item of output.items)
          if (item.mime === CHART_MIME) this.#charts.set(item.data.id, new LiveChart(item.data));
        return;
      }
      case "rows":
        this.#charts.get(event.chart)?.append(event.dataset, event.columns, event.replace);
        return;
      case "run":
        this.runs.push(event.run);
        return;
      case "state":
      case "progress":
      case "log":
        return;
      default:
        event satisfies never;
    }
  }

  /** Profiles of training steps, in the order in which they were made. */
  get profiles(): unknown[] {
    const items = [...this.#shown.values()]
      .flat()
      .flatMap((shown) =>
        shown.kind === "output" && shown.output.id.startsWith("profile-") ? shown.output.items : [],
      );
    return items.flatMap((item) =>
      item.mime === "application/json" ? [(item.data as { profile: unknown }).profile] : [],
    );
  }

  /** What a cell showed, its charts with all their rows. */
  shown(cell: string): Shown[] {
    const whole = (item: OutputItem): OutputItem => {
      const chart = item.mime === CHART_MIME ? this.#charts.get(item.data.id) : undefined;
      return chart === undefined ? item : { mime: CHART_MIME, data: chart.live ? chart.cutShort() : chart.snapshot() };
    };
    return this.#of(cell).map((s) =>
      s.kind === "text" ? s : { kind: "output", output: { ...s.output, items: s.output.items.map(whole) } },
    );
  }

  #of(cell: string): Shown[] {
    const shown = this.#shown.get(cell) ?? [];
    this.#shown.set(cell, shown);
    return shown;
  }
}

/** The text of an output for those who see nothing else. */
export function plainText({ items }: Output): string {
  const chart = items.find((item) => item.mime === CHART_MIME);
  if (chart?.mime === CHART_MIME) return chart.data.text;
  const plain = items.find((item) => item.mime === "text/plain");
  return plain?.mime === "text/plain" ? plain.data : `[${items.map(({ mime }) => mime).join(", ")}]`;
}
