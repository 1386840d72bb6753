/** How the rate grows over a range test. */
export type RangeMode = "exponential" | "linear";

/** Rate of step i (from 0) of n: start (end / start)^(i / n), or start + (end - start) i / n. As in fastai `end` itself is not reached. */
export function rateOf(mode: RangeMode, start: number, end: number, i: number, n: number): number {
  return mode === "exponential" ? start * (end / start) ** (i / n) : start + ((end - start) * i) / n;
}

/** Why a range test took no further step. */
export type Ending = "all steps" | "diverged" | "not finite" | "interrupted";

/**
 * The losses of one model in a range test, as they come: smoothed by the debiased average s_t = b s_{t-1} + (1 - b) x_t shown as
 * s_t / (1 - b^t), and ended once the smoothed loss exceeds `stopFactor` times its lowest.
 */
export class RangeRecord {
  readonly loss: number[] = [];
  readonly smoothed: number[] = [];
  ending: Ending | null = null;
  readonly #smoothing: number;
  readonly #stopFactor: number;
  #sum = 0;
  #norm = 0;
  #best = Number.POSITIVE_INFINITY;

  constructor(smoothing: number, stopFactor: number) {
    this.#smoothing = smoothing;
    this.#stopFactor = stopFactor;
  }

  /** Takes the loss of the next step; `ok` is false when that step met a value that is not finite. */
  add(loss: number, ok: boolean): void {
    if (this.ending !== null) return;
    if (Number.isFinite(loss)) {
      this.#sum = this.#smoothing * this.#sum + (1 - this.#smoothing) * loss;
      this.#norm = this.#smoothing * this.#norm + (1 - this.#smoothing);
      const smoothed = this.#sum / this.#norm;
      this.loss.push(loss);
      this.smoothed.push(smoothed);
      this.#best = Math.min(this.#best, smoothed);
      // for losses above 0 this is smoothed > stopFactor * best; those that can be below 0 stop as far above it
      if (smoothed > this.#best + (this.#stopFactor - 1) * Math.abs(this.#best)) this.ending = "diverged";
    }
    if (!ok) this.ending = "not finite";
  }
}
