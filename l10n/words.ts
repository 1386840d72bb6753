import { type Value, word } from "./language.ts";

/** Two texts, for one and for another number of things, {0}. */
export interface Counted {
  readonly one: string;
  readonly other: string;
  readonly counted: true;
}

export const many = <const One extends string, const Other extends string>(one: One, other: Other) =>
  ({ one, other, counted: true }) as const;

type Declared = string | Counted | { readonly [name: string]: Declared };

type Values<T extends string> = T extends `${string}{2}${string}`
  ? [Value, Value, Value]
  : T extends `${string}{1}${string}`
    ? [Value, Value]
    : T extends `${string}{0}${string}`
      ? [Value]
      : [];

type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : [];

type Spoken<T> = T extends { counted: true; other: infer Other extends string }
  ? (count: number, ...more: Tail<Values<Other>>) => string
  : T extends string
    ? Values<T> extends []
      ? string
      : (...values: Values<T>) => string
    : { readonly [K in keyof T]: Spoken<T[K]> };

/**
 * Declares what a page says, by names of its own: texts stay texts, those with {0} become functions, `many` takes the count first.
 * They are read in the language that is spoken when they are read. `scripts/words.mjs` finds them here, so they must be plain texts.
 */
export function words<const T extends { readonly [name: string]: Declared }>(declared: T): Spoken<T> {
  const made = {};
  for (const [name, value] of Object.entries(declared)) {
    Object.defineProperty(made, name, { enumerable: true, get: () => spokenOf(value) });
  }
  return made as Spoken<T>;
}

function spokenOf(declared: Declared): unknown {
  if (typeof declared === "string") {
    return /\{\d+\}/.test(declared) ? (...values: Value[]) => word(declared, values) : word(declared);
  }
  if (!isCounted(declared)) return words(declared);
  const { one, other } = declared;
  return (count: number, ...more: Value[]) => word(count === 1 ? one : other, [count, ...more]);
}

const isCounted = (declared: object): declared is Counted => (declared as Partial<Counted>).counted === true;
