/** A measured value in a sentence: three significant digits, no trailing zeros, "?" when missing; 4.58e-7 when it is small. */
export function significant(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return "?";
  const size = Math.abs(value);
  if (size > 0 && Number.isFinite(size) && (size < 1e-3 || size >= 1e6)) {
    return value
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e");
  }
  return String(Number(value.toPrecision(3)));
}

/** "0.9731 ± 0.0023": a mean with its deviation, both to the deviation's second digit. */
export function plusMinus(mean: number, deviation: number): string {
  if (!(deviation > 0) || !Number.isFinite(mean)) return significant(mean);
  const digits = 1 - Math.floor(Math.log10(deviation));
  if (digits > 9 || digits < -4) return `${significant(mean)} ± ${significant(deviation)}`;
  const decimals = Math.max(0, digits);
  return `${mean.toFixed(decimals)} ± ${deviation.toFixed(decimals)}`;
}

/** "1 epoch", "20 epochs", "12,000 steps". */
export function count(n: number, unit: string): string {
  return `${n.toLocaleString("en-US")} ${unit}${n === 1 ? "" : "s"}`;
}

/** A share as "94.2 %"; what is not quite all or nothing is never rounded to that. */
export function percent(share: number | undefined): string {
  if (share === undefined || Number.isNaN(share)) return "?";
  const value = Number((100 * share).toPrecision(3));
  if (value === 100 && share < 1) return "> 99.9 %";
  if (Math.abs(value) < 0.01 && share !== 0) return "< 0.01 %";
  return `${value} %`;
}

/** A title with a capital at its head, but for a name in camelCase: kaimingNormal stays what it is. */
export const capital = (title: string): string =>
  /^[a-z]+(?![\w.])/.test(title) ? title.charAt(0).toUpperCase() + title.slice(1) : title;
