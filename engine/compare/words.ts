import { count, plusMinus, significant } from "../plots/format.ts";
import type { Compared, Comparison } from "./comparison.ts";
import { type Difference, isBeyondNoise } from "./difference.ts";
import type { SingleDifference } from "./noise.ts";
import { differ, type PairedDifference } from "./sameExamples.ts";

/** What the comparison comes to, in a sentence that claims no more than is known. */
export function verdictOf(found: Comparison): string {
  const { groups, figure, difference } = found;
  const [best, second] = groups;
  if (!best) return "no run";
  if (!second) return alone(found, best);
  if (Number.isNaN(best.mean)) return `none of ${count(groups.length, "group")} ended with a finite ${figure.name}`;
  if (Number.isNaN(second.mean)) {
    return list(`${best.label}: ${figure.name} ${spreadOf(best)}`, "no other ended with a finite one");
  }
  const digits = difference ? digitsOf(difference) : null;
  // three digits of a figure at least, however wide the interval
  const least = 3 - Math.ceil(Math.log10(Math.max(1e-9, Math.abs(best.mean))));
  const shown = (v: number) => (digits === null ? significant(v) : fixed(v, Math.min(12, Math.max(digits, least, 0))));
  const head =
    best.mean === second.mean
      ? `${best.label} and ${second.label} end alike: ${figure.name} ${shown(best.mean)}`
      : `${best.label} ends best: ${figure.name} ${shown(best.mean)} against ${shown(second.mean)} of ${second.label}`;
  if (difference === null) {
    return list(head, "one run each: whether that is more than noise cannot be told", "train several seeds of each");
  }
  if (difference.by === "single runs") return list(head, ...ofSingles(difference as SingleDifference, found));
  if (difference.by === "same examples") {
    return list(head, ...ofSameExamples(difference as PairedDifference, [best.label, second.label]));
  }
  const [a, b] = [best, second].map(({ finals }) => finals.filter((v) => !Number.isNaN(v)).length) as [number, number];
  const seeds = a === b ? `over ${count(a, seedWord(best))}` : `over ${a} and ${b} ${seedWord(best)}s`;
  const assumed = difference.by === "seeds of one side" ? `, if single runs vary as the others do` : "";
  const test = { "paired seeds": "paired t", seeds: "Welch's t" }[difference.by as string] ?? "Student's t";
  const interval = `95 % interval of the difference ${intervalOf(difference)} ${seeds} (${test})${assumed}`;
  const alike = [best, second].every((group) => group.seeds.length === 1 || seedWord(group) === "seed");
  return isBeyondNoise(difference)
    ? list(
        head,
        alike
          ? `more than the seeds explain: ${interval}`
          : `more than how runs of one group differ explains: ${interval}`,
      )
    : list(
        head,
        `the difference is within noise: ${interval}`,
        ...(Math.min(a, b) < 3 ? ["3 or more of each would say more"] : []),
      );
}

/** Sentences that stand for themselves. */
const list = (...said: string[]): string => said.join("; ");

/** "−0.002 .. 0.007". */
export function intervalOf(difference: Pick<Difference, "low" | "high">): string {
  const digits = digitsOf(difference);
  return `${fixed(difference.low, digits)} .. ${fixed(difference.high, digits)}`;
}

/** What runs of one group end with: their mean and deviation. */
export const spreadOf = ({ mean, std }: Pick<Compared, "mean" | "std">): string => plusMinus(mean, std);

function ofSingles({ low, high, parts, ...rest }: SingleDifference, { figure }: Comparison): string[] {
  const half = fixed((high - low) / 2, digitsOf({ low, high }));
  const known = parts.map((part) =>
    part === "validation set"
      ? `${count(figure.examples ?? 0, "validation example")}`
      : "the ups and downs of the last epochs",
  );
  return isBeyondNoise({ low, high, ...rest })
    ? [
        `one run each: more than ${known.join(" and ")} explain (±${half} at 95 %)`,
        "what other seeds would give is not known",
      ]
    : [`one run each: the difference is within noise: ${known.join(" and ")} alone are good for ±${half} at 95 %`];
}

function ofSameExamples(found: PairedDifference, [first, second]: readonly [string, string]): string[] {
  const { examples, onlyFirst, onlySecond, p } = found;
  const split = `of ${count(examples, "validation example")}, ${onlyFirst} only ${first} gets right and ${onlySecond} only ${second}`;
  const test = `McNemar's exact test, p = ${p < 1e-4 ? "below 0.0001" : Number(p.toPrecision(2))}, 95 % interval ${intervalOf(found)}`;
  return differ(found)
    ? [
        `one run each: more than the choice of examples explains: ${split} (${test})`,
        "what other seeds would give is not known",
      ]
    : [`one run each: the difference is within noise: ${split} (${test})`];
}

function alone({ figure }: Comparison, best: Compared): string {
  const { finals } = best;
  if (finals.length === 1) return `${best.label}: ${figure.name} ${significant(best.median)}`;
  const outlier = beats(best, figure.better);
  return `${figure.name} ${spreadOf(best)} over ${count(finals.length, seedWord(best))}, from ${significant(best.low)} to ${significant(best.high)}${outlier ? `; ${outlier}` : ""}`;
}

/** Runs of one group that differ in more than their seed have some seed twice. */
const seedWord = ({ seeds }: Compared): string =>
  seeds.length > 1 && new Set(seeds).size === seeds.length ? "seed" : "run";

/** A best seed that stands out: as far from the median as three deviations of the others. */
function beats({ finals, median }: Compared, better: "higher" | "lower"): string {
  const sound = finals.filter((v) => !Number.isNaN(v));
  if (sound.length < 4) return "";
  const best = better === "higher" ? Math.max(...sound) : Math.min(...sound);
  const rest = sound.filter((v) => v !== best);
  // two that end alike are no outlier
  if (rest.length < sound.length - 1) return "";
  const mean = rest.reduce((a, b) => a + b, 0) / rest.length;
  const std = Math.sqrt(rest.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, rest.length - 1));
  return std > 0 && Math.abs(best - mean) > 3 * std && best !== median
    ? `one seed found a better minimum: ${significant(best)}`
    : "";
}

/** Decimals that show an interval's width with two digits. */
function digitsOf({ low, high }: Pick<Difference, "low" | "high">): number {
  const width = high - low > 0 ? high - low : Math.abs(high);
  if (!(width > 0) || !Number.isFinite(width)) return 4;
  return Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(width))));
}

const fixed = (v: number, digits: number): string =>
  v
    .toFixed(digits)
    .replace(/^-(?=.*[1-9])/, "−")
    .replace(/^-/, "");
