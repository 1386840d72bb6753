import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { data } from "../../../engine/data/index.ts";
import { npyArray, npyHeader } from "../../../engine/data/npyFile.ts";
import { DataError } from "../../../engine/errors/index.ts";
import { ByteTensor } from "../../../engine/tensor/index.ts";

const files = join(import.meta.dirname, "files");
const folder = mkdtempSync(join(tmpdir(), "dlnb-formats-"));
afterAll(() => rmSync(folder, { recursive: true }));
const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};

interface Written {
  readonly arrays: readonly { name: string; file: string; shape: readonly number[]; values: readonly number[] }[];
  readonly bad: Readonly<Record<string, string>>;
  readonly stored: string;
  readonly deflated: string;
}
const numpy: Written = JSON.parse(readFileSync(join(files, "numpy.json"), "utf8"));
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));

describe("NumPy's arrays", () => {
  test.each(numpy.arrays)("$name has the numbers that NumPy wrote", ({ file, shape, values }) => {
    const array = npyArray("a.npy", bytesOf(file));
    expect(array.shape).toEqual(shape);
    expect([...array.values]).toEqual(values);
  });

  test("x comes as it is, bytes as bytes, y as labels or values", async () => {
    const named = (name: string) => bytesOf(numpy.arrays.find((a) => a.name === name)?.file as string);
    const x = write("x.npy", named("<u1 C"));
    const set = await data.npy({ x, y: write("y.npy", named("<b1 C")) });
    expect(set.x).toBeInstanceOf(ByteTensor);
    expect([set.x.shape, set.y.shape, set.task, set.classes]).toEqual([
      [2, 3, 2],
      [2, 3, 2],
      "classification",
      ["0", "1"],
    ]);
    const values = await data.npy({ x, y: write("y.npy", named("<f8 C")) });
    expect([values.task, values.y.dtype]).toEqual(["regression", "f32"]);
    const tokens = await data.npy({ x: write("t.npy", named("<i8 C")), y: x }, { dtype: "i32" });
    expect(tokens.x.dtype).toBe("i32");
    await expect(data.npy({ x: write("h.npy", named("<f4 C")), y: x }, { dtype: "i32" })).rejects.toThrow(
      /h.npy: .* is no whole number of 32 bits; leave dtype at "f32"/,
    );
    await expect(data.npy({ x, y: write("y.npy", named("<i1 C")) })).rejects.toThrow(/y.npy: label -\d+ of example 0/);
    await expect(data.npy({ x, y: write("y.npy", bytesOf(numpy.bad.scalar as string)) })).rejects.toThrow(
      "y.npy: a single number is no list of examples",
    );
    await expect(data.npy("x.npy" as never)).rejects.toThrow('data.npy: give the files as { x: "...", y: "..." }');
  });

  test("an archive has arrays by name, or the parts of a set", async () => {
    const sets = await data.npz(write("stored.npz", bytesOf(numpy.stored)));
    expect([sets.train.size, sets.test?.size, sets.train.classes]).toEqual([3, 1, ["0", "1", "2"]]);
    const path = write("deflated.npz", bytesOf(numpy.deflated));
    const set = await data.npz(path, { x: "images", y: "labels" });
    expect([set.x.shape, [...set.y.data]]).toEqual([
      [3, 2, 2],
      [0, 2, 1],
    ]);
    expect((await data.npz(path, { x: "images", y: "prices" })).y.shape).toEqual([3, 1]);
    await expect(data.npz(path, { x: "image", y: "labels" })).rejects.toThrow(
      'deflated.npz: no array "image"; did you mean "images"?',
    );
    await expect(data.npz(path)).rejects.toThrow(/no array "x_train"; there is "images".*; name the arrays, as/);
    await expect(data.npz(path, { x: "images" } as never)).rejects.toThrow("data.npz: give both x and y");
    await expect(data.npz(write("cut.npz", bytesOf(numpy.deflated).subarray(0, 200)))).rejects.toThrow(
      /cut.npz: not a whole zip archive, which .npz files are/,
    );
  });

  test("what is no array of numbers is named", () => {
    const e = (name: string) => expect(() => npyHeader("a.npy", bytesOf(numpy.bad[name] as string)));
    e("complex").toThrow('a.npy: numbers of type "<c16"; convert them to b1, u1');
    e("records").toThrow("a.npy: records of several fields; save each field by itself");
    e("objects").toThrow('a.npy: numbers of type "|O"');
    e("text").toThrow('a.npy: numbers of type "<U3"');
    const good = bytesOf(numpy.arrays[0]?.file as string);
    expect(() => npyArray("a.npy", new Uint8Array(0))).toThrow("a.npy is empty");
    expect(() => npyArray("a.npy", good.subarray(1))).toThrow('does not begin as .npy files do, with 93 "NUMPY"');
    expect(() => npyArray("a.npy", good.subarray(0, 60))).toThrow("a.npy: it is cut off within its header");
    expect(() => npyArray("a.npy", good.subarray(0, -1))).toThrow(
      "a.npy: its header says [2, 3, 2] b1, 12 bytes of numbers, and there are 11: it is cut off; copy or save it again",
    );
    const huge = Buffer.from(good);
    huge.write("(99999, 99999, 99999), }", huge.indexOf("(2, 3, 2)"), "latin1");
    expect(() => npyArray("a.npy", huge)).toThrow(/999970000299999 bytes of numbers, and there are 12: it is cut off/);
  });
});

describe("CIFAR", () => {
  const record = (labels: readonly number[], value: number) => [...labels, ...new Array<number>(3072).fill(value)];

  test("10 and 100 are read from their folders, with the names of their classes", async () => {
    const ten = join(folder, "ten");
    mkdirSync(ten);
    for (const k of [2, 1]) write(`ten/data_batch_${k}.bin`, Uint8Array.from(record([k], 51 * k)));
    write("ten/test_batch.bin", Uint8Array.from([...record([9], 255), ...record([0], 0)]));
    const sets = await data.cifar(ten);
    expect([sets.train.x.shape, [...sets.train.y.data], sets.test?.size]).toEqual([[2, 3, 32, 32], [1, 2], 2]);
    expect([sets.train.x.at(0, 2, 31, 31), sets.train.x.at(1, 0, 0, 0)]).toEqual([0.2, 0.4].map(Math.fround));
    write("ten/batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
    expect((await data.cifar(ten)).train.classes?.[9]).toBe("truck");
    await expect(data.cifar(ten, { labels: "coarse" })).rejects.toThrow("data.cifar: CIFAR-10 has no coarse labels");

    const hundred = join(folder, "hundred");
    mkdirSync(hundred);
    write("hundred/train.bin", Uint8Array.from(record([19, 99], 7)));
    expect([...(await data.cifar(hundred)).train.y.data]).toEqual([99]);
    const coarse = await data.cifar(hundred, { labels: "coarse" });
    expect([[...coarse.train.y.data], coarse.train.classes?.length, coarse.test]).toEqual([[19], 20, undefined]);
  });

  test("bad folders are named", async () => {
    const bad = join(folder, "bad");
    mkdirSync(bad);
    await expect(data.cifar(bad)).rejects.toThrow(/neither data_batch_1.bin \(CIFAR-10\) nor train.bin \(CIFAR-100\)/);
    write("bad/train.bin", Uint8Array.from(record([1, 1], 0)).subarray(1));
    await expect(data.cifar(bad)).rejects.toThrow(
      "train.bin: 3073 bytes are not images of 3074 each, as CIFAR-100 has",
    );
    write("bad/train.bin", Uint8Array.from(record([1, 100], 0)));
    await expect(data.cifar(bad)).rejects.toThrow(
      "train.bin: label 100 of example 0 stands for no class; there are 100",
    );
    await expect(data.cifar(`${bad}x`)).rejects.toThrow(/data.cifar: no folder ".*badx" .*; did you mean "bad"\?/);
  });
});

describe("JSON", () => {
  const read = (text: string, options: object = {}) => data.json(write("r.json", text), { target: "y", ...options });

  test("is a list of records, or a record on each line", async () => {
    const rows = ['{"a": 1, "b": true, "y": "cat"}', '{"b": false, "a": 2.5, "y": "dog"}'];
    for (const text of [`[${rows}]`, rows.join("\n"), `\uFEFF ${rows.join("\r\n\r\n")}\n`]) {
      const set = await read(text);
      expect(set.x.toArray()).toEqual([
        [1, 1],
        [2.5, 0],
      ]);
      expect([set.classes, set.featureNames]).toEqual([
        ["cat", "dog"],
        ["a", "b"],
      ]);
    }
    expect((await read('[{"a": 1, "y": 0.5}]')).y.toArray()).toEqual([[0.5]]);
  });

  test.each([
    ["", "r.json is empty"],
    ["[]", "r.json: its list has no records"],
    ['[{"a": 1, "y": 0}', /^r.json: expected .*; a list of objects, or an object on each line, is expected$/],
    ['{"a": 1, "y": 0}\n{"a": 1,\n', /^r.json, line 2: expected/],
    ["[1]", 'r.json, record 1: 1 is not an object, such as { "x0": 1, "y": 0 }'],
    ['[{"a": 1, "y": 0}, {"y": 1}]', 'r.json, record 2, column "a": the value is missing'],
    ['[{"a": 1, "y": 0}, {"a": [1], "y": 1}]', 'r.json, record 2, column "a": "[1]" is not a number'],
    ['[{"a": 1, "y": 0}, {"a": 2, "y": 1, "c": 3}]', 'r.json, record 2: "c" is not in the first record'],
    ['[{"a": 1, "price": 0}]', 'r.json: no column "y"; did you mean "a"?'],
  ])("that is bad is named: %s", async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
    await expect(read(text)).rejects.toThrow(DataError);
  });
});

describe("Parquet", () => {
  const plain = join(files, "alltypes_plain.parquet");

  test("files of Impala and Arrow have the numbers that they are known for", async () => {
    const set = await data.parquet(plain, {
      target: "id",
      columns: ["bool_col", "tinyint_col", "bigint_col", "double_col"],
      task: "regression",
    });
    expect(set.y.toArray()).toEqual([4, 5, 6, 7, 2, 3, 0, 1].map((id) => [id]));
    expect(set.x.toArray()).toEqual(
      [0, 1, 0, 1, 0, 1, 0, 1].map((odd) => [1 - odd, odd, 10 * odd, Math.fround(10.1 * odd)]),
    );
    const packed = await data.parquet(join(files, "alltypes_plain.snappy.parquet"), {
      target: "id",
      columns: ["float_col"],
    });
    expect([packed.classes, packed.x.toArray()]).toEqual([
      ["6", "7"],
      [[0], [Math.fround(1.1)]],
    ]);
    // numpy.random.RandomState(0).normal
    const split = await data.parquet(join(files, "byte_stream_split.zstd.parquet"), { target: "f32" });
    expect(split.size).toBe(300);
    expect([...split.y.data.subarray(0, 2)].map((v) => v.toFixed(6))).toEqual(["1.764052", "0.400157"]);
  });

  test("text may be what is to be predicted, and categories as a feature", async () => {
    const set = await data.parquet(plain, { target: "string_col", columns: ["id"], task: "classification" });
    expect(set.size).toBe(8);
    const days = await data.parquet(plain, { target: "id", columns: ["int_col", "date_string_col"] });
    expect(days.categories.date_string_col).toHaveLength(4);
  });

  test("what is bad is named", async () => {
    await expect(data.parquet(plain, { target: "idd" })).rejects.toThrow('no column "idd"; did you mean "id"?');
    const missing = data.parquet(join(files, "list_columns.parquet"), { target: "int64_list" });
    await expect(missing).rejects.toThrow(/list_columns.parquet, row 1, column "utf8_list": .* is not a number/);
    const bytes = readFileSync(plain);
    const cut = data.parquet(write("cut.parquet", bytes.subarray(0, 900)), { target: "id" });
    await expect(cut).rejects.toThrow(/^cut.parquet: not a whole Parquet file: .*; copy or write it again$/);
    await expect(data.parquet(write("empty.parquet", ""), { target: "id" })).rejects.toThrow("empty.parquet is empty");
    await expect(data.parquet(write("text.parquet", "a,b\n1,2\n"), { target: "id" })).rejects.toThrow(DataError);
  });
});

describe("a table that is streamed", () => {
  const rows = Array.from({ length: 60_000 }, (_, i) => {
    const gap = i % 7000 === 11;
    return `${i / 4},${gap ? "" : i % 13},${["red", "blue", "amber"][i % 3]},a,b,${i % 2 ? "no" : "yes"}`;
  });
  const text = `size,age,colour,d,e,y\n${rows.join("\n")}\n`;

  test.each(["keep", "drop"] as const)("has the rows, categories and labels of one in memory: %s", async (missing) => {
    const path = write("large.csv", text);
    const options = { target: "y", missing };
    const [held, streamed] = [await data.csv(path, options), await data.csv(path, { ...options, stream: true })];
    expect([streamed.streamed, streamed.size, streamed.classes]).toEqual([true, held.size, held.classes]);
    expect(streamed.categories).toEqual(held.categories);
    expect(held.categories.colour).toEqual(["amber", "blue", "red"]);
    expect([...streamed.x.data]).toEqual([...held.x.data]);
    expect([...streamed.y.data]).toEqual([...held.y.data]);
  });

  test("names what is missing as one in memory does", async () => {
    await expect(data.csv(write("large.csv", text), { target: "y", stream: true })).rejects.toThrow(
      /large.csv, line 13, column "age": the value is missing, the first of 9 \(age 9\)/,
    );
  });

  test("may be JSON or Parquet", async () => {
    const path = write("s.json", '[{"a": 1, "y": 0}, {"a": 2, "y": 1}]');
    expect((await data.json(path, { target: "y", stream: true })).x.toArray()).toEqual([[1], [2]]);
    const options = { target: "id", columns: ["double_col"] };
    const [held, streamed] = await Promise.all(
      [false, true].map((stream) => data.parquet(join(files, "alltypes_plain.parquet"), { ...options, stream })),
    );
    expect(streamed?.x.toArray()).toEqual(held?.x.toArray());
  });
});

test("tabs between values are found, and taken for granted in files called so", async () => {
  const set = await data.csv(write("t.tsv", "a\tb\ty\n1\t2\t0\n"), { target: "y" });
  expect([set.featureNames, set.x.toArray()]).toEqual([["a", "b"], [[1, 2]]]);
  expect((await data.csv(write("t.txt", "a\tb\ty\n1\t2\t0\n3\t4\t1\n"), { target: "y" })).size).toBe(2);
  expect((await data.csv(write("one.tsv", "a, b\ty\n1\t0\n"), { target: "y" })).featureNames).toEqual(["a, b"]);
});
