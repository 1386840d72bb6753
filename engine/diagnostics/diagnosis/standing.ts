import type { Evidence } from "./evidence/evidence.ts";

/** What simple methods reach on the training examples: the vote of nearest neighbours; for values linear least squares or their mean. */
export function baseline({ data }: Evidence): { readonly score: number; readonly by: string } | null {
  if (data.neighbours) {
    return {
      score: data.neighbours.accuracy,
      by: `the vote of ${data.neighbours.neighbours} nearest neighbours is right for`,
    };
  }
  const [linear, near] = [data.linearR2, data.neighbourR2];
  if (near !== null && near > (linear ?? 0)) return { score: near, by: "the mean of 10 nearest neighbours explains" };
  return linear === null ? null : { score: linear, by: "linear least squares explains" };
}

/** Whether training came to what a simple method reaches, less a twentieth; null when that cannot be told. */
export function learned(evidence: Evidence): boolean | null {
  const { ran } = evidence;
  const simple = baseline(evidence);
  const score = ran?.outcome.train.score ?? null;
  if (!ran || simple === null || score === null) return null;
  return ran.run.stopped !== "non-finite" && score >= simple.score - 0.05;
}

/** True when training broke off, climbed, or came to much less than a simple method does. */
export function failed(evidence: Evidence): boolean {
  const { ran, initial } = evidence;
  if (!ran) return false;
  if (ran.run.stopped === "non-finite") return true;
  const simple = baseline(evidence);
  const score = ran.outcome.train.score;
  if (simple !== null && score !== null) return score < simple.score - 0.2;
  return ran.curve !== null && ran.curve.end > 0.9 * initial.loss;
}

/** First and last step of a run, for its mark. */
export function wholeRun({ ran }: Evidence): { steps?: readonly [number, number] } {
  const steps = ran?.curve?.steps;
  return steps ? { steps: [steps[0] as number, steps.at(-1) as number] } : {};
}

/** The largest share that a layer drops. */
export function largestDropout(layer: { type: string; options: Readonly<Record<string, unknown>> }): number {
  if (layer.type === "dropout" || layer.type === "alphaDropout") return Number(layer.options.p ?? 0);
  const inner = layer.options.layers;
  if (typeof inner !== "object" || inner === null) return 0;
  return Object.values(inner as Record<string, typeof layer>).reduce((most, l) => Math.max(most, largestDropout(l)), 0);
}
