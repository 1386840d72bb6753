import { expect } from "vitest";

interface Tolerance {
  /** Allowed difference relative to the expected value; 1e-5 when not given. */
  rtol?: number;
  /** Allowed absolute difference; 1e-8 when not given. */
  atol?: number;
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Every |actual - expected| <= atol + rtol * |expected|; NaN equals NaN; lengths must agree. */
    toBeAllclose(expected: ArrayLike<number>, tolerance?: Tolerance): T extends ArrayLike<number> ? R : never;
  }
}

expect.extend({
  toBeAllclose(actual: ArrayLike<number>, expected: ArrayLike<number>, { rtol = 1e-5, atol = 1e-8 }: Tolerance = {}) {
    if (actual.length !== expected.length)
      return { pass: false, message: () => `${actual.length} values, ${expected.length} expected` };
    let worst = -1;
    let excess = 0;
    for (let i = 0; i < expected.length; i++) {
      const a = actual[i] as number;
      const e = expected[i] as number;
      if (Object.is(a, e) || a === e) continue;
      const over = Math.abs(a - e) / (atol + rtol * Math.abs(e));
      if (Number.isNaN(over) || over > Math.max(1, excess)) {
        worst = i;
        excess = Number.isNaN(over) ? Infinity : over;
      }
    }
    const allowed = worst < 0 ? 0 : atol + rtol * Math.abs(expected[worst] as number);
    return {
      pass: worst < 0,
      message: () =>
        worst < 0
          ? "all values are close"
          : `worst at index ${worst}: ${actual[worst]}, expected ${expected[worst]}, allowed difference ${allowed}`,
    };
  },
});
