import { median } from "../../../tensor/median.ts";
import type { Evidence } from "../evidence/evidence.ts";
import { defineRule, type Verdict } from "../rule.ts";
import { wholeRun } from "../standing.ts";
import { num, percent } from "../words.ts";

/** Clipping is for the rare long gradient: in over half of all steps, to under a third of its length, it is a rate. */
const STEPS = 0.5;
const TIMES = 3;

export const clippedTooOften = defineRule({
  name: "clipped-too-often",
  title: "gradients are clipped in most steps",
  summary:
    "Over half of the steps had a gradient above clip.norm, and half of those were over three times as long; or, for clip.value, over a fifth of the gradient's elements lie above it before and after training.",
  why: "A gradient that is always cut to one length says its direction only: for plain gradient descent the clip is then the learning rate, and the loss falls no faster where it is steep.",
  paper:
    "Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, section 3.2; Zhang, He, Sra & Jadbabaie 2020, arXiv:1905.11881",
  explains: ["rate-too-low", "plateau", "underfitting", "class-imbalance", "ill-conditioned"],
  judge: (evidence): Verdict | null => {
    const seen = clippedShare(evidence);
    if (!seen || !evidence.ran) return null;
    return {
      severity: "warning",
      saw: seen.saw,
      tries: [
        { text: `raise the limit to where the longest tenth lies: ${seen.suggestion}` },
        { text: "or leave clip out, and lower the learning rate if the loss then jumps" },
        { text: "mind why gradients are long: scale inputs and targets, check the initial loss" },
      ],
      where: wholeRun(evidence),
    };
  },
});

function clippedShare({ experiment, ran, initial }: Evidence): { saw: string; suggestion: string } | null {
  const { norm, normType = 2, value } = experiment.config.clip;
  if (norm !== undefined && ran?.curve) {
    const lengths =
      normType === 2
        ? ran.curve.gradientNorm.filter((g) => !Number.isNaN(g))
        : [initial, ran.final].map((p) => lengthOf(p.gradient, normType));
    const over = lengths.filter((g) => g > norm);
    const times = median(over) / norm;
    if (over.length === 0 || over.length / lengths.length < STEPS || times < TIMES) return null;
    const sorted = [...lengths].sort((a, b) => a - b);
    const tenth = sorted[Math.floor(0.9 * (sorted.length - 1))] as number;
    return {
      saw: `${percent(over.length / lengths.length)} of the gradients were longer than clip.norm = ${num(norm)}, half of those over ${num(times)} times (median ${num(median(over))})`,
      suggestion: `clip: { norm: ${num(tenth)} }`,
    };
  }
  if (value === undefined || !ran) return null;
  const share = (g: Float32Array) =>
    g.filter((v) => Math.abs(v) > value).length / Math.max(1, g.filter((v) => v !== 0).length);
  const [before, after] = [share(initial.gradient), share(ran.final.gradient)];
  if (before < 0.2 || after < 0.2) return null;
  const sizes = [...initial.gradient].map(Math.abs).sort((a, b) => a - b);
  return {
    saw: `${percent(before)} of the gradient's elements lay above clip.value = ${num(value)} before training, ${percent(after)} after it`,
    suggestion: `clip: { value: ${num(sizes[Math.floor(0.99 * (sizes.length - 1))] as number)} }`,
  };
}

const lengthOf = (g: Float32Array, p: number | "inf"): number =>
  p === "inf"
    ? g.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
    : g.reduce((s, v) => s + Math.abs(v) ** p, 0) ** (1 / p);
