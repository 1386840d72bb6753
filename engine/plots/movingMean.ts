/** The mean of the last values, at most as many as `length` says. */
export class MovingMean {
  readonly #values: Float64Array;
  #count = 0;

  constructor(length: number) {
    this.#values = new Float64Array(length);
  }

  push(value: number): void {
    this.#values[this.#count % this.#values.length] = value;
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
  }

  /** NaN when there is no value. */
  get mean(): number {
    const some = this.#values.subarray(0, Math.min(this.#count, this.#values.length));
    return some.length === 0 ? Number.NaN : some.reduce((a, b) => a + b, 0) / some.length;
  }
}

/** Steps that a moving mean looks back on: an epoch, within limits. */
export const windowOf = (stepsPerEpoch: number): number => Math.min(200, Math.max(5, stepsPerEpoch));
