import type { Collector, Column, Statistics } from "./definition.ts";

/** Different values of each column among the training examples, ascending; a missing value is the last. */
export function collectSeen(columns: readonly Column[]): Collector {
  const seen = columns.map(() => new Set<number>());
  return {
    add: ({ count, width, data }) => {
      for (let i = 0; i < count * width; i++) seen[i % width]?.add(data[i] as number);
    },
    finish: () => Object.fromEntries(seen.map((values, c) => [String(c), Float64Array.from(values).sort()])),
  };
}

/** Those of column `c`. */
export const seenOf = (statistics: Statistics, c: number): Float64Array => statistics[String(c)] as Float64Array;

/** Places of the values of column `c` by value. */
export const placesOf = (statistics: Statistics, c: number): ReadonlyMap<number, number> =>
  new Map(Array.from(seenOf(statistics, c), (value, place) => [value, place]));

/** What a value of a column is called. */
export const labelOf = ({ categories }: Column, value: number): string =>
  Number.isNaN(value) ? MISSING : (categories?.[value] ?? String(value));

export const MISSING = "(missing)";
export const UNKNOWN = "(unknown)";
