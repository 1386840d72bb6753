/** A value read off a curve: four significant digits, three below 0.01, small and large ones with an exponent, "–" when missing. */
export function readable(value: number | string): string {
  if (typeof value === "string") return value;
  if (Number.isNaN(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(size < 1e-2 ? 3 : 4)));
}

/** A file name from a title: letters, digits and dashes. */
export function fileName(title: string, extension: string): string {
  const stem = title
    .normalize("NFKD")
    .replace(/[^A-Za-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");
  return `${stem || "chart"}.${extension}`;
}
