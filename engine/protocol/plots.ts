import type { Chart } from "./chart.ts";
import type { ComparedRuns, CompareView, RunFacts } from "./compare.ts";
import type { KernelEvent } from "./messages.ts";

/**
 * What dist/plots.mjs exports as `plots`: charts of what stands on disk, made as the kernel makes them. The editor, which imports nothing
 * of the engine, loads that program when a panel first needs it (`src/runs/plots.ts`), so that a chart has one declaration.
 */
export interface Plots {
  /** The learning curve of the run whose log it takes; null while the log has no first line. `id` is the chart's, `folder` the name of the run's. */
  learningCurve(id: string, folder: string): LogPlot;
  /** Its layers over the steps, from the looks of `fit({ instruments })`; null while there are fewer than two. */
  layers(id: string): LogPlot;
  /** Runs beside each other as `view` asks: curves, settings, tables, and what may be said of the difference. `id` is the chart's. */
  compare(id: string, runs: readonly RunFacts[], view: CompareView): ComparedRuns;
  /** The same to paste elsewhere. */
  comparisonText(compared: ComparedRuns, as: "markdown" | "csv"): string;
}

/** A chart that takes the lines of a run's log as they come. Anybody may have written them: what is not as it should be is passed over. */
export interface LogPlot {
  take(line: unknown): void;
  /** With all rows so far; `live` false: no line will come. */
  chart(live: boolean): Chart | null;
  /** What joins the chart since it, or since this was last called; null: the chart has to be made anew. */
  rows(): readonly ChartRows[] | null;
}

/** Rows for one dataset of a chart. */
export type ChartRows = Pick<KernelEvent & { event: "rows" }, "dataset" | "columns" | "replace">;
