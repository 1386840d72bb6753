import type { Evidence } from "../evidence/evidence.ts";
import { defineRule, type Try, type Verdict } from "../rule.ts";
import { largestDropout, wholeRun } from "../standing.ts";
import { num, percent, rounded } from "../words.ts";

/** A short training without weight decay must end this far below the whole run. */
const BETTER = 0.7;
/** Dropping more leaves fewer than one unit in five: Srivastava et al. find the best at 0.2 to 0.6, and harm above. */
const DROPPED = 0.8;

export const overRegularized = defineRule({
  name: "over-regularized",
  title: "training is held down too much",
  summary:
    "A short training from the same weights without weight decay, at the same rate, ends at a loss below 70 % of what the whole run came to; or a layer drops over 80 % of its inputs and the loss of training, with dropout, is over twice that of the same examples without it and above a quarter of that of a network that knows nothing.",
  why: "Weight decay pulls every weight towards 0 at each step, and dropout hides units: what is meant to keep a network from learning by heart keeps it from learning at all when it is stronger than the loss.",
  paper:
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 7.1; Srivastava et al. 2014, Dropout, section 7.3",
  explains: [
    "underfitting",
    "plateau",
    "rate-too-low",
    "rate-too-high",
    "vanishing-gradients",
    "dead-relu",
    "ill-conditioned",
    "class-imbalance",
    "loss-spike",
    "noisy-validation",
  ],
  judge: (evidence): Verdict | null => {
    const found = decay(evidence) ?? dropout(evidence);
    return found && { ...found, where: wholeRun(evidence) };
  },
});

type Found = Pick<Verdict, "title" | "saw" | "tries" | "severity">;

function decay({ ran, initial, experiment }: Evidence): Found | null {
  const free = ran?.trials.undecayed;
  const { weightDecay } = experiment.config.optimizer.options as { weightDecay?: number };
  if (!ran?.curve || !free?.finite || !weightDecay) return null;
  const { end, noise, loss } = ran.curve;
  // twice the standard error of a median of so many batches
  const chance = (2 * 1.25 * noise) / Math.sqrt(Math.max(1, loss.length / 10));
  if (!(free.end < BETTER * end && end - free.end > chance)) return null;
  return {
    severity: end > 0.5 * initial.loss ? "error" : "warning",
    title: "weight decay is too strong",
    saw: `with weightDecay = ${num(weightDecay)} the run came to a loss of ${num(end)} in ${ran.run.steps} steps; without it a short training comes to ${num(free.end)} in ${free.steps}, from the same weights at the same rate (${num(initial.loss)} at first)`,
    tries: [
      { text: `set weightDecay to ${num(rounded(Math.min(0.01, weightDecay / 100)))} in place of ${num(weightDecay)}` },
      { text: "leave weightDecay out until the network overfits" },
    ],
  };
}

function dropout({ ran, expected, experiment }: Evidence): Found | null {
  const p = largestDropout(experiment.config.model.layer);
  if (!ran?.curve || p <= DROPPED) return null;
  const [dropped, whole] = [ran.curve.end, ran.outcome.train.loss];
  if (!(dropped > 2 * whole || whole > 0.5 * expected.value) || !(dropped > 0.25 * expected.value)) return null;
  const tries: Try[] = [
    { text: "set it to nn.dropout(0.5) or less: 0.5 for wide layers, 0.2 for narrow ones" },
    { text: "leave dropout out until the network overfits" },
  ];
  return {
    severity: whole > 0.5 * expected.value ? "error" : "warning",
    title: "dropout is too strong",
    saw: `dropout switches ${percent(p)} of a layer's outputs off; the training loss is ${num(dropped)} with it and ${num(whole)} without it (${num(expected.value)} knows nothing)`,
    tries,
  };
}
