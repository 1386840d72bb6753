import { type Difference, interval } from "./difference.ts";

/** The difference of two runs that were measured on the same examples, from those that one of them alone gets right. */
export interface PairedDifference extends Difference {
  readonly by: "same examples";
  readonly examples: number;
  /** Examples that the first alone, and the second alone, gets right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** McNemar's exact test: how probable a split at least as uneven is where both are as good. */
  readonly p: number;
}

/**
 * First share of right examples less the second, with the interval of Agresti & Min 2005 (half an example more in each of the four
 * cells; holds for few differing examples too), and McNemar's exact test.
 */
export function differenceOfExamples(
  { examples, onlyFirst, onlySecond }: Pick<PairedDifference, "examples" | "onlyFirst" | "onlySecond">,
  level = 0.95,
): PairedDifference {
  const [n, b, c] = [examples + 2, onlyFirst + 0.5, onlySecond + 0.5];
  const variance = (b + c - (b - c) ** 2 / n) / n ** 2;
  const centre = interval((b - c) / n, variance, Number.POSITIVE_INFINITY, level, "same examples");
  return {
    ...centre,
    mean: (onlyFirst - onlySecond) / examples,
    by: "same examples",
    examples,
    onlyFirst,
    onlySecond,
    p: mcnemar(onlyFirst, onlySecond),
  };
}

/** Twice the smaller tail of a fair coin's b heads of b + c throws: McNemar 1947, exact. */
export function mcnemar(b: number, c: number): number {
  const throws = b + c;
  let [log, tail] = [-throws * Math.LN2, 0];
  for (let heads = 0; heads <= Math.min(b, c); heads++) {
    tail += Math.exp(log);
    log += Math.log(throws - heads) - Math.log(heads + 1);
  }
  return Math.min(1, 2 * tail);
}

/** Whether two runs differ by more than the choice of examples explains. */
export const differ = ({ p, level }: PairedDifference): boolean => p < 1 - level;
