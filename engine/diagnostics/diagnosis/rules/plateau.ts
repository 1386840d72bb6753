import { defineRule, type Verdict } from "../rule.ts";
import { baseline, learned } from "../standing.ts";
import { num, percent, scaledSteps, setRate } from "../words.ts";

export const plateau = defineRule({
  name: "plateau",
  title: "training sits on a plateau",
  summary:
    "Over the last quarter the loss fell by less than 2 %, it is above four fifths of the first loss, the network has two layers of weights or more, and training did not come halfway from chance to what a simple method reaches.",
  why: "Where the loss is flat gradients say little about where to go: plain steps of the same size do not get off it.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.3",
  explains: ["underfitting"],
  judge: (evidence): Verdict | null => {
    const { ran, initial } = evidence;
    if (!ran?.curve || learned(evidence) === true || ran.run.stopped === "non-finite") return null;
    // with one layer of weights the loss is convex: where it is flat is the best that it can do
    if (initial.layers.filter(({ kind }) => kind === "weights").length < 2) return null;
    // halfway from chance to a simple method it has moved, and is held back by something else
    const simple = baseline(evidence);
    const score = ran.outcome.train.score;
    const chance = evidence.data.labels?.most.share ?? 0;
    if (simple && score !== null && score > (chance + simple.score) / 2) return null;
    const { falling, end, steps } = ran.curve;
    if (!(Math.abs(falling) < 0.02) || end < 0.8 * initial.loss || steps.length < 20) return null;
    const from = steps[Math.floor(0.75 * steps.length)] as number;
    return {
      severity: "warning",
      saw: `the loss is ${num(end)} (${num(initial.loss)} at first) and ${falling < 0 ? "rose" : "fell"} by ${percent(Math.abs(falling))} over the last quarter; the gradient's norm is ${num(ran.final.gradientNorm)}, ${num(initial.gradientNorm)} at first`,
      tries: [
        setRate(evidence, ran.lr * 3),
        { text: "restart the rate: schedule.warmRestarts() gets off flat parts" },
        { text: "take other initial weights: another seed, or init.kaimingNormal()" },
        ...scaledSteps(evidence),
      ],
      where: { steps: [from, steps.at(-1) as number] },
    };
  },
});
