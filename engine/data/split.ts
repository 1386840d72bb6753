import { ConfigError } from "../errors/index.ts";
import { bool, check, int, num, type Options } from "../params/index.ts";
import { permutation } from "../random/index.ts";
import type { Dataset } from "./dataset.ts";

/** Stream of the split, apart from those of parameters and of the data order. */
const SPLIT_STREAM = 0x5eed0002;

export const splitParams = {
  valid: num(0, "[0, inf)", "Validation examples: a fraction below 1, or a count."),
  test: num(0, "[0, inf)", "Test examples: a fraction below 1, or a count."),
  seed: int(0, "[0, 4294967295]", "Draws the parts; the same seed gives the same ones."),
  stratify: bool(false, "Keeps the shares of the classes in every part."),
};

export type SplitOptions = Options<typeof splitParams>;

interface Rows {
  readonly train: readonly number[];
  readonly valid: readonly number[];
  readonly test: readonly number[];
}

/** Rows of each part, in the order that the seed drew. Throws ConfigError when a part would be empty. */
export function splitRows(set: Dataset, given: SplitOptions): Rows {
  const { valid: validCount, test: testCount, seed, stratify } = checked(given, set.size, 0);
  const n = set.size;
  const drawn = Array.from(permutation(seed, SPLIT_STREAM, 0, n));
  if (!stratify) {
    return {
      test: drawn.slice(0, testCount),
      valid: drawn.slice(testCount, testCount + validCount),
      train: drawn.slice(testCount + validCount),
    };
  }
  if (set.task !== "classification") throw new ConfigError("split: stratify is for classification; this is regression");
  const [forTest, rest] = evenly(drawn, testCount, set);
  const [forValid, train] = evenly(rest, validCount, set);
  return { test: forTest, valid: forValid, train };
}

/**
 * Rows of each part as they lie, training first and test last. Neighbouring parts leave out `gap` rows between them, which
 * share something with both. Throws ConfigError when a part would be empty.
 */
export function splitInOrder(set: Dataset, given: SplitOptions, gap: number): Rows {
  const { valid, test, stratify } = checked(given, set.size, gap);
  if (stratify) throw new ConfigError(`split: ${set.name} is split in its order, and stratify would draw`);
  const testFrom = set.size - test;
  const validFrom = testFrom - (test && valid ? gap : 0) - valid;
  return {
    train: range(0, validFrom - gap),
    valid: range(validFrom, validFrom + valid),
    test: range(testFrom, set.size),
  };
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

/** The options with counts in place of fractions. Throws ConfigError when nothing is left to train on. */
function checked(given: SplitOptions, n: number, gap: number) {
  const options = check(splitParams, given, "split");
  const valid = countOf("valid", options.valid, n);
  const test = countOf("test", options.test, n);
  if (valid + test === 0) throw new ConfigError("split: give valid, test or both, as { valid: 0.1, test: 0.2 }");
  const gaps = gap * (valid && test ? 2 : 1);
  if (valid + test + gaps >= n) {
    const between = gaps ? `, with ${gaps} between that overlap,` : "";
    throw new ConfigError(`split: valid ${valid} and test ${test}${between} leave none of ${n} examples to train on`);
  }
  return { ...options, valid, test };
}

/** `count` of the rows, spread evenly over the classes, and the others; both in their order. */
function evenly(rows: readonly number[], count: number, { y }: Dataset): [number[], number[]] {
  const byClass = [...rows].sort((a, b) => (y.data[a] as number) - (y.data[b] as number));
  const before = (i: number) => Math.floor((i * count) / rows.length);
  const picked = new Set(byClass.filter((_, i) => before(i + 1) > before(i)));
  return [rows.filter((r) => picked.has(r)), rows.filter((r) => !picked.has(r))];
}

function countOf(part: string, amount: number, n: number): number {
  if (amount >= 1) {
    if (!Number.isInteger(amount))
      throw new ConfigError(`split: ${part} = ${amount} is neither a fraction nor a whole number`);
    return amount;
  }
  const count = Math.round(amount * n);
  if (amount > 0 && count === 0) {
    throw new ConfigError(`split: ${part} = ${amount} of ${n} examples is none; give a count, as ${part}: 1`);
  }
  return count;
}
