/** The mean of the last values, at most as many as `length` says. */
export class MovingMean {
  readonly #values: Float64Array;
  #sum = 0;
  #count = 0;

  constructor(length: number) {
    this.#values = new Float64Array(length);
  }

  push(value: number): void {
    const at = this.#count % this.#values.length;
    if (this.#count >= this.#values.length) this.#sum -= this.#values[at] as number;
    this.#values[at] = value;
    this.#sum += value;
    this.#count += 1;
    // what rounding adds up to is taken back once a round
    if (at === 0) this.#sum = this.#held().reduce((a, b) => a + b, 0);
  }

  clear(): void {
    this.#count = 0;
    this.#sum = 0;
  }

  /** NaN when there is no value. */
  get mean(): number {
    return this.#sum / Math.min(this.#count, this.#values.length);
  }

  #held(): Float64Array {
    return this.#values.subarray(0, Math.min(this.#count, this.#values.length));
  }
}

/** Steps that a moving mean looks back on: an epoch, within limits. */
export const windowOf = (stepsPerEpoch: number): number => Math.min(200, Math.max(5, stepsPerEpoch));
