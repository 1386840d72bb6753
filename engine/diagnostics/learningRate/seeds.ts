import { median } from "../../tensor/median.ts";
import type { RangeRecord } from "./rangeTest.ts";

/** Several tests of the same rates, step by step. A test that has ended counts as infinitely high. */
export interface Bundle {
  readonly loss: number[];
  readonly smoothed: number[];
  /** Lowest and highest smoothed loss of the tests. */
  readonly low: number[];
  readonly high: number[];
}

/** The medians of tests and the band that they fill, for as long as more than half of them go on. */
export function bundle(records: readonly RangeRecord[]): Bundle {
  const steps = Math.max(...records.map((r) => r.loss.length));
  const out: Bundle = { loss: [], smoothed: [], low: [], high: [] };
  for (let i = 0; i < steps; i++) {
    const at = (values: (r: RangeRecord) => readonly number[]) =>
      records.map((r) => values(r)[i] ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b);
    const smoothed = at((r) => r.smoothed);
    if (!Number.isFinite(median(smoothed))) break;
    out.loss.push(median(at((r) => r.loss)));
    out.smoothed.push(median(smoothed));
    out.low.push(smoothed[0] as number);
    out.high.push(smoothed.at(-1) as number);
  }
  return out;
}
