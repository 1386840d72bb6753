import { defineRule, type Verdict } from "../rule.ts";
import { num, setRate } from "../words.ts";

export const lossSpike = defineRule({
  name: "loss-spike",
  title: "the loss jumps as at a cliff",
  summary:
    "Three steps or more whose loss is over five times the median of the 20 steps before, ten of their deviations above it and over that of the first weights; or one that the run did not recover from.",
  why: "At a cliff of the loss one step is as long as a thousand others and throws the weights far away, undoing what was learnt.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 8.2.4",
  explains: ["noisy-validation"],
  judge: (evidence): Verdict | null => {
    const { ran, initial } = evidence;
    if (!ran?.curve) return null;
    const { spikes, end, best } = ran.curve;
    const tall = spikes.filter(({ from, to }) => to > 5 * from && to > initial.loss);
    const [worst] = tall;
    const lost = tall.some(({ from }) => end > 3 * from) && end > 3 * best;
    if (!worst || (tall.length < 3 && !lost)) return null;
    return {
      severity: lost ? "error" : "warning",
      saw: `at step ${worst.step} the loss went from ${num(worst.from)} to ${num(worst.to)}${tall.length > 1 ? `, and so it did ${tall.length - 1} more times` : ""}${lost ? `; it ended at ${num(end)}` : ""}`,
      tries: [
        { text: "clip gradients: clip: { norm: 1 }" },
        setRate(evidence, ran.lr / 3),
        { text: "look at the batch of that step: one example may be far from all others" },
      ],
      where: { steps: [Math.min(...tall.map((s) => s.step)), Math.max(...tall.map((s) => s.step))] },
    };
  },
});
