import { describe, expect, test } from "vitest";
import { data, PairsDataset } from "../../../engine/data/index.ts";

describe("pairs", () => {
  const set = data.pairs([
    ["ab", "ba"],
    ["c", "c"],
    ["bca", "acb"],
  ]);

  test("lie side by side: the source, what is to have been written before, and what is to be written", () => {
    expect(set.classes).toEqual(["<pad>", "<start>", "<end>", "a", "b", "c"]);
    expect([set.sourceLength, set.targetLength]).toEqual([3, 4]);
    expect([set.x.shape, [...set.x.data]]).toEqual([
      [3, 7],
      [3, 4, 0, 1, 4, 3, 0, 5, 0, 0, 1, 5, 0, 0, 4, 5, 3, 1, 3, 5, 4],
    ]);
    expect([set.y.shape, [...set.y.data]]).toEqual([
      [3, 4],
      [4, 3, 2, 0, 5, 2, 0, 0, 3, 5, 4, 2],
    ]);
    expect([set.x.dtype, set.y.dtype, set.task]).toEqual(["i32", "i32", "classification"]);
    expect(String(set)).toBe(
      'pairs: 3 pairs, as "ab" -> "ba"; sources of 3 characters at most, targets of 3, 6 different',
    );
  });

  test("are given back as they were, from parts too", () => {
    expect([0, 1, 2].map((row) => set.pair(row))).toEqual([
      ["ab", "ba"],
      ["c", "c"],
      ["bca", "acb"],
    ]);
    const { valid } = set.split({ valid: 1, seed: 1 });
    expect(valid).toBeInstanceOf(PairsDataset);
    expect(set.rows([2]).pair(0)).toEqual(["bca", "acb"]);
  });

  test("sources of one's own become examples whose target is to be written", () => {
    expect([...set.encode(["ca"]).data]).toEqual([5, 3, 0, 1, 0, 0, 0]);
    expect(set.decode([1, 5, 3, 2, 4, 4])).toBe("ca");
    expect(() => set.encode(["abcd"])).toThrow('encode: "abcd" has 4 characters, and the longest source of pairs 3');
    expect(() => set.encode(["ax"])).toThrow('encode: pairs has no "x"; its characters are');
    expect(() => set.decode([9])).toThrow("decode: 9 is outside the 6 characters of pairs");
  });

  test("of words read signs by themselves", () => {
    const words = data.pairs([["the cat's asleep.", "die Katze schläft."]], { by: "word" });
    expect(words.classes?.slice(3).toSorted()).toEqual([".", "Katze", "asleep", "cat's", "die", "schläft", "the"]);
    expect(words.pair(0)).toEqual(["the cat's asleep.", "die Katze schläft."]);
    expect(() => words.encode(["the cats asleep"])).toThrow('encode: pairs has no "cats"; did you mean "cat\'s"?');
  });

  test("rare tokens become the unknown one", () => {
    const rare = data.pairs([["a b", "a a"]], { by: "word", minCount: 2, unknown: "<unk>" });
    expect(rare.classes).toEqual(["<pad>", "<start>", "<end>", "<unk>", "a"]);
    expect(rare.pair(0)).toEqual(["a <unk>", "a a"]);
  });

  test("mistakes are named", () => {
    expect(() => data.pairs([])).toThrow("data.pairs: takes a list of [source, target] texts");
    expect(() => data.pairs([["a"]] as never)).toThrow('data.pairs: pair 0 is ["a"], not [source, target]');
    expect(() => data.pairs([["", "a"]])).toThrow("data.pairs: the source of pair 0 is empty");
    expect(() => data.pairs([["a", "a"]], { minCount: 2 })).toThrow('give unknown: "<unk>"');
  });
});

describe("synthetic sequences", () => {
  test.each([
    ["reverse", (s: string) => [...s].reverse().join("")],
    ["sort", (s: string) => [...s].sort().join("")],
    ["copy", (s: string) => s],
  ] as const)("%s is what it says", (task, of) => {
    const set = data.sequences({ task, n: 300, symbols: 5, minLength: 2, maxLength: 6, seed: 3 });
    const pairs = Array.from({ length: set.size }, (_, row) => set.pair(row));
    for (const [source, target] of pairs) expect(target).toBe(of(source));
    expect(new Set(pairs.map(([source]) => source.length))).toEqual(new Set([2, 3, 4, 5, 6]));
    expect(new Set(pairs.flatMap(([source]) => [...source]))).toEqual(new Set("abcde"));
    expect(set.classes).toHaveLength(8);
  });

  test("are the same for the same seed, and others for others", () => {
    const drawn = (seed: number) => [...data.sequences({ n: 20, seed }).x.data];
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  test("mistakes are named", () => {
    expect(() => data.sequences({ minLength: 5, maxLength: 4 })).toThrow("minLength = 5 is above maxLength = 4");
    expect(() => data.sequences({ symbols: 27 })).toThrow("data.sequences: symbols = 27 is outside [2, 26]");
  });
});
