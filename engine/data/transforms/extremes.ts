import type { Rows } from "./definition.ts";

/** Smallest and largest value of each column. */
export class Extremes {
  readonly low: Float64Array;
  readonly high: Float64Array;

  constructor(width: number) {
    this.low = new Float64Array(width).fill(Infinity);
    this.high = new Float64Array(width).fill(-Infinity);
  }

  add({ count, width, data }: Rows): void {
    for (let i = 0; i < count * width; i++) {
      const x = data[i] as number;
      const c = i % width;
      if (x < (this.low[c] as number)) this.low[c] = x;
      if (x > (this.high[c] as number)) this.high[c] = x;
    }
  }
}
