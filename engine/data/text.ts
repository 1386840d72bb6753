import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, choice, int, type Options, optional, required, text as textParam } from "../params/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { Dataset, type Splits } from "./dataset.ts";
import { fileAt } from "./file.ts";
import { defineSource } from "./source.ts";
import { type SplitOptions, splitInOrder } from "./split.ts";
import { tokensOf, Vocabulary } from "./vocabulary.ts";

const textParams = {
  context: int(required, "[1, inf)", "Characters or words of an example: what the model sees at once."),
  stride: optional(
    int(
      required,
      "[1, inf)",
      "Characters or words between the starts of neighbouring examples; when not given they do not overlap.",
    ),
  ),
  by: choice("character", ["character", "word"], "What is read at once; signs and line breaks count as words."),
  minCount: int(1, "[1, inf)", "Rarer ones become the unknown token."),
  unknown: optional(
    textParam(required, 'Token for what the text does not have, as "<unk>"; null: such a thing is an error.'),
  ),
};

export type TextOptions = Options<typeof textParams>;

async function read(source: string | { readonly text: string }, options: TextOptions): Promise<TextDataset> {
  const given = typeof source === "object" && typeof source?.text === "string" ? source.text : undefined;
  if (given === undefined && typeof source !== "string") {
    throw new ConfigError('data.text: give the path of a file, or the text itself as { text: "..." }');
  }
  const { context, stride, by, minCount, unknown } = check(textParams, options, "data.text");
  if (minCount > 1 && unknown === null) {
    throw new ConfigError(`data.text: minCount = ${minCount} leaves tokens without a number; give unknown: "<unk>"`);
  }
  const name = typeof source === "string" ? basename(source) : "text";
  const whole = given ?? (await readFile(fileAt("data.text", source as string).full, "utf8")).replace(/^\uFEFF/, "");
  const found = tokensOf(whole, by);
  const step = stride ?? context;
  const count = Math.floor((found.length - 1 - context) / step) + 1;
  if (!(count >= 1)) {
    throw new DataError(`${name}: ${found.length} ${by}s do not fill one example of ${context} and the ${by} after it`);
  }
  const vocabulary = Vocabulary.of(found, { unit: by, minCount, unknown });
  const tokens = vocabulary.encode(found, name);
  const windows = (shift: number) => {
    const out = new Int32Array(count * context);
    for (let i = 0; i < count; i++) out.set(tokens.subarray(i * step + shift, i * step + shift + context), i * context);
    return new HostTensor([count, context], "i32", out);
  };
  return new TextDataset({ name, x: windows(0), y: windows(1), vocabulary, stride: step });
}

/**
 * Reads a text for a model that predicts the next character, or with `by: "word"` the next word: `await data.text("data/poems.txt", { context: 64 })`, or the text
 * itself, as `{ text: "..." }`. Paths begin at the notebook's folder; files are UTF-8.
 *
 *   x [N, context] i32 characters or words, y [N, context] i32 what follows each of them
 *
 * Characters are Unicode code points, numbered in their order; words are numbered by how frequent they are; `classes` lists them. Throws ConfigError for options, DataError for a
 * file that is missing or a text that is shorter than one example.
 */
export const text = defineSource(
  {
    summary: "A text, for a model that predicts the next character or word.",
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
  readonly vocabulary: Vocabulary;
  readonly stride: number;
}

/** Pieces of one text in its order, each character to be followed by the next. */
export class TextDataset extends Dataset {
  /** Characters or words between the starts of neighbouring examples. */
  readonly stride: number;
  readonly vocabulary: Vocabulary;

  constructor({ name, x, y, vocabulary, stride }: Parts) {
    super({ name, x, y, classes: vocabulary.tokens, task: "classification", featureNames: [] });
    this.stride = stride;
    this.vocabulary = vocabulary;
  }

  /** Characters or words of an example. */
  get context(): number {
    return this.x.shape[1] as number;
  }

  /** A text as one example [1, length] i32 for `run.predict`. Throws DataError for what the data does not have. */
  encode(given: string): HostTensor {
    const tokens = this.vocabulary.encode(tokensOf(given, this.vocabulary.unit), `encode: ${this.name}`);
    return new HostTensor([1, tokens.length], "i32", tokens);
  }

  /** The text of numbers. Throws DataError for a number that stands for nothing. */
  decode(tokens: HostTensor | ArrayLike<number>): string {
    return this.vocabulary.decode(tokens instanceof HostTensor ? tokens.data : tokens, this.name);
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
    const { name, vocabulary, stride } = this;
    const parts = { x: this.x.rows(order), y: this.y.rows(order) };
    const follows = Array.from(order).every((row, i, all) => i === 0 || row === (all[i - 1] as number) + 1);
    return follows ? new TextDataset({ name, vocabulary, stride, ...parts }) : this.with(parts);
  }

  override toString(): string {
    const { name, size, context, vocabulary } = this;
    return `${name}: text, ${size} examples of ${context} ${vocabulary.unit}s, ${vocabulary.tokens.length} different: ${vocabulary.listed}`;
  }
}
