/** An interval written as in mathematics, `[0, inf)` or `(0, 1]`: the text is the declaration, the error and the documentation. */
export interface Range {
  readonly text: string;
  contains(x: number): boolean;
}

const INTERVAL = /^([[(])\s*(\S+)\s*,\s*(\S+)\s*([\])])$/;

/** Reads an interval. Throws when the text is not one: a slip in a declaration, found when its file is loaded. */
export function range(text: string): Range {
  const [, open, lo, hi, close] = INTERVAL.exec(text) ?? [];
  const low = bound(lo);
  const high = bound(hi);
  if (!(low <= high)) throw new Error(`range "${text}" is not an interval such as "[0, inf)"`);
  return {
    text,
    // NaN fails both comparisons, so no interval contains it
    contains: (x) => (open === "[" ? x >= low : x > low) && (close === "]" ? x <= high : x < high),
  };
}

function bound(text: string | undefined): number {
  if (text === "inf") return Infinity;
  return text === "-inf" ? -Infinity : Number(text);
}
