/** A learning rate as people write it: two digits, `3.2e-3` below a hundredth, `0.05` from there on. */
export function rate(value: number): string {
  const rounded = roundedRate(value);
  return rounded !== 0 && Math.abs(rounded) < 0.01 ? rounded.toExponential() : String(rounded);
}

/** To two digits: what is inserted where `rate` is shown. */
export const roundedRate = (value: number): number => Number(value.toPrecision(2));
