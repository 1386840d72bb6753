import type { Chart, ChartKind, Columns } from "../protocol/index.ts";
import { capital } from "./format.ts";

/** A Vega-Lite spec without colours, fonts or data values: the reader's theme and the datasets join it where it is drawn. */
export type Spec = Readonly<Record<string, unknown>>;

/** One kind of picture: what it needs (`State`) and how it becomes a chart. The law tests run over `example`. */
export interface PlotDeclaration<State> {
  kind: ChartKind;
  summary: string;
  /** The finding, in one line; `definePlot` makes its first letter a capital. */
  title: (state: State) => string;
  /** The same finding for those who do not see the picture: a few sentences. */
  text: (state: State) => string;
  spec: (state: State) => Spec;
  /** Tables by the names that the spec uses. */
  datasets: (state: State) => Readonly<Record<string, Columns>>;
  /** A typical state, for the golden file and the laws. */
  example: () => State;
}

export interface Plot<State> extends PlotDeclaration<State> {
  chart: (id: string, state: State, live: boolean) => Chart;
}

export function definePlot<State>(plot: PlotDeclaration<State>): Plot<State> {
  const title = (state: State) => capital(plot.title(state));
  return {
    ...plot,
    title,
    chart: (id, state, live) => ({
      id,
      title: title(state),
      kind: plot.kind,
      spec: plot.spec(state),
      datasets: plot.datasets(state),
      live,
      text: plot.text(state),
    }),
  };
}
