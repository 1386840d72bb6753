// Parts of a line of a log that anybody may have written.

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown, most = 200): string => (typeof value === "string" ? value.slice(0, most) : "");

/** A number; NaN for anything else, for infinities and for numbers that JSON spells. */
export const numberOf = (value: unknown): number =>
  typeof value === "number" && Number.isFinite(value) ? value : Number.NaN;

/** A count of at least `least`, which also stands for what is none. */
export const countOf = (value: unknown, least = 0): number =>
  Number.isSafeInteger(value) && (value as number) > least ? (value as number) : least;

export const numbersOf = (value: unknown): number[] => listOf(value).map(numberOf);

/** Figures by name, at most 64. */
export const figuresOf = (value: unknown): Record<string, number> | undefined =>
  isRecord(value)
    ? Object.fromEntries(
        Object.entries(value)
          .slice(0, 64)
          .map(([name, figure]) => [name, numberOf(figure)]),
      )
    : undefined;
