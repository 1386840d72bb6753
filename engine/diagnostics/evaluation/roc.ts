import { area, rocCurve } from "../../metrics/exact/index.ts";
import { significant } from "../../plots/format.ts";
import { rocPlot } from "../../plots/roc.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { rankedTable, rankings } from "./classCurves.ts";
import { onParam } from "./parts.ts";

export interface RocFound {
  readonly part: string;
  /** One class against the rest, or each label; a pair of classes has the second alone. */
  readonly perClass: readonly {
    readonly name: string;
    /** NaN for a class without examples. */
    readonly auc: number;
    readonly examples: number;
    readonly fpr: readonly number[];
    readonly tpr: readonly number[];
  }[];
  /** Mean of the areas. */
  readonly macro: number;
}

export const roc = defineDiagnostic({
  summary: "True against false positive rate of every class at all thresholds, with the area under the curve.",
  paper: "Fawcett 2006, An introduction to ROC analysis",
  params: { on: onParam },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on }, context): Promise<RocFound> => {
    const { part, count, each } = await rankings(subject, on, context, "inspect.roc");
    const perClass = each.map(({ name, y, score }) => {
      const { fpr, tpr } = rocCurve(y, score);
      return { name, auc: area(fpr, tpr), examples: y.reduce((n, v) => n + v, 0), fpr, tpr };
    });
    const known = perClass.filter(({ auc }) => !Number.isNaN(auc));
    const macro = known.reduce((sum, { auc }) => sum + auc, 0) / known.length;
    showChart(context, rocPlot, { name: subject.name, part, perClass, macro, count });
    const table = rankedTable(perClass.map((c) => ({ ...c, value: c.auc })));
    return measured(
      { part, perClass, macro },
      `${part} data: mean area under the ROC curve ${significant(macro)}\n${table}`,
    );
  },
});
