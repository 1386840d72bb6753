import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { data, TextDataset } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/tensor/index.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-text-"));
afterAll(() => rmSync(folder, { recursive: true }));

const alphabet = "abcdefghijklmnopqrstuvwxyz";

describe("a text", () => {
  test("becomes examples of characters, each with those that follow", async () => {
    const set = await data.text({ text: "banana!" }, { context: 3 });
    expect(set.classes).toEqual(["!", "a", "b", "n"]);
    expect([set.x.shape, [...set.x.data]]).toEqual([
      [2, 3],
      [2, 1, 3, 1, 3, 1],
    ]);
    expect([set.y.shape, [...set.y.data]]).toEqual([
      [2, 3],
      [1, 3, 1, 3, 1, 0],
    ]);
    expect([set.x.dtype, set.y.dtype, set.task]).toEqual(["i32", "i32", "classification"]);
    expect(String(set)).toBe('text: text, 2 examples of 3 characters, 4 different: "!abn"');
  });

  test("is read from a file, as characters and not as bytes", async () => {
    const path = join(folder, "words.txt");
    writeFileSync(path, "\uFEFFé🎈é🎈é");
    const set = await data.text(path, { context: 2, stride: 1 });
    expect(set.classes).toEqual(["é", "🎈"]);
    expect(set.decode(set.x)).toBe("é🎈🎈éé🎈");
    expect(set.name).toBe("words.txt");
  });

  test("is encoded and decoded by its characters, and by no others", async () => {
    const set = await data.text({ text: "banana!" }, { context: 3 });
    expect(set.encode("nab")).toEqual(tensor([[3, 1, 2]], { dtype: "i32" }));
    expect(set.decode(set.encode("ban!"))).toBe("ban!");
    expect(set.decode([2, 1])).toBe("ba");
    expect(() => set.encode("nub")).toThrow('encode: text has no "u"; its characters are "!abn"');
    expect(() => set.decode([4])).toThrow("decode: 4 is outside the 4 characters of text");
  });

  test("is split in its order, and parts share no characters", async () => {
    const places = String.fromCodePoint(...Array.from({ length: 120 }, (_, i) => 0x4e00 + i)); // each its own place
    for (const stride of [1, 3, 5, 8, 11]) {
      const set = await data.text({ text: places }, { context: 8, stride });
      const { train, valid, test } = set.split({ valid: 2, test: 0.1, seed: 3 });
      const parts = [train, valid, test].map((part) => [...new Set(part?.x.data)]);
      expect(parts.flat()).toEqual([...new Set(parts.flat())].sort((a, b) => a - b));
      expect(valid?.size).toBe(2);
      expect(train).toBeInstanceOf(TextDataset);
      const [left, right] = [set.size - train.size - (valid?.size ?? 0) - (test?.size ?? 0), Math.ceil(8 / stride) - 1];
      expect(left).toBe(2 * right);
    }
  });

  test("must be longer than one example, and says where its file is not", async () => {
    await expect(data.text({ text: "short" }, { context: 5 })).rejects.toThrow(
      "text: 5 characters do not fill one example of 5 and the character after it",
    );
    writeFileSync(join(folder, "poems.txt"), alphabet);
    await expect(data.text(join(folder, "poem.txt"), { context: 5 })).rejects.toThrow(
      /data\.text: no file ".*poem\.txt" in .*; did you mean "poems\.txt"\?/,
    );
    await expect(data.text(5 as never, { context: 5 })).rejects.toThrow("data.text: give the path of a file, or");
    const set = await data.text({ text: alphabet }, { context: 5, stride: 1 });
    expect(() => set.split({ valid: 16, test: 1 })).toThrow(
      "split: valid 16 and test 1, with 8 between that overlap, leave none of 21 examples to train on",
    );
    expect(() => set.split({ valid: 1, stratify: true })).toThrow("split: text is split in its order");
  });
});

describe("a text of words", () => {
  const words = { text: "The cat sat.\nThe dog sat, the dog's cat too." };

  test("has words and signs as tokens, the most frequent first", async () => {
    const set = await data.text(words, { context: 4, by: "word" });
    expect(set.classes).toEqual([".", "The", "cat", "sat", "\n", ",", "dog", "dog's", "the", "too"]);
    expect(set.decode(set.x)).toBe("The cat sat.\nThe dog sat, the dog's cat");
    expect(String(set)).toBe("text: text, 3 examples of 4 words, 10 different: . The cat sat \n , dog dog's the too");
  });

  test("a word that it lacks is an error, or unknown where that has a token", async () => {
    const set = await data.text(words, { context: 4, by: "word" });
    expect(() => set.encode("the cot")).toThrow('encode: text has no "cot"; did you mean "cat"?');
    const open = await data.text(words, { context: 4, by: "word", minCount: 2, unknown: "<unk>" });
    expect(open.classes).toEqual(["<unk>", ".", "The", "cat", "sat"]);
    expect(open.decode(open.encode("The fish sat."))).toBe("The <unk> sat.");
    await expect(data.text(words, { context: 4, by: "word", minCount: 2 })).rejects.toThrow(
      'data.text: minCount = 2 leaves tokens without a number; give unknown: "<unk>"',
    );
  });
});
