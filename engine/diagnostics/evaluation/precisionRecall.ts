import { averagePrecision, precisionRecallCurve } from "../../metrics/exact/index.ts";
import { percent } from "../../plots/format.ts";
import { precisionRecallPlot } from "../../plots/precisionRecall.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { rankedTable, rankings } from "./classCurves.ts";
import { onParam } from "./parts.ts";

export interface PrecisionRecallFound {
  readonly part: string;
  /** One class against the rest; average precision NaN for a class without examples. A pair of classes has the second alone. */
  readonly perClass: readonly {
    readonly name: string;
    readonly averagePrecision: number;
    readonly examples: number;
    readonly recall: readonly number[];
    readonly precision: readonly number[];
  }[];
  /** Mean of the average precisions. */
  readonly macro: number;
}

export const precisionRecall = defineDiagnostic({
  summary: "Precision against recall of every class at all thresholds, with average precision.",
  paper: "Davis & Goadrich 2006, The relationship between precision-recall and ROC curves",
  params: { on: onParam },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on }, context): Promise<PrecisionRecallFound> => {
    const { part, count, each } = await rankings(subject, on, context, "inspect.precisionRecall");
    const perClass = each.map(({ name, y, score }) => {
      const examples = y.reduce((n, v) => n + v, 0);
      const { recall, precision } = precisionRecallCurve(y, score);
      return {
        name,
        averagePrecision: examples ? averagePrecision(y, score) : Number.NaN,
        examples,
        recall,
        precision,
      };
    });
    const known = perClass.filter((c) => c.examples > 0);
    const macro = known.reduce((sum, c) => sum + c.averagePrecision, 0) / known.length;
    showChart(context, precisionRecallPlot, { name: subject.name, part, perClass, macro, count });
    const table = rankedTable(perClass.map((c) => ({ ...c, value: c.averagePrecision })));
    return measured({ part, perClass, macro }, `${part} data: mean average precision ${percent(macro)}\n${table}`);
  },
});
