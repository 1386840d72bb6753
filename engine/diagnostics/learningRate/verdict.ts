/** What becomes of a loss at one rate. */
export const verdicts = ["slow", "good", "high", "diverging"] as const;

export type Verdict = (typeof verdicts)[number];

/** A rate is good when its loss has fallen by this part of what the best one's has ... */
const GOOD = 0.8;
/** ... and by this part of where it began. */
const LEAST_FALL = 0.02;
/** It diverges above its beginning by this part of it (batches differ) and this part of the best one's fall. */
const NOISE = 0.05;
const RISE = 0.1;

export const verdictRule =
  "good: falls by at least 80 % of what the best rate does; slow: less, at a lower rate; high: less, at a higher one; diverging: ends clearly above where it began, or not finite";

/**
 * The verdict on each rate, lowest first, by where its loss ends (Infinity when it is not finite); `best` is the place of the lowest, or
 * -1 when all diverge.
 */
export function judge(ends: readonly number[], start: number): { best: number; verdicts: Verdict[] } {
  const lowest = Math.min(...ends.filter(Number.isFinite));
  const fall = Math.max(0, start - lowest);
  const limit = start + NOISE * Math.abs(start) + RISE * fall;
  const best = lowest <= limit ? ends.indexOf(lowest) : -1;
  return {
    best,
    verdicts: ends.map((end, i): Verdict => {
      if (!(end <= limit)) return "diverging";
      const own = start - end;
      if (own >= GOOD * fall && own >= LEAST_FALL * Math.abs(start)) return "good";
      return i <= best ? "slow" : "high";
    }),
  };
}
