/** A measured value in a sentence: three significant digits, no trailing zeros, "?" when missing. */
export function significant(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? "?" : String(Number(value.toPrecision(3)));
}

/** "1 epoch", "20 epochs", "12,000 steps". */
export function count(n: number, unit: string): string {
  return `${n.toLocaleString("en-US")} ${unit}${n === 1 ? "" : "s"}`;
}
