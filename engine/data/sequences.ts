import { ConfigError } from "../errors/index.ts";
import { check, choice, int, type Options } from "../params/index.ts";
import { words } from "../random/index.ts";
import { type PairsDataset, pairsDataset, SPECIAL } from "./pairs.ts";
import { defineSource } from "./source.ts";
import { tokensOf, Vocabulary } from "./vocabulary.ts";

const ALPHABET = "abcdefghijklmnopqrstuvwxyz";

/** What becomes of a sequence of symbols. */
const TASKS: Readonly<Record<"reverse" | "sort" | "copy", (source: readonly string[]) => string[]>> = {
  reverse: (source) => source.toReversed(),
  sort: (source) => source.toSorted(),
  copy: (source) => [...source],
};

const sequencesParams = {
  task: choice("reverse", ["reverse", "sort", "copy"], "What the target is of the source."),
  n: int(4000, "[1, inf)", "Pairs."),
  symbols: int(10, "[2, 26]", "Different letters, from a."),
  minLength: int(2, "[1, inf)", "Letters of the shortest source."),
  maxLength: int(10, "[1, inf)", "Letters of the longest source; all lengths are as frequent."),
  seed: int(0, "[0, 4294967295]", "Draws the letters; the same seed gives the same pairs."),
};

export type SequencesOptions = Options<typeof sequencesParams>;

/** Stream of the draws, apart from those of all else. */
const STREAM = 0x5eed2000;

function make(options: SequencesOptions = {}): PairsDataset {
  const { task, n, symbols, minLength, maxLength, seed } = check(sequencesParams, options, "data.sequences");
  if (minLength > maxLength) {
    throw new ConfigError(`data.sequences: minLength = ${minLength} is above maxLength = ${maxLength}`);
  }
  const letters = ALPHABET.slice(0, symbols);
  const draws = words(seed, STREAM, 0, n * (maxLength + 1));
  const below = (place: number, most: number): number => Math.floor(((draws[place] as number) / 2 ** 32) * most);
  const pairs = Array.from({ length: n }, (_, i) => {
    const at = i * (maxLength + 1);
    const length = minLength + below(at, maxLength - minLength + 1);
    const source = Array.from({ length }, (_, k) => letters[below(at + 1 + k, symbols)] as string);
    return { source, target: TASKS[task](source) };
  });
  const all = tokensOf(letters, "character");
  const vocabulary = Vocabulary.of(all, { unit: "character", minCount: 1, unknown: null, first: SPECIAL });
  return pairsDataset(task, pairs, vocabulary);
}

/**
 * Sequences of random letters and what becomes of them, reversed, sorted or copied: a task of which everything is known,
 * for encoder-decoder models. See `data.pairs` for what x and y are.
 */
export const sequences = defineSource(
  {
    summary: "Random letters to be reversed, sorted or copied: pairs whose law is known.",
    takes: "",
    gives: "PairsDataset",
    example: 'data.sequences({ task: "reverse", maxLength: 10 })',
    params: sequencesParams,
  },
  make,
);
