import { type ClassCurve, curveLayers, curveTable } from "./classCurves.ts";
import { encodeColumns } from "./columns.ts";
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

/** Lines of one F1, faint: where the curve touches the highest, precision and recall are best balanced. */
const F_LINES = [0.5, 0.8, 0.9];

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
      {
        data: { name: "guides" },
        mark: { type: "line", strokeDash: [2, 3], strokeWidth: 1, opacity: 0.45 },
        encoding: {
          x: { field: "recall", type: "quantitative" },
          y: { field: "precision", type: "quantitative" },
          detail: { field: "f1", type: "nominal" },
        },
      },
      {
        data: { name: "guideEnds" },
        mark: { type: "text", align: "left", baseline: "top", dx: 5, dy: 5, opacity: 0.7 },
        encoding: {
          x: { field: "recall", type: "quantitative" },
          y: { field: "precision", type: "quantitative" },
          text: { field: "label", type: "nominal" },
        },
      },
      { data: { name: "curves" }, layer: curveLayers(curves(state), "step-before", { x: "recall", y: "precision" }) },
    ],
  }),

  datasets: (state) => {
    const guides = F_LINES.flatMap((f1) => {
      const from = f1 / (2 - f1);
      return Array.from({ length: 25 }, (_, i) => {
        const recall = from + ((1 - from) * i) / 24;
        return { f1, recall, precision: (f1 * recall) / (2 * recall - f1) };
      });
    });
    return {
      curves: curveTable(curves(state)),
      guides: encodeColumns({
        f1: guides.map((g) => g.f1),
        recall: guides.map((g) => g.recall),
        precision: guides.map((g) => g.precision),
      }),
      guideEnds: {
        label: { text: F_LINES.map((f1) => `F1 ${f1}`) },
        ...encodeColumns({ recall: F_LINES.map((f1) => f1 / (2 - f1)), precision: F_LINES.map(() => 1) }),
      },
    };
  },

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
