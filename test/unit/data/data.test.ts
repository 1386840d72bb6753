import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { inContext } from "../../../engine/context/index.ts";
import { type CsvOptions, type Dataset, data } from "../../../engine/data/index.ts";
import { tensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-data-"));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
async function read(text: string, options: CsvOptions = { target: "y" }, name = `f${files++}.csv`): Promise<Dataset> {
  writeFileSync(join(folder, name), text);
  return data.csv(join(folder, name), options);
}

describe("reading", () => {
  test("the digits are 1797 images of ten classes", async () => {
    const digits = await data.csv("examples/data/digits.csv", { target: "y" });
    expect(String(digits)).toBe(
      "digits.csv: classification, 1797 examples [64] f32, 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9",
    );
    expect([...digits.x.data.subarray(0, 5)]).toEqual([0, 0, 5, 13, 9]);
    expect(digits.reshape([1, 8, 8]).x.shape).toEqual([1797, 1, 8, 8]);
  });

  test("the other examples are read as what they are", async () => {
    const tasks = await Promise.all(
      ["iris", "wine", "breast_cancer", "diabetes"].map(async (name) => {
        const set = await data.csv(`examples/data/${name}.csv`, { target: "y" });
        return [set.size, set.x.shape[1], set.task, set.classes?.length];
      }),
    );
    expect(tasks).toEqual([
      [150, 4, "classification", 3],
      [178, 13, "classification", 3],
      [569, 30, "classification", 2],
      [442, 10, "regression", undefined],
    ]);
  });

  test("text is classes in order, whole numbers are classes by value, other numbers are values", async () => {
    const animals = await read("a,y\n1,dog\n2,cat\n3,dog\n");
    expect([animals.classes, [...animals.y.data]]).toEqual([
      ["cat", "dog"],
      [1, 0, 1],
    ]);
    expect((await read("a,y\n1,10\n2,9\n")).classes).toEqual(["9", "10"]);
    const prices = await read("a,y\n1,1.5\n2,2\n");
    expect([prices.task, prices.y.shape]).toEqual(["regression", [2, 1]]);
    const many = `a,y\n${Array.from({ length: 51 }, (_, i) => `1,${i}`).join("\n")}`;
    expect((await read(many)).task).toBe("regression");
    expect((await read(many, { target: "y", task: "classification" })).classes).toHaveLength(51);
    expect((await read("a,y\n1,1\n", { target: "y", task: "regression" })).y.dtype).toBe("f32");
  });

  test("columns may be picked, targets be several, the delimiter found, quotes and a byte order mark be there", async () => {
    const set = await read('\uFEFF"a";b;"y, the target"\r\n1;2;x\r\n\r\n3;4;z\r\n', { target: "y, the target" });
    expect(set.x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect((await read("a,b,y\n1,2,0\n", { target: "y", columns: ["b"] })).featureNames).toEqual(["b"]);
    expect((await read("a,b,y\n1,2,0.5\n", { target: ["b", "y"] })).y.toArray()).toEqual([[2, 0.5]]);
  });

  test("a file of many pieces is read whole", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i},${i * 2},${i % 3}`);
    const set = await read(`a,b,y\n${rows.join("\n")}\n`);
    expect(set.size).toBe(20_000);
    expect(set.x.at(-1, 1)).toBe(39_998);
  });
});

describe("bad files name file, line, column and value", () => {
  const e = (text: string, options?: CsvOptions) => expect(read(text, options, "bad.csv")).rejects;
  test.each<[string, string, string, CsvOptions?]>([
    [
      "a missing column",
      "a,b,label\n1,2,0\n",
      'bad.csv: no column "lable"; did you mean "label"?',
      { target: "lable" },
    ],
    ["no near column", "a,b\n1,2\n", 'bad.csv: no column "price"; there is "a", "b"', { target: "price" }],
    ["a short line", "a,b,y\n1,2,0\n1,2\n", "bad.csv, line 3: 2 values where the header has 3"],
    ["a long line", "a,y\n\n1,2,0\n", "bad.csv, line 3: 3 values where the header has 2"],
    ["text in a feature", "a,b,y\n1,2,0\n1,two,0\n", 'bad.csv, line 3, column "b": "two" is not a number'],
    ["a missing value", "a,b,y\n1,,0\n", 'bad.csv, line 2, column "b": the value is missing'],
    ["text after a quoted line end", 'a,y\n"1\n",0\nx,0\n', 'bad.csv, line 4, column "a": "x" is not a number'],
    ["text among target values", "a,y\n1,1.5\n2,?\n", 'bad.csv, line 3, column "y": "?" is not a number'],
    ["a number beyond f32", "a,y\n1e39,0\n", 'bad.csv, line 2, column "a": 1e39 is beyond f32, which ends at 3.4e38'],
    ["an empty label", "a,y\n1,dog\n2, \n", 'bad.csv, line 3, column "y": the target is empty'],
    ["an empty file", "", "bad.csv is empty"],
    ["a header alone", "a,y\n", "bad.csv: no lines below the header"],
    ["no header", "1,2\n3,4\n", "bad.csv, line 1: numbers where the names of the columns should be; add a header line"],
    ["one name twice", "a,a,y\n1,2,0\n", 'bad.csv: column "a" is there twice; rename one'],
    ["an open quote", 'a,y\n"1,0\n2,0\n', "bad.csv, line 2: quoted field unterminated"],
    ["only the target", "y\n1\n", "bad.csv: no columns are left beside the target"],
  ])("%s", async (_, text, message, options) => {
    await e(text, options).toThrow(message);
  });

  test("a file that is not there", async () => {
    writeFileSync(join(folder, "there.csv"), "a,y\n1,2\n");
    await expect(data.csv(join(folder, "their.csv"), { target: "y" })).rejects.toThrow(
      `their.csv" in ${folder}; did you mean "there.csv"?`,
    );
    await expect(data.csv(join(folder, "no/x.csv"), { target: "y" })).rejects.toThrow("data.csv: no folder");
    await expect(data.csv(folder, { target: "y" })).rejects.toThrow("is a folder, not a file");
    await expect(data.csv("x.csv", {} as CsvOptions)).rejects.toThrow("data.csv: target is missing");
  });
});

describe("in a cell", () => {
  const backend = undefined as unknown as Backend;

  test("paths begin at the notebook's folder", async () => {
    writeFileSync(join(folder, "near.csv"), "a,y\n1,0\n");
    const context = testContext(backend, { folder });
    expect((await inContext(context, () => data.csv("near.csv", { target: "y" }))).size).toBe(1);
  });

  test("reading stops when the cell is interrupted", async () => {
    writeFileSync(join(folder, "near.csv"), "a,y\n1,0\n");
    const context = testContext(backend, { folder, signal: AbortSignal.abort() });
    await expect(inContext(context, () => data.csv("near.csv", { target: "y" }))).rejects.toThrow(
      "interrupted while reading near.csv",
    );
  });

  test("a long list of columns is cut", async () => {
    const names = Array.from({ length: 100 }, (_, i) => `c${i}`);
    await expect(read(`${names}\n${names.map(() => 1)}\n`, { target: "label" })).rejects.toThrow(
      '"c19", ... (100 in all)',
    );
  });
});

describe("splitting", () => {
  const set = data.tensors({
    x: tensor(Array.from({ length: 100 }, (_, i) => [i])),
    y: tensor(
      Array.from({ length: 100 }, (_, i) => (i < 80 ? 0 : 1)),
      { dtype: "i32" },
    ),
  });

  test("parts are disjoint, whole together and the same for the same seed", () => {
    const { train, valid, test: held } = set.split({ valid: 0.1, test: 20, seed: 7 });
    const all = [train, valid, held].flatMap((part) => [...(part?.x.data ?? [])]);
    expect([train.size, valid?.size, held?.size]).toEqual([70, 10, 20]);
    expect(new Set(all).size).toBe(100);
    expect(set.split({ valid: 0.1, test: 20, seed: 7 }).train.x.data).toEqual(train.x.data);
    expect(set.split({ valid: 0.1, test: 20, seed: 8 }).train.x.data).not.toEqual(train.x.data);
  });

  test("stratify keeps the shares of the classes", () => {
    const { train, valid, test: held } = set.split({ valid: 0.1, test: 0.2, seed: 1, stratify: true });
    const ones = [train, valid, held].map((part) => part?.y.data.filter((label) => label === 1).length);
    expect(ones).toEqual([14, 2, 4]);
  });

  test.each([
    [{}, "split: give valid, test or both"],
    [{ valid: 0.5, test: 0.5 }, "split: valid 50 and test 50 leave none of 100 examples to train on"],
    [{ valid: 100 }, "leave none of 100 examples"],
    [{ valid: 0.001 }, "split: valid = 0.001 of 100 examples is none; give a count, as valid: 1"],
    [{ valid: 1.5 }, "split: valid = 1.5 is neither a fraction nor a whole number"],
    [{ valid: -0.1 }, "split: valid = -0.1 is outside [0, inf)"],
    [{ vaild: 0.1 }, 'split: unknown option "vaild"; did you mean "valid"?'],
  ])("%j is refused", (options, message) => expect(() => set.split(options)).toThrow(message));
});

describe("normalizing", () => {
  const set = data.tensors({
    x: tensor([
      [1, 5],
      [3, 5],
      [100, 6],
      [5, 5],
    ]),
    y: tensor([0, 0, 1, 1], { dtype: "i32" }),
  });
  const splits = () => {
    for (let seed = 0; ; seed++) {
      const parts = set.split({ test: 1, seed });
      if (parts.test?.x.data[0] === 100) return parts;
    }
  };

  // by hand: train column 0 is 1, 3, 5 in some order: mean 3, population deviation sqrt(8 / 3); column 1 is constant 5
  test("standardize looks at the training part only, and moves a constant", () => {
    const { train, test: held } = splits().normalize("standardize");
    const deviation = Math.sqrt(8 / 3);
    expect([...train.x.data].sort((a, b) => a - b)).toBeAllclose([-2 / deviation, 0, 0, 0, 0, 2 / deviation]);
    expect(held?.x.data as Float32Array).toBeAllclose([97 / deviation, 1]);
  });

  test("minmax takes the training part to [0, 1]", () => {
    const { train, test: held } = splits().normalize("minmax");
    expect([...train.x.data].sort((a, b) => a - b)).toBeAllclose([0, 0, 0, 0, 0.5, 1]);
    expect(held?.x.data as Float32Array).toBeAllclose([24.75, 1]);
  });

  test("a fixed scale is x * scale + shift", () => {
    expect(set.normalize({ scale: 2, shift: 1 }).x.data).toBeAllclose([3, 11, 7, 11, 201, 13, 11, 11]);
    expect(() => set.normalize("standard" as "minmax")).toThrow('normalize: "standard" is not "standardize", "minmax"');
    expect(() => set.normalize({ scal: 2 } as object)).toThrow(
      'normalize: unknown option "scal"; did you mean "scale"?',
    );
  });
});

test("what does not fit is refused", () => {
  const x = tensor([[1, 2]]);
  expect(() => data.tensors({ x, y: tensor([0, 1]) })).toThrow("tensors: x [1, 2] has 1 examples, y [2, 1] has 2");
  expect(() => data.tensors({ x, y: tensor([-1], { dtype: "i32" }) })).toThrow(
    "label -1 of example 0 is outside the 0 classes",
  );
  expect(() => data.tensors({ x, y: tensor([0]) }).reshape([1, 3])).toThrow(
    "reshape: an example [2] has 2 values, which do not fill [1, 3]",
  );
  expect(() => (data.tensors as () => void)()).toThrow("data.tensors: x and y must be tensors");
  expect(() => (data as unknown as Record<string, unknown>).cvs).toThrow('no data source "cvs"; did you mean "csv"?');
});
