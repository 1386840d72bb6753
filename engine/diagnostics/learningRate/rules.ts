/** The ways to read a learning rate off a range test. */
export const ruleNames = ["valley", "steep", "minimum", "slide"] as const;

export type RuleName = (typeof ruleNames)[number];

/** Rates and losses of a range test, of one length, in the order of the test. */
export interface RangeCurve {
  readonly lr: readonly number[];
  readonly loss: readonly number[];
}

type Rule = (curve: RangeCurve) => number | null;

/**
 * The rules of fastai 2 (fastai/callback/schedule.py, SuggestionMethod) over smoothed losses without the ends: see `trimmed`. Each
 * gives a rate, or null where the curve has too few points; as in fastai also one on a curve without what it looks for: see `finds`.
 */
export const rules: Readonly<Record<RuleName, Rule>> = { valley, steep, minimum, slide };

/** Whether a curve has what a rule looks for: a valley of three losses or more, any fall at all; the others ask for nothing. */
export function finds(name: RuleName, { loss }: RangeCurve): boolean {
  if (name === "valley") return longestValley(loss).length >= 3;
  return name !== "steep" || loss.some((l, i) => l < (loss[i - 1] as number));
}

/**
 * The part of a test that rules look at: fastai's [n / 10 : -5] for a test of n planned steps (the loss of the first is
 * smoothed over too little, that of the last already diverges). Tests of fewer than 25 steps lose a fifth at the end; one that
 * ended at a value which is not finite loses nothing more than what is missing anyway.
 */
export function trimmed({ lr, loss }: RangeCurve, planned: number, finite = true): RangeCurve {
  const tail = Math.min(5, Math.floor(planned / 5));
  const end = finite ? loss.length - tail : Math.min(loss.length, planned - tail);
  const from = Math.floor(planned / 10);
  return { lr: lr.slice(from, Math.max(from, end)), loss: loss.slice(from, Math.max(from, end)) };
}

/**
 * Halfway between a third and two thirds down the longest valley: the longest decreasing subsequence. As fastai has it the valley
 * begins as many places before its end as it has members.
 */
function valley({ lr, loss }: RangeCurve): number | null {
  if (loss.length === 0) return null;
  const { end, length } = longestValley(loss);
  const third = length / 3;
  return lr[Math.max(0, end - length + Math.floor(third) + Math.floor(third / 2))] as number;
}

/** Where the longest decreasing subsequence ends (the first of them), and its length. */
function longestValley(loss: readonly number[]): { end: number; length: number } {
  const lengths = new Array<number>(loss.length).fill(1);
  let end = 0;
  for (let i = 1; i < loss.length; i++) {
    for (let j = 0; j < i; j++) {
      const longer = (lengths[j] as number) + 1;
      if ((loss[i] as number) < (loss[j] as number) && (lengths[i] as number) < longer) lengths[i] = longer;
    }
    if ((lengths[end] as number) < (lengths[i] as number)) end = i;
  }
  return { end, length: lengths[end] ?? 0 };
}

/** Where the loss falls most for a factor in the rate. */
function steep({ lr, loss }: RangeCurve): number | null {
  const slopes = loss
    .slice(1)
    .map((l, i) => (l - (loss[i] as number)) / Math.log((lr[i + 1] as number) / (lr[i] as number)));
  const at = slopes.indexOf(Math.min(...slopes));
  return at < 0 ? null : (lr[at] as number);
}

/** A tenth of the rate with the lowest loss. */
function minimum({ lr, loss }: RangeCurve): number | null {
  const at = loss.indexOf(Math.min(...loss));
  return at < 0 ? null : (lr[at] as number) / 10;
}

/** Places between the two slopes that `slide` compares, and how far apart they may be. */
const SLIDE = 15;
const SLIDE_DIFFERENCE = 0.005;

/**
 * From the end of the test an interval slides back for as long as the slopes at its two ends differ: the rate at its left end when
 * it stops. Slopes are differences per step, halved and central as NumPy's gradient.
 */
function slide({ lr, loss }: RangeCurve): number | null {
  const n = loss.length;
  if (n <= SLIDE) return null;
  const at = (i: number) => loss[i] as number;
  const slopes = loss.map((_, i) => {
    if (i === 0) return at(1) - at(0);
    return i === n - 1 ? at(n - 1) - at(n - 2) : (at(i + 1) - at(i - 1)) / 2;
  });
  let right = n - 1;
  let found = lr[right - SLIDE] as number;
  while (right - SLIDE >= 0) {
    const left = right - SLIDE;
    if (!(Math.abs((slopes[right] as number) - (slopes[left] as number)) > SLIDE_DIFFERENCE)) break;
    found = lr[left] as number;
    right -= 1;
  }
  return found;
}
