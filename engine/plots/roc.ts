import { type ClassCurve, curveLayers, curveTable } from "./classCurves.ts";
import { encodeColumns } from "./columns.ts";
import { count as counted, significant } from "./format.ts";
import { definePlot } from "./plot.ts";

export interface RocState {
  readonly name: string;
  readonly part: string;
  readonly count: number;
  readonly perClass: readonly {
    readonly name: string;
    readonly auc: number;
    readonly fpr: readonly number[];
    readonly tpr: readonly number[];
  }[];
  readonly macro: number;
}

const curves = ({ perClass }: RocState): ClassCurve[] =>
  perClass.map(({ name, auc, fpr, tpr }) => ({ name, value: auc, x: fpr, y: tpr }));

const ranked = (state: RocState) =>
  curves(state)
    .filter(({ value }) => !Number.isNaN(value))
    .sort((a, b) => a.value - b.value);

export const rocPlot = definePlot<RocState>({
  kind: "plot",
  summary: "True against false positive rate at every threshold, a curve for each class.",

  title: (state) => {
    const { perClass, part, macro, count } = state;
    const [only, ...others] = perClass;
    if (only && others.length === 0) {
      return `Area under the ROC curve ${significant(only.auc)} for ${only.name} on ${counted(count, `${part} example`)}`;
    }
    const [low] = ranked(state);
    return `Mean area under the ROC curve ${significant(macro)} over ${perClass.length} classes (${part}), lowest for ${low?.name}: ${significant(low?.value)}`;
  },

  text: (state) =>
    `ROC curves of ${state.name} on ${counted(state.count, `${state.part} example`)}; areas: ${ranked(state)
      .slice(0, 10)
      .map(({ name, value }) => `${name} ${significant(value)}`)
      .join(", ")}; mean ${significant(state.macro)}; guessing gives 0.5`,

  spec: (state) => ({
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    width: 400,
    height: 340,
    layer: [
      {
        data: { name: "chance" },
        mark: { type: "line", strokeDash: [2, 3], strokeWidth: 1, opacity: 0.6 },
        encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
      },
      {
        data: { name: "curves" },
        layer: curveLayers(curves(state), "linear", { x: "false positive rate", y: "true positive rate" }),
      },
    ],
  }),

  datasets: (state) => ({ curves: curveTable(curves(state)), chance: encodeColumns({ x: [0, 1], y: [0, 1] }) }),

  example: () => ({
    name: "example",
    part: "validation",
    count: 60,
    perClass: [
      { name: "cat", auc: 0.96, fpr: [0, 0, 0.1, 1], tpr: [0, 0.7, 0.95, 1] },
      { name: "dog", auc: 0.88, fpr: [0, 0.1, 0.3, 1], tpr: [0, 0.5, 0.9, 1] },
    ],
    macro: 0.92,
  }),
});
