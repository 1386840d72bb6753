import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, int, type Options, optional, required } from "../params/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { Dataset, type Splits } from "./dataset.ts";
import { fileAt } from "./file.ts";
import { defineSource } from "./source.ts";
import { type SplitOptions, splitInOrder } from "./split.ts";

const textParams = {
  context: int(required, "[1, inf)", "Characters of an example: what the model sees at once."),
  stride: optional(
    int(
      required,
      "[1, inf)",
      "Characters between the starts of neighbouring examples; when not given they do not overlap.",
    ),
  ),
};

export type TextOptions = Options<typeof textParams>;

async function read(source: string | { readonly text: string }, options: TextOptions): Promise<TextDataset> {
  const given = typeof source === "object" && typeof source?.text === "string" ? source.text : undefined;
  if (given === undefined && typeof source !== "string") {
    throw new ConfigError('data.text: give the path of a file, or the text itself as { text: "..." }');
  }
  const { context, stride } = check(textParams, options, "data.text");
  const name = typeof source === "string" ? basename(source) : "text";
  const whole = given ?? (await readFile(fileAt("data.text", source as string).full, "utf8")).replace(/^\uFEFF/, "");
  const characters = Array.from(whole);
  const step = stride ?? context;
  const count = Math.floor((characters.length - 1 - context) / step) + 1;
  if (!(count >= 1)) {
    throw new DataError(
      `${name}: ${characters.length} characters do not fill one example of ${context} and the character after it`,
    );
  }
  const classes = [...new Set(characters)].sort((a, b) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number));
  const numbers = new Map(classes.map((character, i) => [character, i]));
  const tokens = Int32Array.from(characters, (character) => numbers.get(character) as number);
  const windows = (shift: number) => {
    const out = new Int32Array(count * context);
    for (let i = 0; i < count; i++) out.set(tokens.subarray(i * step + shift, i * step + shift + context), i * context);
    return new HostTensor([count, context], "i32", out);
  };
  return new TextDataset({ name, x: windows(0), y: windows(1), classes, stride: step });
}

/**
 * Reads a text for a model that predicts the next character: `await data.text("data/poems.txt", { context: 64 })`, or the text
 * itself, as `{ text: "..." }`. Paths begin at the notebook's folder; files are UTF-8.
 *
 *   x [N, context] i32 characters, y [N, context] i32 what follows each of them
 *
 * Characters are Unicode code points, numbered in their order; `classes` lists them. Throws ConfigError for options, DataError for a
 * file that is missing or a text that is shorter than one example.
 */
export const text = defineSource(
  {
    summary: "A text, for a model that predicts the next character.",
    takes: "path: string | { text: string }",
    gives: "Promise<TextDataset>",
    example: 'data.text("data/poems.txt", { context: 64 })',
    params: textParams,
  },
  read,
);

interface Parts {
  readonly name: string;
  readonly x: HostTensor;
  readonly y: HostTensor;
  readonly classes: readonly string[];
  readonly stride: number;
}

/** Pieces of one text in its order, each character to be followed by the next. */
export class TextDataset extends Dataset {
  /** Characters between the starts of neighbouring examples. */
  readonly stride: number;
  readonly #numbers: ReadonlyMap<string, number>;

  constructor({ name, x, y, classes, stride }: Parts) {
    super({ name, x, y, classes, task: "classification", featureNames: [] });
    this.stride = stride;
    this.#numbers = new Map(classes.map((character, i) => [character, i]));
  }

  /** Characters of an example. */
  get context(): number {
    return this.x.shape[1] as number;
  }

  /** A text as one example [1, length] i32 for `run.predict`. Throws DataError for a character that the data does not have. */
  encode(given: string): HostTensor {
    const tokens = Int32Array.from(Array.from(given), (character) => {
      const number = this.#numbers.get(character);
      if (number !== undefined) return number;
      throw new DataError(
        `encode: ${this.name} has no ${JSON.stringify(character)}; its characters are ${this.#listed()}`,
      );
    });
    return new HostTensor([1, tokens.length], "i32", tokens);
  }

  /** The text of character numbers. Throws DataError for a number that stands for none. */
  decode(tokens: HostTensor | ArrayLike<number>): string {
    const numbers = tokens instanceof HostTensor ? tokens.data : tokens;
    return Array.from(numbers, (number) => {
      const character = this.classes?.[number];
      if (character !== undefined) return character;
      throw new DataError(`decode: ${number} is outside the ${this.classes?.length} characters of ${this.name}`);
    }).join("");
  }

  /**
   * Training, validation and test examples as they follow each other in the text, so that no part shares characters with
   * another: `split({ valid: 0.1 })` validates on the last tenth. Nothing is drawn, whatever the seed; examples that would
   * overlap with two parts are left out. Throws ConfigError when a part would be empty.
   */
  override split(options: SplitOptions = {}): Splits {
    return this.partedInto(splitInOrder(this, options, Math.ceil(this.context / this.stride) - 1));
  }

  /** The examples at these places; a text still where they follow each other. */
  override rows(order: ArrayLike<number>): Dataset {
    const { name, classes = [], stride } = this;
    const parts = { x: this.x.rows(order), y: this.y.rows(order) };
    const follows = Array.from(order).every((row, i, all) => i === 0 || row === (all[i - 1] as number) + 1);
    return follows ? new TextDataset({ name, classes, stride, ...parts }) : this.with(parts);
  }

  override toString(): string {
    const { name, size, context, classes = [] } = this;
    return `${name}: text, ${size} examples of ${context} characters, ${classes.length} different: ${this.#listed()}`;
  }

  #listed(): string {
    return JSON.stringify((this.classes ?? []).join(""));
  }
}
