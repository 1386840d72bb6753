import type { Extent } from "../onnx/index.ts";
import type { DType } from "../tensor/index.ts";

/** How tightly Python holds an expression together. */
export const LEVEL = { compare: 1, or: 2, and: 3, sum: 4, product: 5, sign: 6, power: 7, atom: 8 } as const;

/** A value as Python writes it. */
export interface Expression {
  readonly text: string;
  readonly level: number;
  /** Its shape there, which broadcasts to that of its tensor. */
  readonly shape: readonly Extent[];
  readonly dtype: DType;
  /** A Python number, not a tensor. */
  readonly number: boolean;
}

/** In parentheses where it would come apart. */
export const held = ({ text, level }: Pick<Expression, "text" | "level">, by: number): string =>
  level < by ? `(${text})` : text;

/** A number of the graph as Python writes it. */
export function numberText(value: number): string {
  if (value === Infinity) return 'float("inf")';
  if (value === -Infinity) return '-float("inf")';
  if (Number.isNaN(value)) return 'float("nan")';
  const short = Math.fround(value) === value ? shortest(value) : Number(value.toPrecision(15));
  const size = Math.abs(short);
  return size !== 0 && (size < 1e-4 || size >= 1e16) ? short.toExponential() : String(short);
}

/** The shortest decimal that is the same in f32. */
function shortest(value: number): number {
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === Math.fround(value)) return short;
  }
  return value;
}

/** A length, with `n` for the number of examples. */
export function extentText(extent: Extent): string {
  if (typeof extent === "number") return String(extent);
  const { times, plus } = extent;
  const many = times === 1 ? "n" : `${times} * n`;
  return plus === 0 ? many : `${many} ${plus > 0 ? "+" : "-"} ${Math.abs(plus)}`;
}
