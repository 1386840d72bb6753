import { hyperparameters } from "../../../optim/index.ts";
import type { Evidence } from "../evidence/evidence.ts";
import type { Trial } from "../evidence/trials.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { wholeRun } from "../standing.ts";
import { findRate, num, setRate } from "../words.ts";

/** A short training must end this far below the whole run to say that the rate was at fault. */
const BETTER = 0.7;
/** A loss that rose to so many times the first one was thrown there. */
const CLIMB = 2;

/** The trial at a lower rate that came furthest, when it tells that the run's rate was too high. */
export function betterLower({ ran, initial }: Evidence): Trial | null {
  if (!ran) return null;
  const finite = ran.trials.lower.filter((t) => t.finite).sort((a, b) => a.end - b.end);
  const [best] = finite;
  if (!best) return null;
  const { curve, run } = ran;
  // where the run broke off any progress is better
  if (run.stopped === "non-finite") return best.end < Math.max(initial.loss, best.loss[0] ?? 0) ? best : null;
  if (!curve) return null;
  const tail = Math.max(1, curve.loss.length / 10);
  // twice the standard error of a median of so many batches
  const chance = (2 * 1.25 * curve.noise) / Math.sqrt(tail);
  if (best.end < BETTER * curve.end && curve.end - best.end > chance) return best;
  if (!(curve.highest > CLIMB * initial.loss)) return null;
  const smooth = (t: Trial) => t.end < 0.5 * initial.loss && t.loss.every((l) => l < CLIMB * initial.loss);
  return finite.find(smooth) ?? null;
}

export const rateTooHigh = defineRule({
  name: "rate-too-high",
  title: "the learning rate is too high",
  summary:
    "A short training from the same weights at a tenth, a hundredth or a thousandth of the rate ends at a loss below 70 % of what the whole run came to, or makes progress where the run broke off, or goes down all the way where the run first climbed to twice the loss of the first weights.",
  why: "Steps longer than the valley is wide climb its walls: the loss jumps, swings or settles far above what the same network can reach, and units may be thrown where they never come back from.",
  paper: "LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.6; Bengio 2012, arXiv:1206.5533, section 3.1",
  explains: [
    "diverging",
    "dead-relu",
    "saturated-units",
    "loss-spike",
    "noisy-validation",
    "plateau",
    "underfitting",
    "overfitting",
    "loss-metric-divergence",
    "ill-conditioned",
    "batch-norm-gap",
    "clipped-too-often",
    "class-imbalance",
    "vanishing-gradients",
  ],
  judge: (evidence): Verdict | null => {
    const { ran, initial, experiment } = evidence;
    const best = betterLower(evidence);
    if (!ran || !best) return null;
    const { curve, lr, run } = ran;
    const reached =
      run.stopped === "non-finite"
        ? `broke off after ${run.steps} steps`
        : `came to a loss of ${num(curve?.end ?? Number.NaN)} in ${run.steps} steps`;
    const { lessMomentum } = ran.trials;
    const { momentum = 0 } = hyperparameters(experiment.config.optimizer);
    const steadier = lessMomentum?.finite === true && lessMomentum.end <= Math.max(best.end, 0.3 * initial.loss);
    const climbed = curve && curve.highest > 1.5 * initial.loss ? ` and rose to ${num(curve.highest)} on the way` : "";
    return {
      severity: run.stopped === "non-finite" || (curve?.end ?? 0) > 0.5 * initial.loss ? "error" : "warning",
      saw: `at ${num(lr)} the run ${reached}${climbed}; at ${num(lr * best.factor)} a short training comes to ${num(best.end)} in ${best.steps} steps, from the same weights (${num(initial.loss)} at first)${steadier ? `; so it does at ${num(lr)} with a momentum of 0.9: to ${num(lessMomentum.end)}. A momentum of ${num(momentum)} adds up ${num(1 / (1 - momentum))} steps` : ""}`,
      ...(steadier ? { title: "the momentum is too high for this rate" } : {}),
      tries: [
        ...(steadier ? [{ text: `set momentum to 0.9 in place of ${num(momentum)}` }] : []),
        setRate(evidence, lr * best.factor),
        findRate,
        { text: "warm up: schedule.oneCycle({ maxLr }) begins with small steps" },
        { text: "clip gradients: clip: { norm: 1 }" },
      ],
      where: wholeRun(evidence),
    };
  },
});
