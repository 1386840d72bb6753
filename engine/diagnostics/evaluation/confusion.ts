import {
  accuracyOf,
  averaged,
  type ClassFigures,
  type Confusion,
  confusionMatrix,
  perClass,
} from "../../metrics/exact/index.ts";
import { confusionPlot } from "../../plots/confusion.ts";
import { percent, significant } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";
import { onParam } from "./parts.ts";
import { classScores, labelParam } from "./scores.ts";

export interface Confused {
  /** What was evaluated: "validation", "test". */
  readonly part: string;
  readonly classes: readonly string[];
  /** matrix[true][predicted], examples. */
  readonly matrix: Confusion;
  readonly accuracy: number;
  readonly perClass: readonly ClassFigures[];
  /** Pairs of different classes, the most frequent confusion first; at most 20. */
  readonly pairs: readonly ConfusedPair[];
}

export interface ConfusedPair {
  readonly truth: string;
  readonly predicted: string;
  readonly count: number;
  /** Share of the examples of the true class. */
  readonly share: number;
}

export const confusion = defineDiagnostic({
  summary: "What every class is taken for: counts of true against predicted classes, with precision and recall.",
  params: { on: onParam, label: labelParam },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on, label }, context): Promise<Confused> => {
    const { part, classes, labels, predicted } = await classScores(subject, on, context, "inspect.confusion", label);
    const matrix = confusionMatrix(labels, predicted, classes.length);
    const found = {
      part,
      classes,
      matrix,
      accuracy: accuracyOf(matrix),
      perClass: perClass(matrix),
      pairs: worstPairs(classes, matrix),
    };
    showChart(context, confusionPlot, { name: subject.name, ...found });
    return measured(found, report(found));
  },
});

function worstPairs(classes: readonly string[], matrix: Confusion): ConfusedPair[] {
  return matrix
    .flatMap((row, t) => {
      const support = row.reduce((a, b) => a + b, 0);
      return row.flatMap((count, p) =>
        t === p || count === 0
          ? []
          : [{ truth: classes[t] as string, predicted: classes[p] as string, count, share: count / support }],
      );
    })
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, 20);
}

/** Lines of classes in a report at most; the weakest F1 are kept. */
const MOST_LINES = 30;

/** As scikit-learn's classification_report. */
function report({ part, classes, matrix, accuracy, perClass }: Omit<Confused, "pairs">): string {
  const cell = (v: number) => v.toFixed(3).padStart(9);
  const width = Math.min(24, Math.max(12, ...classes.map((c) => c.length)));
  const line = (name: string, { precision, recall, f1 }: Omit<ClassFigures, "support">, n: number) =>
    `${name.slice(0, width).padStart(width)} ${cell(precision)} ${cell(recall)} ${cell(f1)} ${String(n).padStart(9)}`;
  const all = perClass.reduce((n, c) => n + c.support, 0);
  const order = perClass
    .map((_, i) => i)
    .sort((a, b) => (perClass[a] as ClassFigures).f1 - (perClass[b] as ClassFigures).f1);
  const shown = perClass.map((_, i) => i).filter((i) => perClass.length <= MOST_LINES || order.indexOf(i) < MOST_LINES);
  const left = perClass.length - shown.length;
  return [
    `${part} data: ${percent(accuracy)} of ${significant(all)} right`,
    `${"class".padStart(width)} ${["precision", "recall", "f1", "examples"].map((h) => h.padStart(9)).join(" ")}`,
    ...shown.map((i) => line(classes[i] as string, perClass[i] as ClassFigures, (perClass[i] as ClassFigures).support)),
    ...(left > 0 ? [`${left} classes with a higher f1 are left out`] : []),
    line("macro", averaged(perClass, matrix, "macro"), all),
    line("weighted", averaged(perClass, matrix, "weighted"), all),
  ].join("\n");
}
