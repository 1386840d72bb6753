import { DataError, didYouMean } from "../errors/index.ts";

export type Unit = "character" | "word";

/** A word with its apostrophes and hyphens, a line break, or any other sign by itself. */
const WORDS = /\n|[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*|\S/gu;
const NO_SPACE_BEFORE = /^[.,;:!?)\]}%’”\n]/u;
const NO_SPACE_AFTER = /[([{“\n]$/u;

/** The tokens of a text: its characters (Unicode code points), or its words and signs. */
export const tokensOf = (text: string, unit: Unit): string[] =>
  unit === "character" ? Array.from(text) : (text.match(WORDS) ?? []);

interface Made {
  readonly unit: Unit;
  /** In the order of their numbers. */
  readonly tokens: readonly string[];
  /** What stands for all others; null: there are no others. */
  readonly unknown: string | null;
}

/** Tokens by number. */
export class Vocabulary implements Made {
  readonly unit: Unit;
  readonly tokens: readonly string[];
  readonly unknown: string | null;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor({ unit, tokens, unknown }: Made) {
    this.unit = unit;
    this.tokens = tokens;
    this.unknown = unknown;
    this.#numbers = new Map(tokens.map((token, i) => [token, i]));
  }

  /**
   * Of all tokens that occur `minCount` times: characters in the order of their code points, words the most frequent
   * first; behind `first` and the unknown token.
   */
  static of(
    tokens: Iterable<string>,
    { unit, minCount, unknown, first = [] }: Omit<Made, "tokens"> & { minCount: number; first?: readonly string[] },
  ): Vocabulary {
    const counts = new Map<string, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    const place = (token: string) => token.codePointAt(0) as number;
    const known = [...counts].filter(
      ([token, count]) => count >= minCount && token !== unknown && !first.includes(token),
    );
    known.sort(([a, m], [b, n]) => (unit === "word" ? n - m : 0) || place(a) - place(b) || (a < b ? -1 : 1));
    const special = unknown === null ? first : [...first, unknown];
    return new Vocabulary({ unit, unknown, tokens: [...special, ...known.map(([token]) => token)] });
  }

  /** Numbers of tokens. Throws DataError, which begins with `where`, for one that the vocabulary lacks and has no unknown for. */
  encode(tokens: readonly string[], where: string): Int32Array {
    const other = this.unknown === null ? undefined : this.#numbers.get(this.unknown);
    return Int32Array.from(tokens, (token) => {
      const number = this.#numbers.get(token) ?? other;
      if (number !== undefined) return number;
      const hint = this.unit === "word" ? didYouMean(token, this.tokens) : `; its characters are ${this.listed}`;
      throw new DataError(`${where} has no ${JSON.stringify(token)}${hint}`);
    });
  }

  /** The text of numbers. Throws DataError for a number that stands for none. */
  decode(numbers: ArrayLike<number>, where: string): string {
    const tokens = Array.from(numbers, (number) => {
      const token = this.tokens[number];
      if (token !== undefined) return token;
      throw new DataError(`decode: ${number} is outside the ${this.tokens.length} ${this.unit}s of ${where}`);
    });
    if (this.unit === "character") return tokens.join("");
    return tokens.reduce((text, token) => {
      const close = text === "" || NO_SPACE_AFTER.test(text) || NO_SPACE_BEFORE.test(token);
      return close ? text + token : `${text} ${token}`;
    }, "");
  }

  /** All characters, or the first words. */
  get listed(): string {
    if (this.unit === "character") return JSON.stringify(this.tokens.join(""));
    return `${this.tokens.slice(0, 10).join(" ")}${this.tokens.length > 10 ? " ..." : ""}`;
  }
}
