import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { data } from "../../../engine/data/index.ts";
import { DataError } from "../../../engine/errors/index.ts";
import { ByteTensor } from "../../../engine/tensor/index.ts";
import { idxFile } from "../../support/idx.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-idx-"));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, bytes: Uint8Array): string => {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
};
const images = write("images", idxFile([3, 2, 2], "u8", [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8]));
const labels = write("labels", idxFile([3], "u8", [2, 0, 1]));

describe("reading", () => {
  test("images are [N, 1, H, W] from 0 to 1, kept as bytes, labels classes", async () => {
    const set = await data.idx({ images, labels });
    expect(String(set)).toBe("images: classification, 3 examples [1, 2, 2] f32, 3 classes: 0, 1, 2");
    expect(set.x).toBeInstanceOf(ByteTensor);
    expect([...set.x.data.subarray(0, 4)]).toEqual([0, 0.2, 0.4, 1].map(Math.fround));
    expect([...set.y.data]).toEqual([2, 0, 1]);
    expect((await data.idx({ images, labels }, { classes: ["a", "b", "c"] })).classes).toEqual(["a", "b", "c"]);
  });

  test("gzipped files are the same, whatever they are called", async () => {
    const packed = write("packed", gzipSync(idxFile([3, 2, 2], "u8", [0, 51, 102, 255, 1, 2, 3, 4, 5, 6, 7, 8])));
    expect((await data.idx({ images: packed, labels })).x.toArray()).toEqual(
      (await data.idx({ images, labels })).x.toArray(),
    );
  });

  test("a folder with the usual names gives training and test examples", async () => {
    const place = join(folder, "mnist");
    mkdirSync(place);
    const put = (name: string, bytes: Uint8Array) => writeFileSync(join(place, name), bytes);
    put("train-images-idx3-ubyte", idxFile([6, 2, 2], "u8", new Array(24).fill(9)));
    put("train-labels-idx1-ubyte.gz", gzipSync(idxFile([6], "u8", [0, 1, 2, 0, 1, 2])));
    put("t10k-images.idx3-ubyte", idxFile([1, 2, 2], "u8", [1, 2, 3, 4]));
    await expect(data.idx(place)).rejects.toThrow(/no t10k-labels-idx1-ubyte.gz in/);
    put("t10k-labels.idx1-ubyte", idxFile([1], "u8", [2]));
    const sets = await data.idx(place);
    expect([sets.train.size, sets.test?.size, sets.valid]).toEqual([6, 1, undefined]);
    const held = sets.split({ valid: 1, seed: 1 });
    expect([held.train.size, held.valid?.size, held.test?.size]).toEqual([5, 1, 1]);
    expect(() => sets.split({ test: 1 })).toThrow(
      "split: there are test examples already, 1; take the other part alone",
    );
    put("t10k-labels.idx1-ubyte", idxFile([1], "u8", [3]));
    await expect(data.idx(place)).rejects.toThrow("label 3 of example 0 stands for no class; there are 3 classes");
    put("train-images.idx3-ubyte", idxFile([3, 2, 2], "u8", new Array(12).fill(9)));
    await expect(data.idx(place)).rejects.toThrow(/train-images-idx3-ubyte and train-images.idx3-ubyte are both in/);
  });

  test.each([
    ["i8", -128],
    ["i16", -300],
    ["i32", 70_000],
    ["f32", 0.5],
    ["f64", 0.25],
  ] as const)("%s numbers come as they are", async (type, value) => {
    const set = await data.idx({ images: write("numbers", idxFile([3, 2], type, [value, 1, 2, 3, 4, 5])), labels });
    expect(set.x.toArray()).toEqual([
      [value, 1],
      [2, 3],
      [4, 5],
    ]);
  });
});

describe("bad files are named with what was found and what was expected", () => {
  const bad = async (images: Uint8Array, text: string | RegExp, own: Uint8Array | null = null) => {
    const files = { images: write("bad", images), labels: own ? write("bad-labels", own) : labels };
    await expect(data.idx(files)).rejects.toThrow(text);
    await expect(data.idx(files)).rejects.toThrow(DataError);
  };
  const good = idxFile([3, 2, 2], "u8", new Array(12).fill(1));

  test("empty, cut off, too long, of another kind", async () => {
    await bad(new Uint8Array(0), "bad is empty");
    await bad(good.subarray(0, 3), /begins with 00 00 08, which is no IDX file/);
    await bad(good.subarray(0, 9), "bad: 9 bytes end within its header of 16");
    await bad(good.subarray(0, 20), "bad: its header says [3, 2, 2], 28 bytes in all, and there are 20: it is cut off");
    await bad(Buffer.concat([good, good]), "28 bytes in all, and there are 56: something follows them");
    await bad(Buffer.from("a,b,c"), "bad: begins with 61 2c 62 2c, which is no IDX file: those begin with 00 00 08 03");
    await bad(gzipSync(good).subarray(0, 30), /bad: not whole gzip data: unexpected end of file; copy or download/);
    await bad(idxFile([0, 2, 2], "u8", []), "its header says [0, 2, 2]: there are no examples");
  });

  test("a huge declared size is held against the file before memory is taken", async () => {
    const huge = good.slice();
    new DataView(huge.buffer).setUint32(4, 2 ** 32 - 1);
    await bad(huge, /header says \[4294967295, 2, 2\], 17179869196 bytes in all, and there are 28/);
  });

  test("labels that do not fit", async () => {
    await bad(good, "bad-labels has 2 labels, bad 3 images", idxFile([2], "u8", [0, 1]));
    await bad(good, "label -1 of example 1 stands for no class", idxFile([3], "i8", [0, -1, 1]));
    await bad(
      idxFile([3], "u8", [0, 1, 2]),
      /labels have one axis, not \[3, 2, 2\]; are images and labels the wrong/,
      good,
    );
  });

  test("what is no file or no option", async () => {
    await expect(data.idx({ images, labels: `${labels}x` })).rejects.toThrow(/no file .*; did you mean "labels"/);
    await expect(data.idx("nowhere")).rejects.toThrow(/no folder "nowhere"/);
    await expect(data.idx(images as string)).rejects.toThrow(/is a file, not a folder/);
    await expect(data.idx({ images } as never)).rejects.toThrow(/give a folder, or the files/);
    await expect(data.idx({ images, labels }, { clases: [] } as never)).rejects.toThrow(/clases/);
  });
});
