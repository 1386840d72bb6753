/** Fewer looks in a row, when there were that many, may be chance: the batch had nothing for the unit. */
const LASTING = 5;

/** Since when units of a layer give nothing, over all looks whether they are kept or not. */
export class Streaks {
  /** Step of the first look at which the unit was 0 and has been since; -1 when it was not at the last. */
  readonly since: Int32Array;
  /** Looks in that row. */
  readonly looks: Int32Array;

  constructor(units: number) {
    this.since = new Int32Array(units).fill(-1);
    this.looks = new Int32Array(units);
  }

  /** The largest absolute value of each unit over a batch, after `step` updates. */
  push(step: number, peaks: ArrayLike<number>): void {
    for (let i = 0; i < this.since.length; i++) {
      if (peaks[i] !== 0) {
        this.since[i] = -1;
        this.looks[i] = 0;
        continue;
      }
      if (this.looks[i] === 0) this.since[i] = step;
      this.looks[i] = (this.looks[i] as number) + 1;
    }
  }

  /** Units that were 0 at all of the last of `count` looks: LASTING and a quarter of them, or all where there are few. */
  lasting(count: number): { unit: number; since: number; looks: number }[] {
    if (count < 3) return [];
    const enough = Math.max(Math.min(count, LASTING), Math.ceil(count / 4));
    return Array.from(this.looks, (looks, unit) => ({ unit, since: this.since[unit] as number, looks })).filter(
      ({ looks }) => looks >= enough,
    );
  }
}
