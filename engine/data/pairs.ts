import { ConfigError, DataError } from "../errors/index.ts";
import { check, choice, int, type Options, optional, required, show, text } from "../params/index.ts";
import { HostTensor } from "../tensor/index.ts";
import { Dataset } from "./dataset.ts";
import { defineSource } from "./source.ts";
import { tokensOf, Vocabulary } from "./vocabulary.ts";

/** Tokens that every vocabulary of pairs begins with: their numbers are their places. */
export const SPECIAL = ["<pad>", "<start>", "<end>"] as const;
export const [PAD, START, END] = [0, 1, 2] as const;

const pairsParams = {
  by: choice("character", ["character", "word"], "What is read and written at once."),
  minCount: int(1, "[1, inf)", "Rarer ones become the unknown token."),
  unknown: optional(
    text(required, 'Token for what the pairs do not have, as "<unk>"; null: such a thing is an error.'),
  ),
};

export type PairsOptions = Options<typeof pairsParams>;

function make(given: readonly (readonly [string, string])[], options: PairsOptions = {}): PairsDataset {
  const { by, minCount, unknown } = check(pairsParams, options, "data.pairs");
  if (!Array.isArray(given) || given.length === 0) {
    throw new ConfigError(`data.pairs: takes a list of [source, target] texts, not ${show(given)}`);
  }
  if (minCount > 1 && unknown === null) {
    throw new ConfigError(`data.pairs: minCount = ${minCount} leaves tokens without a number; give unknown: "<unk>"`);
  }
  const pairs = given.map((pair, i) => {
    const fits = Array.isArray(pair) && pair.length === 2 && pair.every((side: unknown) => typeof side === "string");
    if (!fits) throw new DataError(`data.pairs: pair ${i} is ${show(pair)}, not [source, target], two texts`);
    const [source, target] = [tokensOf(String(pair[0]), by), tokensOf(String(pair[1]), by)];
    if (source.length === 0) throw new DataError(`data.pairs: the source of pair ${i} is empty`);
    return { source, target };
  });
  const all = pairs.flatMap(({ source, target }) => [...source, ...target]);
  const vocabulary = Vocabulary.of(all, { unit: by, minCount, unknown, first: SPECIAL });
  return pairsDataset("pairs", pairs, vocabulary);
}

/**
 * Pairs of sequences for an encoder-decoder model: `data.pairs([["abc", "cba"], ["a dog", "god a"]])`.
 *
 *   x [N, S + T] i32: the source, padded to S; then <start> and the target, padded to T
 *   y [N, T] i32: the target and <end>, padded to T
 *
 * At every place the decoder is told what should have been written so far (teacher forcing) and says what comes next. Source and
 * target share one vocabulary, which begins with <pad> (0), <start> (1) and <end> (2): losses and metrics take ignoreIndex: 0. S and T
 * are those of the longest, `sourceLength` and `targetLength`. Throws ConfigError for options, DataError for what is no pair.
 */
export const pairs = defineSource(
  {
    summary: "Pairs of sequences, for a model that reads one and writes the other.",
    takes: "pairs: readonly (readonly [source: string, target: string])[]",
    gives: "PairsDataset",
    example: 'data.pairs([["abc", "cba"], ["xyz", "zyx"]])',
    params: pairsParams,
  },
  make,
);

/** Pairs of tokens as a data set. */
export function pairsDataset(
  name: string,
  given: readonly { readonly source: readonly string[]; readonly target: readonly string[] }[],
  vocabulary: Vocabulary,
): PairsDataset {
  const sourceLength = Math.max(...given.map(({ source }) => source.length));
  const targetLength = Math.max(...given.map(({ target }) => target.length)) + 1;
  const width = sourceLength + targetLength;
  const x = new Int32Array(given.length * width);
  const y = new Int32Array(given.length * targetLength);
  for (const [i, { source, target }] of given.entries()) {
    const written = vocabulary.encode(target, name);
    x.set(vocabulary.encode(source, name), i * width);
    x.set([START, ...written], i * width + sourceLength);
    y.set([...written, END], i * targetLength);
  }
  const tensor = (data: Int32Array, length: number) => new HostTensor([given.length, length], "i32", data);
  return new PairsDataset({ name, x: tensor(x, width), y: tensor(y, targetLength), vocabulary, sourceLength });
}

interface Parts {
  readonly name: string;
  readonly x: HostTensor;
  readonly y: HostTensor;
  readonly vocabulary: Vocabulary;
  readonly sourceLength: number;
}

/** Pairs of sequences side by side: see `data.pairs`. */
export class PairsDataset extends Dataset {
  readonly vocabulary: Vocabulary;
  /** Places of the source in x; those of the target follow. */
  readonly sourceLength: number;

  constructor({ name, x, y, vocabulary, sourceLength }: Parts) {
    super({ name, x, y, classes: vocabulary.tokens, task: "classification", featureNames: [] });
    this.vocabulary = vocabulary;
    this.sourceLength = sourceLength;
  }

  /** Places of the target, <start> or <end> included. */
  get targetLength(): number {
    return this.y.shape[1] as number;
  }

  /** The source and the target of an example, as they were given. */
  pair(row: number): readonly [source: string, target: string] {
    const { x, y, sourceLength } = this;
    return [this.decode(x.rows([row]).data.subarray(0, sourceLength)), this.decode(y.rows([row]).data)];
  }

  /**
   * Sources as examples [N, S + T] i32 whose target is still to be written: <start>, then padding. Throws DataError for a source that
   * is longer than any of the data, or has what the vocabulary lacks.
   */
  encode(sources: readonly string[]): HostTensor {
    const { sourceLength, targetLength, vocabulary, name } = this;
    const width = sourceLength + targetLength;
    const x = new Int32Array(sources.length * width);
    for (const [i, source] of sources.entries()) {
      const tokens = tokensOf(source, vocabulary.unit);
      if (tokens.length > sourceLength) {
        throw new DataError(
          `encode: ${JSON.stringify(source)} has ${tokens.length} ${vocabulary.unit}s, and the longest source of ${name} ${sourceLength}`,
        );
      }
      x.set(vocabulary.encode(tokens, `encode: ${name}`), i * width);
      x[i * width + sourceLength] = START;
    }
    return new HostTensor([sources.length, width], "i32", x);
  }

  /** The text of numbers up to <end>, without padding and <start>. Throws DataError for a number that stands for nothing. */
  decode(tokens: ArrayLike<number>): string {
    const numbers = Array.from(tokens);
    const end = numbers.indexOf(END);
    const written = (end < 0 ? numbers : numbers.slice(0, end)).filter((number) => number !== PAD && number !== START);
    return this.vocabulary.decode(written, this.name);
  }

  override rows(order: ArrayLike<number>): PairsDataset {
    const { name, vocabulary, sourceLength } = this;
    return new PairsDataset({ name, vocabulary, sourceLength, x: this.x.rows(order), y: this.y.rows(order) });
  }

  override toString(): string {
    const { name, size, sourceLength, targetLength, vocabulary } = this;
    const [source, target] = this.pair(0);
    return `${name}: ${size} pairs, as ${JSON.stringify(source)} -> ${JSON.stringify(target)}; sources of ${sourceLength} ${vocabulary.unit}s at most, targets of ${targetLength - 1}, ${vocabulary.tokens.length} different`;
  }
}
