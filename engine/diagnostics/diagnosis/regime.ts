import type { Evidence } from "./evidence/evidence.ts";
import type { Judged } from "./judge.ts";
import { learned } from "./standing.ts";

/** The four shapes of a loss curve by its learning rate, as CS231n draws them. */
export type Regime = "very high" | "high" | "low" | "good";

/**
 * Which rate the curve looks like: very high climbs, high falls fast and then settles too high, low is nearly straight, good falls and
 * flattens where it should. Null when something else is wrong, so that the rate cannot be told from the shape.
 */
export function regimeOf(evidence: Evidence, judged: readonly Judged[]): Regime | null {
  const { ran, initial } = evidence;
  if (!ran?.curve) return null;
  const found = (rule: string) => judged.some(({ finding }) => finding.rule === rule);
  if (found("diverging") || (found("rate-too-high") && ran.curve.end > initial.loss)) return "very high";
  if (found("rate-too-high")) return "high";
  if (found("rate-too-low")) return "low";
  return judged.length === 0 && learned(evidence) !== false ? "good" : null;
}
