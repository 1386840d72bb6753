import { type ClassCurve, curveLayers, curveTable } from "./classCurves.ts";
import { count as counted, significant } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface PrecisionRecallState {
  readonly name: string;
  readonly part: string;
  readonly count: number;
  readonly perClass: readonly {
    readonly name: string;
    readonly averagePrecision: number;
    readonly recall: readonly number[];
    readonly precision: readonly number[];
  }[];
  readonly macro: number;
}

const curves = ({ perClass }: PrecisionRecallState): ClassCurve[] =>
  perClass.map(({ name, averagePrecision, recall, precision }) => {
    // of the thresholds that find all, the highest; lower ones only add what is wrong
    const from = recall.lastIndexOf(1);
    return {
      name,
      value: averagePrecision,
      // from recall 0 up
      x: recall.slice(from).reverse(),
      y: precision.slice(from).reverse(),
    };
  });

const worst = (state: PrecisionRecallState) => curves(state).sort((a, b) => a.value - b.value)[0];

export const precisionRecallPlot = definePlot<PrecisionRecallState>({
  kind: "plot",
  summary: "Precision against recall at every threshold, a curve for each class.",

  title: (state) => {
    const { perClass, part, macro, count } = state;
    const [only, ...others] = perClass;
    if (only && others.length === 0) {
      return `Average precision ${significant(only.averagePrecision)} for ${only.name} on ${counted(count, `${part} example`)}`;
    }
    const low = worst(state);
    return `Average precision ${significant(macro)} over ${perClass.length} classes (${part}), lowest for ${low?.name}: ${significant(low?.value)}`;
  },

  text: (state) =>
    `precision and recall of ${state.name} on ${counted(state.count, `${state.part} example`)}; average precision: ${curves(
      state,
    )
      .sort((a, b) => a.value - b.value)
      .slice(0, 10)
      .map(({ name, value }) => `${name} ${significant(value)}`)
      .join(", ")}; mean ${significant(state.macro)}`,

  spec: (state) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 400,
    height: 340,
    layer: [
      { data: { name: "curves" }, layer: curveLayers(curves(state), "step-before", { x: "recall", y: "precision" }) },
    ],
  }),

  datasets: (state) => ({ curves: curveTable(curves(state)) }),

  example: () => ({
    name: "example",
    part: "validation",
    count: 60,
    perClass: [
      { name: "cat", averagePrecision: 0.91, recall: [1, 0.8, 0.4, 0], precision: [0.4, 0.8, 1, 1] },
      { name: "dog", averagePrecision: 0.83, recall: [1, 0.9, 0.5, 0], precision: [0.3, 0.6, 0.9, 1] },
      { name: "fox", averagePrecision: Number.NaN, recall: [1, 0], precision: [0, 1] },
    ],
    macro: 0.87,
  }),
});
