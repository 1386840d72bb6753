import { shareOf } from "./axes.ts";
import type { ParallelAxis, Range } from "./payload.ts";

/** A share of its length that a drag along an axis must have to be one. */
const LEAST = 0.02;

/** What is selected on the axes, by their labels. */
export class Brush {
  #ranges: readonly Range[] = [];

  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** As it was kept; those of axes that are no longer there count no more. */
  set(ranges: readonly Range[], axes: readonly ParallelAxis[]): void {
    this.#ranges = ranges.filter(({ label }) => axes.some((axis) => axis.label === label));
  }

  of({ label }: ParallelAxis): Range | undefined {
    return this.#ranges.find((range) => range.label === label);
  }

  /** Ends in any order; a range of the whole axis is none. */
  select(axis: ParallelAxis, from: number, to: number): void {
    const [low, high] = [Math.max(axis.low, Math.min(from, to)), Math.min(axis.high, Math.max(from, to))];
    const others = this.#ranges.filter(({ label }) => label !== axis.label);
    const whole = low <= axis.low && high >= axis.high;
    this.#ranges = whole ? others : [...others, { label: axis.label, low, high }];
  }

  clear(axis?: ParallelAxis): void {
    this.#ranges = axis === undefined ? [] : this.#ranges.filter(({ label }) => label !== axis.label);
  }

  /** Whether the run at `place` is in all of them. */
  holds(axes: readonly ParallelAxis[], place: number): boolean {
    return axes.every((axis) => {
      const range = this.of(axis);
      const value = axis.values[place] ?? null;
      return range === undefined || (value !== null && value >= range.low && value <= range.high);
    });
  }
}

/** The value at a share of an axis' length, from its lower end. */
export function valueAt(axis: ParallelAxis, share: number): number {
  const at = Math.min(1, Math.max(0, share));
  if (at === 0) return axis.low;
  if (at === 1) return axis.high;
  return axis.log ? axis.low * (axis.high / axis.low) ** at : axis.low + at * (axis.high - axis.low);
}

/** Whether two shares are as far apart as a drag, and no click. */
export const isDrag = (from: number, to: number): boolean => Math.abs(from - to) >= LEAST;

/** The next value of a run from `value` on, upwards or downwards, for ends that keys move; the axis' end beyond the last. */
export function nextValue(axis: ParallelAxis, value: number, up: boolean): number {
  const own = [...new Set(axis.values.filter((one) => one !== null))].sort((a, b) => a - b);
  const near = (one: number) => Math.abs(shareOf(axis, one) - shareOf(axis, value)) < 1e-9;
  if (up) return own.find((one) => one > value && !near(one)) ?? axis.high;
  return own.findLast((one) => one < value && !near(one)) ?? axis.low;
}
