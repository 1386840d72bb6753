import { ConfigError, didYouMean } from "../errors/index.ts";
import { bool, check, int, num, type Options, optional, required, value } from "../params/index.ts";
import { permutation } from "../random/index.ts";
import type { Dataset } from "./dataset.ts";

/** Stream of the split, apart from those of parameters and of the data order. */
const SPLIT_STREAM = 0x5eed0002;

const isList = (given: unknown): given is ArrayLike<unknown> =>
  Array.isArray(given) || (ArrayBuffer.isView(given) && "length" in given);

/** Of splits and folds. */
export const groupsParam = optional(
  value<string | ArrayLike<unknown>, typeof required>(
    required,
    {
      type: "string | readonly unknown[]",
      noun: "the name of a column, or a list with the group of each example",
      accepts: (given) => typeof given === "string" || isList(given),
    },
    "Examples of one group stay together: a column's name, or the group of each example.",
  ),
);

export const splitParams = {
  valid: num(0, "[0, inf)", "Validation examples: a fraction below 1, or a count."),
  test: num(0, "[0, inf)", "Test examples: a fraction below 1, or a count."),
  seed: int(0, "[0, 4294967295]", "Draws the parts; the same seed gives the same ones."),
  stratify: bool(false, "Keeps the shares of the classes in every part."),
  groups: groupsParam,
  shuffle: bool(
    true,
    "Draws the parts; without, they are taken as examples lie: training first, test last, as times need it.",
  ),
};

export type SplitOptions = Options<typeof splitParams>;

interface Rows {
  readonly train: readonly number[];
  readonly valid: readonly number[];
  readonly test: readonly number[];
}

/** Rows of each part, in the order that the seed drew. Throws ConfigError when a part would be empty. */
export function splitRows(set: Dataset, given: SplitOptions): Rows {
  const { valid: validCount, test: testCount, seed, stratify, groups, shuffle } = checked(given, set.size, 0);
  const n = set.size;
  if (!shuffle && (stratify || groups !== null)) {
    throw new ConfigError(
      `split: without shuffle the parts are as examples lie; leave out ${stratify ? "stratify" : "groups"}`,
    );
  }
  if (!shuffle) return splitInOrder(set, given, 0);
  if (groups !== null) {
    if (stratify)
      throw new ConfigError(
        "split: groups and stratify are both given; groups stay whole whatever their classes are, so leave out stratify",
      );
    return splitGroups(groupsOf(set, groups, "split"), { valid: validCount, test: testCount }, seed);
  }
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

/** The group of each example. Throws ConfigError for a column that is not there, or another number of groups than examples. */
export function groupsOf(set: Dataset, given: string | ArrayLike<unknown>, where: string): readonly unknown[] {
  if (typeof given !== "string") {
    if (given.length === set.size) return Array.from(given);
    throw new ConfigError(
      `${where}: groups has ${given.length} values for ${set.size} examples; give the group of each`,
    );
  }
  const { columns } = set;
  const at = columns.findIndex(({ name }) => name === given);
  if (at < 0) {
    throw new ConfigError(
      `${where}: no column "${given}"${didYouMean(
        given,
        columns.map(({ name }) => name),
      )}`,
    );
  }
  return Array.from({ length: set.size }, (_, r) => set.x.data[r * columns.length + at]);
}

/** Whole groups in the order that the seed drew, until a part has as many examples as were asked for. */
function splitGroups(groups: readonly unknown[], { valid, test }: { valid: number; test: number }, seed: number): Rows {
  const names = [...new Set(groups)];
  const members = new Map<unknown, number[]>(names.map((name) => [name, []]));
  for (const [row, group] of groups.entries()) members.get(group)?.push(row);
  const drawn = Array.from(permutation(seed, SPLIT_STREAM, 1, names.length), (i) => names[i]);
  const take = (count: number): number[] => {
    const rows: number[] = [];
    // the group that comes nearer to the count with than without
    while (rows.length < count && drawn.length > 0) {
      const next = members.get(drawn[0]) as number[];
      if (rows.length > 0 && rows.length + next.length - count > count - rows.length) break;
      rows.push(...next);
      drawn.shift();
    }
    return rows;
  };
  const parts = { test: take(test), valid: take(valid), train: drawn.flatMap((name) => members.get(name) as number[]) };
  const empty = (["train", "valid", "test"] as const).find(
    (part) => parts[part].length === 0 && { train: 1, valid, test }[part] > 0,
  );
  if (empty === undefined) return parts;
  throw new ConfigError(
    `split: ${names.length} group${names.length === 1 ? "" : "s"} leave no ${{ train: "training", valid: "validation", test: "test" }[empty]} examples; groups stay whole, so ask for less or take smaller groups`,
  );
}

/**
 * Rows of each part as they lie, training first and test last. Neighbouring parts leave out `gap` rows between them, which
 * share something with both. Throws ConfigError when a part would be empty.
 */
export function splitInOrder(set: Dataset, given: SplitOptions, gap: number): Rows {
  const { valid, test, stratify, groups } = checked(given, set.size, gap);
  if (groups !== null) throw new ConfigError(`split: ${set.name} is split in its order, and groups would draw`);
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
    const option = valid >= test ? "valid" : "test";
    throw new ConfigError(`split: valid ${valid} and test ${test}${between} leave none of ${n} examples to train on`, {
      fault: { kind: "conflict", where: "split", option },
    });
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
      throw new ConfigError(`split: ${part} = ${amount} is neither a fraction nor a whole number`, {
        fault: { kind: "range", where: "split", option: part, range: "[0, 1)" },
      });
    return amount;
  }
  const count = Math.round(amount * n);
  if (amount > 0 && count === 0) {
    throw new ConfigError(`split: ${part} = ${amount} of ${n} examples is none; give a count, as ${part}: 1`);
  }
  return count;
}
