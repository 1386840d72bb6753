import { defineRule, type Verdict } from "../rule.ts";
import { wholeRun } from "../standing.ts";
import { findRate, num, percent, scaledSteps, setRate } from "../words.ts";

/** Share of the way that a run at a good rate covers at least. */
const COVERED = 0.3;
/** Share of the longest way that a rate is to cover to be recommended. */
const MOST = 0.9;

export const rateTooLow = defineRule({
  name: "rate-too-low",
  title: "the learning rate is too low",
  summary:
    "In its whole length the run covered under 30 % of the way that a short training from the same weights covers at 10, 100, 1,000 ... times the rate in no more steps.",
  why: "Each step takes the loss down by about the rate times the squared gradient: with a rate far below what the loss allows, training is the same, only that much longer.",
  paper: "Bengio 2012, arXiv:1206.5533, section 3.1",
  explains: ["plateau", "underfitting", "class-imbalance", "ill-conditioned", "noisy-validation"],
  judge: (evidence): Verdict | null => {
    const { ran, initial } = evidence;
    if (!ran?.curve || ran.run.stopped === "non-finite") return null;
    const { curve, lr, run } = ran;
    const finite = ran.trials.higher.filter((t) => t.finite && t.steps <= run.steps);
    const lowest = Math.min(...finite.map((t) => t.end));
    // of rates that do about as well, the smallest: it is the furthest from where training breaks
    const enough = lowest + (1 - MOST) * Math.max(0, initial.loss - lowest);
    const best = finite.filter((t) => t.end <= enough).sort((a, b) => a.factor - b.factor)[0];
    if (!best || !(best.end < curve.end)) return null;
    const covered = (initial.loss - curve.end) / (initial.loss - best.end);
    // a gain that is no more than the spread of batches is none
    if (!(covered < COVERED) || initial.loss - best.end < Math.max(0.02 * initial.loss, curve.noise)) return null;
    if (curve.end > 1.05 * initial.loss) return null; // it climbs: no matter of small steps
    return {
      severity: covered < 0.1 ? "error" : "warning",
      saw: `at ${num(lr)} the loss went from ${num(initial.loss)} to ${num(curve.end)} in ${run.steps} steps, ${percent(Math.max(0, covered))} of the way that ${num(lr * best.factor)} takes it in ${best.steps}: to ${num(best.end)}`,
      tries: [setRate(evidence, lr * best.factor), findRate, ...scaledSteps(evidence)],
      where: wholeRun(evidence),
    };
  },
});
