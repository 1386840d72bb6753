import type { Finding } from "../../protocol/index.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Rule, Verdict } from "./rule.ts";
import { rules } from "./rules/all.ts";

/** A finding with where its evidence lies and whose symptom it is. */
export interface Judged {
  readonly finding: Finding;
  readonly where: NonNullable<Verdict["where"]>;
  /** Name of the rule that explains it; null for a cause. */
  readonly explainedBy: string | null;
}

const ORDER = ["error", "warning", "info"];

/**
 * All rules over the evidence. Causes come first, errors before warnings and, where they weigh the same, in the order of the
 * rules; what follows from one of them is listed after them as information, with its name.
 */
export function judge(evidence: Evidence, list: readonly Rule[] = rules): Judged[] {
  const fired = list.flatMap((rule, place) => {
    const verdict = rule.judge(evidence);
    return verdict ? [{ rule, verdict, place }] : [];
  });
  const explains = (cause: (typeof fired)[number], symptom: Rule): boolean => {
    const names = cause.verdict.explains ?? cause.rule.explains ?? [];
    return cause.rule !== symptom && (names.includes("*") || names.includes(symptom.name));
  };
  const causes: typeof fired = [];
  const symptoms = new Map<(typeof fired)[number], (typeof fired)[number]>();
  // a cause is never the symptom of a later rule that it explains itself
  for (const one of fired) {
    const above = fired.find(
      (other) => explains(other, one.rule) && !(explains(one, other.rule) && one.place < other.place),
    );
    if (above) symptoms.set(one, above);
    else causes.push(one);
  }
  const root = (one: (typeof fired)[number]): (typeof fired)[number] => {
    const seen = new Set([one]);
    let at = one;
    for (let above = symptoms.get(at); above && !seen.has(above); above = symptoms.get(at)) {
      seen.add(above);
      at = above;
    }
    return at;
  };
  causes.sort((a, b) => ORDER.indexOf(a.verdict.severity) - ORDER.indexOf(b.verdict.severity) || a.place - b.place);
  let mark = 0;
  const told = ({ rule, verdict }: (typeof fired)[number], above: Rule | null): Judged => {
    const where = verdict.where ?? {};
    const marked = where.steps !== undefined || (where.layers?.length ?? 0) > 0;
    if (marked) mark += 1;
    return {
      finding: {
        rule: rule.name,
        severity: above ? "info" : verdict.severity,
        title: verdict.title ?? rule.title,
        saw: above ? `${verdict.saw}; explained by: ${above.title}` : verdict.saw,
        why: above ? "" : rule.why,
        tries: above ? [] : verdict.tries,
        ...(marked ? { mark } : {}),
        ...(rule.paper && !above ? { paper: rule.paper } : {}),
      },
      where,
      explainedBy: above?.name ?? null,
    };
  };
  const followers = fired.filter((one) => symptoms.has(one));
  return [...causes.map((one) => told(one, null)), ...followers.map((one) => told(one, root(one).rule))];
}
