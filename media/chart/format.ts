import { number } from "../../l10n/index.ts";

/** A value read off a curve: four significant digits, three below 0.01, small and large ones with an exponent, "–" when missing. */
export function readable(value: number | string): string {
  if (typeof value === "string") return value;
  if (Number.isNaN(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return number(value);
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(size < 1e-2 ? 3 : 4)));
}

/** A value that may have been written with more digits than anyone reads; text that somebody formatted stays as it is. */
export function readableText(value: unknown): string {
  if (typeof value === "number") return readable(value);
  const text = String(value);
  // d3 writes a true minus sign
  const plain = text.replace("\u2212", "-");
  const [, digits = ""] = /^-?([\d.]+)(?:e[+-]?\d+)?$/i.exec(plain) ?? [];
  return digits.replace(/\D/g, "").replace(/^0+/, "").length > 5 && digits.includes(".")
    ? readable(Number(plain))
    : text;
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
