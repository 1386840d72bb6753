import type { RunHistory } from "../../../protocol/index.ts";
import { median } from "../../../tensor/median.ts";

/** What the training curve of a run shows. Losses are medians over windows, so that no single batch decides. */
export interface CurveFacts {
  readonly steps: readonly number[];
  readonly loss: readonly number[];
  readonly smoothed: readonly number[];
  readonly lr: readonly number[];
  readonly gradientNorm: readonly number[];
  /** Of the first and the last tenth, and the lowest of the smoothed curve. */
  readonly start: number;
  readonly end: number;
  readonly best: number;
  readonly highest: number;
  readonly highestStep: number;
  /** Spread of a batch's loss around the smoothed curve in the last half: median absolute deviation, times 1.48. */
  readonly noise: number;
  /** Share of the loss that the last quarter of the run took away: (before - after) / before. */
  readonly falling: number;
  /** Sudden rises that stood out, largest first. */
  readonly spikes: readonly { readonly step: number; readonly from: number; readonly to: number }[];
}

/** Null for a run of fewer than four steps. */
export function curveFacts(history: RunHistory): CurveFacts | null {
  const loss = history.trainLoss;
  const n = loss.length;
  if (n < 4) return null;
  const smoothed = running(loss, Math.max(1, Math.min(50, Math.floor(n / 40))));
  const part = (from: number, to: number) => median(loss.slice(Math.floor(from * n), Math.max(1, Math.ceil(to * n))));
  const residuals = loss.slice(n >> 1).map((l, i) => Math.abs(l - (smoothed[(n >> 1) + i] as number)));
  const noise = 1.48 * median(residuals);
  const top = smoothed.reduce((best, v, i) => (v > (smoothed[best] as number) ? i : best), 0);
  const [before, after] = [part(0.7, 0.8), part(0.9, 1)];
  return {
    steps: history.step,
    loss,
    smoothed,
    lr: history.lr,
    gradientNorm: history.gradientNorm,
    start: median(loss.slice(0, Math.max(1, Math.min(10, Math.floor(n / 10))))),
    end: part(0.9, 1),
    best: Math.min(...chunks(smoothed)),
    highest: smoothed[top] as number,
    highestStep: history.step[top] as number,
    noise,
    falling: (before - after) / Math.max(1e-12, Math.abs(before)),
    spikes: spikesOf(history.step, loss),
  };
}

/** `Math.min` of a long list overflows the stack; of minima of its parts it does not. */
function chunks(values: readonly number[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < values.length; i += 1000) out.push(Math.min(...values.slice(i, i + 1000)));
  return out;
}

/** A step whose loss is over three times the median of the 20 before it and ten of their deviations above it. */
function spikesOf(steps: readonly number[], loss: readonly number[]) {
  const found: { step: number; from: number; to: number }[] = [];
  for (let i = 20; i < loss.length; i++) {
    const before = loss.slice(i - 20, i);
    const usual = median(before);
    const to = loss[i] as number;
    if (!(to > 3 * usual)) continue;
    const spread = 1.48 * median(before.map((v) => Math.abs(v - usual)));
    if (to > usual + 10 * spread) found.push({ step: steps[i] as number, from: usual, to });
  }
  return found.sort((a, b) => b.to / b.from - a.to / a.from);
}

/** Medians over windows of `half` steps to either side. */
function running(values: readonly number[], half: number): number[] {
  return values.map((_, i) => median(values.slice(Math.max(0, i - half), i + half + 1)));
}
