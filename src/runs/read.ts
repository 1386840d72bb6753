import { isRecord } from "../outputs/read.ts";

// Parts of JSON that anybody may have written.

export const record = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/** Text of at most `most` characters, in one line; empty when it is none. */
export const line = (value: unknown, most = 200): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  typeof value === "string" ? value.slice(0, most).replaceAll(/[\s\u0000-\u001f\u007f]+/g, " ") : "";

/** A number, also one that JSON cannot write; NaN when it is none. */
export function number(value: unknown): number {
  if (typeof value === "number") return value;
  return value === "Infinity"
    ? Number.POSITIVE_INFINITY
    : value === "-Infinity"
      ? Number.NEGATIVE_INFINITY
      : Number.NaN;
}

/** A count, from 0; `otherwise` when it is none. */
export const count = (value: unknown, otherwise = 0): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : otherwise;

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Figures by name, at most `most`; what is no number is NaN. Undefined when there are none. */
export function figures(value: unknown, most = 32): Record<string, number> | undefined {
  if (!isRecord(value)) return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, most)
      .map(([name, figure]) => [name.slice(0, 100), number(figure)]),
  );
}
