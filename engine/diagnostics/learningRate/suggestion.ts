import { significant } from "../../plots/format.ts";
import { median } from "../../tensor/median.ts";
import { fallOf } from "./falls.ts";
import { finds, type RangeCurve, type RuleName, ruleNames, rules, trimmed } from "./rules.ts";

/** What may be recommended: what one rule says, or what lies between all of them. */
export const suggestionNames = ["consensus", ...ruleNames] as const;

export type SuggestionName = (typeof suggestionNames)[number];

export interface Advice {
  /** What each rule says, or null. */
  readonly suggestions: Readonly<Record<RuleName, number | null>>;
  /** The recommended rate and where it comes from; null when nothing can be recommended. */
  readonly suggestion: number | null;
  readonly rule: SuggestionName | null;
  /** Why this rate, or why there is none. */
  readonly reason: string;
}

/** Fewer losses than this between the ends of a test say nothing. */
const FEWEST = 4;

/**
 * What to recommend after a range test of `planned` steps: rules look at the smoothed losses, whether anything falls is
 * asked of the raw ones. `finite` is false when the test ended at a value that is not finite, `trained` true when it began from a
 * run's weights.
 */
export function advise(
  { lr, loss, smoothed }: { lr: readonly number[]; loss: readonly number[]; smoothed: readonly number[] },
  { planned, finite, prefer, trained }: { planned: number; finite: boolean; prefer: SuggestionName; trained: boolean },
): Advice {
  const inner = trimmed({ lr, loss: smoothed }, planned, finite);
  if (inner.loss.length < FEWEST) {
    return noAdvice(
      `too few steps have a finite loss (${loss.length}), as both ends of a test are left out; ${
        loss.length < planned ? "start lower: startLr" : "take more: steps: 100"
      }`,
    );
  }
  const { start, lowest, falls } = fallOf(loss);
  if (!falls) {
    const from = `from ${significant(start)} to ${significant(lowest)} at its lowest, no more than batches differ by`;
    const rises = (smoothed.at(-1) as number) > 1.5 * start || !finite;
    const cure = trained
      ? "these weights are trained, and it may have nothing left to fall by; ask the experiment for a test from its initial weights"
      : rises
        ? "it only rises: take more steps, begin lower with startLr, or look at the scale of the inputs"
        : (lr.at(-1) as number) < 1
          ? "raise endLr or take more steps"
          : "look at the data and, with inspect.initialization(), at the initial weights, or take more steps";
    return noAdvice(`the loss never falls (${from}): ${cure}`);
  }
  const suggestions = Object.fromEntries(
    ruleNames.map((name) => [name, finds(name, inner) ? rules[name](inner) : null]),
  ) as Advice["suggestions"];
  const middle = consensus(suggestions);
  const own = prefer === "consensus" ? middle : suggestions[prefer];
  const both = suggestions.valley !== null && suggestions.minimum !== null;
  const told = (rule: SuggestionName) =>
    rule === "consensus" ? (both ? meanings[rule] : "between the rules that find one") : `${rule}: ${meanings[rule]}`;
  if (own !== null) return { suggestions, suggestion: own, rule: prefer, reason: told(prefer) };
  return {
    suggestions,
    suggestion: middle,
    rule: middle === null ? null : "consensus",
    reason: `${prefer} finds nothing on this curve; ${middle === null ? "nor do the others" : told("consensus")}`,
  };
}

/** Nothing to recommend, and why. */
export const noAdvice = (reason: string): Advice => ({
  suggestions: { valley: null, steep: null, minimum: null, slide: null },
  suggestion: null,
  rule: null,
  reason,
});

const meanings: Readonly<Record<SuggestionName, string>> = {
  consensus: "halfway between valley and minimum",
  valley: "on the way down the longest valley",
  steep: "the steepest fall",
  minimum: "a tenth of the rate with the lowest loss",
  slide: "the last rate before the slope changes for good",
};

/**
 * Halfway, on a log axis, between valley, which lies on the way down and is rather low for plain gradient descent, and minimum, which lies
 * near the edge and is rather high for Adam, whose steps keep their length. Where one of them finds nothing, the median of the others.
 */
export function consensus(suggestions: Readonly<Record<RuleName, number | null>>): number | null {
  const { valley, minimum } = suggestions;
  if (valley !== null && minimum !== null && valley > 0 && minimum > 0) return Math.sqrt(valley * minimum);
  const known = Object.values(suggestions).filter((r): r is number => r !== null && r > 0);
  return known.length === 0 ? null : Math.exp(median(known.map(Math.log).sort((a, b) => a - b)));
}

/** Of the losses from a rate on, how many are above where it began when that rate diverges. */
const ABOVE = 0.9;

/**
 * The first rate after the lowest loss from which on nearly all losses stay above where they began (by 5 %, as batches differ); null when
 * there is none, or the last one when the test `ended` at a value that is not finite.
 */
export function divergesAt({ lr, loss }: RangeCurve, ended: boolean): number | null {
  const first = loss.slice(0, Math.max(1, Math.floor(loss.length / 10)));
  const mean = first.reduce((a, b) => a + b, 0) / first.length;
  const above = loss.map((l) => l > mean + 0.05 * Math.abs(mean));
  const lowest = loss.indexOf(Math.min(...loss));
  let [count, found] = [0, -1];
  for (let i = loss.length - 1; i > lowest; i--) {
    if (above[i]) count += 1;
    if (above[i] && count >= ABOVE * (loss.length - i)) found = i;
  }
  if (found >= 0) return lr[found] as number;
  return ended ? (lr.at(-1) ?? null) : null;
}
