import { studentBound } from "./student.ts";

/** How much two arms differ, and between what that difference may lie. */
export interface Difference {
  /** First mean less second mean. */
  readonly mean: number;
  /** Ends of the interval that holds the true difference with probability `level`. */
  readonly low: number;
  readonly high: number;
  readonly level: number;
  /** Degrees of freedom of Student's t. */
  readonly degrees: number;
  /** What the spread was estimated from. */
  readonly by: "paired seeds" | "seeds" | "seeds of one side" | "single runs" | "same examples";
}

/** What is known of one arm: what its runs ended with, and the seed of each. */
export interface Arm {
  readonly finals: readonly number[];
  readonly seeds: readonly (number | null)[];
}

/**
 * The interval of the difference of two arms from their seeds: of the pairs where both have the same seeds, else Welch's; with one run
 * on one side it is assumed to vary as the other side does. Null where both are single runs. What is not finite is left out.
 */
export function differenceOfSeeds(a: Arm, b: Arm, level = 0.95): Difference | null {
  const [first, second] = [sound(a), sound(b)];
  if (first.length === 0 || second.length === 0 || Math.max(first.length, second.length) < 2) return null;
  const pairs = pairsOf(first, second);
  if (pairs) return paired(pairs, level);
  const [x, y] = [first.map(([, v]) => v), second.map(([, v]) => v)] as [number[], number[]];
  return x.length < 2 || y.length < 2 ? oneSided(x, y, level) : welch(x, y, level);
}

/** Of n pairs: mean +- t sd / sqrt(n), n - 1 degrees. */
export function paired(pairs: readonly (readonly [number, number])[], level = 0.95): Difference {
  const differences = pairs.map(([a, b]) => a - b);
  return interval(meanOf(differences), varianceOf(differences) / pairs.length, pairs.length - 1, level, "paired seeds");
}

/** Welch 1947: variances that may differ, and the degrees of freedom that go with them. */
export function welch(a: readonly number[], b: readonly number[], level = 0.95): Difference {
  const [va, vb] = [varianceOf(a) / a.length, varianceOf(b) / b.length];
  const degrees = degreesOf([
    { variance: va, degrees: a.length - 1 },
    { variance: vb, degrees: b.length - 1 },
  ]);
  return interval(meanOf(a) - meanOf(b), va + vb, degrees, level, "seeds");
}

/** One run against several, as if it had their variance. */
function oneSided(a: readonly number[], b: readonly number[], level: number): Difference {
  const several = a.length > 1 ? a : b;
  const variance = varianceOf(several) * (1 / a.length + 1 / b.length);
  return interval(meanOf(a) - meanOf(b), variance, several.length - 1, level, "seeds of one side");
}

/** Mean +- Student's bound times the root of the variance. */
export function interval(
  mean: number,
  variance: number,
  degrees: number,
  level: number,
  by: Difference["by"],
): Difference {
  const half = variance > 0 ? studentBound(level, degrees) * Math.sqrt(variance) : 0;
  return { mean, low: mean - half, high: mean + half, level, degrees, by };
}

/** Whether the interval leaves 0 out. */
export const isBeyondNoise = ({ low, high }: Difference): boolean => low > 0 || high < 0;

/** Degrees of freedom of a sum of estimated variances: Satterthwaite 1946. Variances without error have Infinity. */
export function degreesOf(parts: readonly { variance: number; degrees: number }[]): number {
  const total = parts.reduce((sum, { variance }) => sum + variance, 0);
  const below = parts.reduce((sum, { variance, degrees }) => sum + variance ** 2 / degrees, 0);
  if (below === 0) return total === 0 ? parts.reduce((sum, { degrees }) => sum + degrees, 0) : Number.POSITIVE_INFINITY;
  return total ** 2 / below;
}

export const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

/** With n - 1; NaN for fewer than two. */
export function varianceOf(values: readonly number[]): number {
  if (values.length < 2) return Number.NaN;
  const mean = meanOf(values);
  return values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
}

type Seeded = readonly (readonly [seed: number | null, value: number])[];

const sound = ({ finals, seeds }: Arm): Seeded =>
  finals.flatMap((value, i) => (Number.isFinite(value) ? [[seeds[i] ?? null, value] as const] : []));

/** Values of the same seeds side by side; undefined unless both arms have exactly the same, each once. */
function pairsOf(a: Seeded, b: Seeded): [number, number][] | undefined {
  if (a.length !== b.length || a.length < 2) return undefined;
  const other = new Map(b);
  if (new Map(a).size !== a.length || other.size !== b.length || a.some(([seed]) => seed === null)) return undefined;
  const pairs = a.flatMap(([seed, value]): [number, number][] => {
    const found = other.get(seed);
    return found === undefined ? [] : [[value, found]];
  });
  return pairs.length === a.length ? pairs : undefined;
}
