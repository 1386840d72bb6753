import { ConfigError } from "../errors/index.ts";
import { choice, int, optional, required } from "../params/index.ts";
import { type DecisionOptions, decisionParams } from "./decisions.ts";
import { one, type Sums } from "./definition.ts";

/** Options of figures that every class has, which one number is made of. */
export const averageParams = {
  average: choice(
    "macro",
    ["macro", "micro", "weighted"],
    "macro: the mean over classes; weighted: that by how often each occurs; micro: all decisions alike.",
  ),
  class: optional(int(required, "[0, inf)", "One class or label alone, by its number.")),
  ...decisionParams,
};

export interface AverageOptions extends DecisionOptions {
  readonly average: "macro" | "micro" | "weighted";
  readonly class: number | null;
}

/** Decisions about one class, as right and wrong yeses and noes. */
export interface Table {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

/** A table for each class or label. */
export function tablesOf(sums: Sums): Table[] {
  const all = one(sums, "all");
  return Array.from(sums.hit ?? [], (tp, k) => {
    const [said, truth] = [sums.said?.[k] as number, sums.truth?.[k] as number];
    return { tp, fp: said - tp, fn: truth - tp, tn: all - said - truth + tp };
  });
}

/** One number of all classes. `figure` of a table without a denominator is 0, as scikit-learn's zero_division. */
export function averageOf(where: string, sums: Sums, options: AverageOptions, figure: (t: Table) => number): number {
  const tables = tablesOf(sums);
  if (options.class !== null) {
    const own = tables[options.class];
    if (!own)
      throw new ConfigError(`${where}: class = ${options.class}, and there are ${tables.length}, counted from 0`);
    return figure(own);
  }
  if (options.average === "micro") {
    const total = (key: keyof Table) => tables.reduce((n, t) => n + t[key], 0);
    return figure({ tp: total("tp"), fp: total("fp"), fn: total("fn"), tn: total("tn") });
  }
  const weights = tables.map((t) => (options.average === "macro" ? 1 : t.tp + t.fn));
  const all = weights.reduce((a, b) => a + b, 0);
  return tables.reduce((n, t, k) => n + figure(t) * (weights[k] as number), 0) / all;
}

/** part / whole, 0 without a whole. */
export const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
