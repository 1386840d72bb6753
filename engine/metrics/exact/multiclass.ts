import { fMeasure } from "./binary.ts";
import type { Numbers } from "./numbers.ts";

/** [classes][classes]: rows are true classes, columns predicted ones. */
export type Confusion = readonly (readonly number[])[];

/** Counts, or sums of weights, of true against predicted classes. */
export function confusionMatrix(y: Numbers, predicted: Numbers, classes: number, weight?: Numbers): Confusion {
  const out = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < y.length; i++) {
    const row = out[y[i] as number] as number[];
    row[predicted[i] as number] = (row[predicted[i] as number] as number) + (weight?.[i] ?? 1);
  }
  return out;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const at = (c: Confusion, i: number, j: number): number => c[i]?.[j] as number;

/** Figures of one class against the others, and how many examples it has. */
export interface ClassFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly support: number;
}

/** Precision, recall and F1 of every class; `zeroDivision` stands for what has no denominator. */
export function perClass(confusion: Confusion, zeroDivision = 0): ClassFigures[] {
  return confusion.map((row, c) => {
    const hit = at(confusion, c, c);
    const said = sum(confusion.map((r) => r[c] as number));
    const support = sum(row);
    const precision = said === 0 ? zeroDivision : hit / said;
    const recall = support === 0 ? zeroDivision : hit / support;
    return { precision, recall, f1: fMeasure(precision, recall), support };
  });
}

export type Average = "macro" | "weighted" | "micro";
export type AverageFigures = Omit<ClassFigures, "support">;

/**
 * One figure of all classes: "macro" is the mean over classes (macro F1 is the mean of F1s), "weighted" that by their examples, "micro" counts
 * all decisions alike, which is the accuracy.
 */
export function averaged(classes: readonly ClassFigures[], confusion: Confusion, how: Average): AverageFigures {
  if (how === "micro") {
    const accuracy = accuracyOf(confusion);
    return { precision: accuracy, recall: accuracy, f1: accuracy };
  }
  const weights = classes.map((c) => (how === "macro" ? 1 : c.support));
  const mean = (key: keyof AverageFigures) =>
    sum(classes.map((c, i) => c[key] * (weights[i] as number))) / sum(weights);
  return { precision: mean("precision"), recall: mean("recall"), f1: mean("f1") };
}

export const accuracyOf = (confusion: Confusion): number =>
  sum(confusion.map((row, c) => row[c] as number)) / sum(confusion.map(sum));

/** Mean recall of the classes that have examples. */
export function balancedAccuracy(confusion: Confusion): number {
  const recalls = confusion.flatMap((row, c) => (sum(row) === 0 ? [] : [at(confusion, c, c) / sum(row)]));
  return sum(recalls) / recalls.length;
}

/** Matthews' correlation for several classes, the R_K of Gorodkin 2004; 0 when truth or prediction is one class only. */
export function matthews(confusion: Confusion): number {
  const truth = confusion.map(sum);
  const said = confusion.map((_, c) => sum(confusion.map((row) => row[c] as number)));
  const all = sum(truth);
  const hit = sum(confusion.map((row, c) => row[c] as number));
  const product = (a: readonly number[], b: readonly number[]) => sum(a.map((v, i) => v * (b[i] as number)));
  const spread = (all * all - product(said, said)) * (all * all - product(truth, truth));
  return spread === 0 ? 0 : (hit * all - product(truth, said)) / Math.sqrt(spread);
}

/** Agreement beyond chance; `weights` says how much a confusion of classes i and j counts. Cohen 1960, 1968. */
export function kappa(confusion: Confusion, weights: "none" | "linear" | "quadratic" = "none"): number {
  const truth = confusion.map(sum);
  const said = confusion.map((_, c) => sum(confusion.map((row) => row[c] as number)));
  const cost = (i: number, j: number) =>
    weights === "none" ? Number(i !== j) : Math.abs(i - j) ** (weights === "linear" ? 1 : 2);
  let [seen, chance] = [0, 0];
  for (let i = 0; i < confusion.length; i++) {
    for (let j = 0; j < confusion.length; j++) {
      seen += cost(i, j) * at(confusion, i, j);
      chance += (cost(i, j) * (truth[i] as number) * (said[j] as number)) / sum(truth);
    }
  }
  return 1 - seen / chance;
}

/** Share of examples whose class is among the `k` highest scores; of equal scores the later classes win, as scikit-learn's. */
export function topK(y: Numbers, scores: Numbers, classes: number, k: number): number {
  let hits = 0;
  for (let i = 0; i < y.length; i++) {
    const own = scores[i * classes + (y[i] as number)] as number;
    let ahead = 0;
    for (let c = 0; c < classes; c++) {
      const s = scores[i * classes + c] as number;
      if (s > own || (s === own && c > (y[i] as number))) ahead += 1;
    }
    if (ahead < k) hits += 1;
  }
  return hits / y.length;
}
