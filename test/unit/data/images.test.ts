import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { encode as encodeJpeg } from "jpeg-js";
import { afterAll, describe, expect, test } from "vitest";
import { data, type ImagesOptions, type Splits } from "../../../engine/data/index.ts";
import { decodePicture } from "../../../engine/data/picture.ts";
import { middle, resized } from "../../../engine/data/resize.ts";
import { DataError } from "../../../engine/errors/index.ts";
import { ByteTensor } from "../../../engine/tensor/index.ts";
import { pngFile } from "../../support/png.ts";

const root = mkdtempSync(join(tmpdir(), "dlnb-images-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder with these files. */
function folder(name: string, files: Readonly<Record<string, Uint8Array>>): string {
  for (const [file, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, file)), { recursive: true });
    writeFileSync(join(root, name, file), bytes);
  }
  return join(root, name);
}

const pixel = (r: number, g: number, b: number) => pngFile({ width: 1, height: 1 }, [[r, g, b]]);
const wide = pngFile({ width: 2, height: 1 }, [[1, 2, 3, 4, 5, 6]]);

describe("a folder of pictures", () => {
  test("has a class for each of its folders, in the order of their names", async () => {
    const place = folder("flowers", {
      "tulip/b.png": pixel(255, 0, 51),
      "tulip/a.PNG": pixel(0, 0, 0),
      "daisy/deeper/c.png": pixel(102, 0, 0),
      "daisy/notes.txt": new Uint8Array(3),
      ".hidden/x.png": pixel(1, 1, 1),
    });
    const set = await data.images(place);
    expect(String(set)).toBe("flowers: classification, 3 examples [3, 1, 1] f32, 2 classes: daisy, tulip");
    const { x, y } = set as Exclude<typeof set, Splits>;
    expect([...y.data]).toEqual([0, 1, 1]);
    expect(x).toBeInstanceOf(ByteTensor);
    expect([...(x as ByteTensor).bytes]).toEqual([102, 0, 0, 0, 0, 0, 255, 0, 51]);
    expect(x.at(2, 2, 0, 0)).toBe(Math.fround(0.2));
  });

  test("may be in parts, of which only the training part must have every class", async () => {
    const place = folder("parts", {
      "train/a/1.png": pixel(1, 1, 1),
      "train/b/1.png": pixel(2, 2, 2),
      "val/b/1.png": pixel(3, 3, 3),
      "test/a/1.png": pixel(4, 4, 4),
    });
    const sets = (await data.images(place, { channels: "gray" })) as Splits;
    expect([sets.train.size, sets.valid?.size, sets.test?.size]).toEqual([2, 1, 1]);
    expect([...(sets.valid?.y.data ?? [])]).toEqual([1]);
    expect(sets.train.x.shape).toEqual([2, 1, 1, 1]);
    folder("parts", { "test/c/1.png": pixel(4, 4, 4) });
    await expect(data.images(place)).rejects.toThrow('test: class "c" is not in train; remove or rename it');
  });

  test("may be larger than memory: pictures are unpacked once and streamed", async () => {
    const place = folder("many", { "a/1.png": wide, "a/2.png": pixel(9, 8, 7), "b/1.png": wide });
    const [held, streamed] = (await Promise.all(
      [false, true].map((stream) => data.images(place, { size: [1, 2], stream })),
    )) as Exclude<Awaited<ReturnType<typeof data.images>>, Splits>[];
    expect([held?.streamed, streamed?.streamed]).toEqual([false, true]);
    expect(streamed?.x.toArray()).toEqual(held?.x.toArray());
  });

  test("of different sizes needs one that they are brought to", async () => {
    const place = folder("sizes", { "a/1.png": pixel(10, 20, 30), "a/2.png": wide });
    await expect(data.images(place)).rejects.toThrow(
      /^a.2.png: 1 x 2 pixels where a.1.png has 1 x 1; bring all to one size, as \{ size: \[1, 1\] \}$/,
    );
    const set = await data.images(place, { size: [1, 2] });
    expect((set as Exclude<typeof set, Splits>).x.shape).toEqual([2, 3, 1, 2]);
  });
});

describe("a picture", () => {
  const rgb = (bytes: Uint8Array) => [...decodePicture("p", bytes, 3).data];
  const gray = (bytes: Uint8Array) => [...decodePicture("p", bytes, 1).data];

  test("of every kind that PNG has comes as bytes", () => {
    expect(rgb(pngFile({ width: 2, height: 1 }, [[1, 2, 3, 4, 5, 6]]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(
      rgb(
        pngFile({ width: 1, height: 2, color: 6 }, [
          [1, 2, 3, 9],
          [4, 5, 6, 9],
        ]),
      ),
    ).toEqual([1, 4, 2, 5, 3, 6]);
    expect(rgb(pngFile({ width: 2, height: 1, color: 0 }, [[7, 8]]))).toEqual([7, 8, 7, 8, 7, 8]);
    expect(gray(pngFile({ width: 2, height: 1, color: 4 }, [[7, 0, 8, 0]]))).toEqual([7, 8]);
    expect(gray(pngFile({ width: 2, height: 1, color: 0, depth: 16 }, [[7, 200, 8, 0]]))).toEqual([7, 8]);
    // 10 bits of a line fill two bytes, two bits a pixel
    expect(gray(pngFile({ width: 5, height: 1, color: 0, depth: 2 }, [[0b00011011, 0b01000000]]))).toEqual([
      0, 85, 170, 255, 85,
    ]);
    expect(gray(pngFile({ width: 9, height: 1, color: 0, depth: 1 }, [[0b10100000, 0b10000000]]))).toEqual([
      255, 0, 255, 0, 0, 0, 0, 0, 255,
    ]);
    const palette = [10, 20, 30, 40, 50, 60];
    expect(rgb(pngFile({ width: 3, height: 1, color: 3, depth: 4 }, [[0x01, 0x10]], palette))).toEqual([
      10, 40, 40, 20, 50, 50, 30, 60, 60,
    ]);
  });

  test("turns grey as Pillow has it: luma 601, rounded", () => {
    const colours = [
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 255],
      [255, 255, 255],
      [12, 200, 99],
    ];
    expect(colours.map(([r, g, b]) => gray(pixel(r!, g!, b!))[0])).toEqual([76, 150, 29, 255, 132]);
  });

  test("of JPEG comes close to what was packed", () => {
    const size = 16;
    const pixels = new Uint8Array(4 * size * size);
    for (let i = 0; i < size * size; i++) pixels.set([8 * (i % size), 120, 200 - 8 * Math.floor(i / size), 255], 4 * i);
    const { data: file } = encodeJpeg({ width: size, height: size, data: pixels }, 95);
    const out = decodePicture("p", file, 3);
    const worst = Math.max(
      ...Array.from(out.data, (v, k) => {
        const i = k % (size * size);
        return Math.abs(v - (pixels[4 * i + Math.floor(k / (size * size))] as number));
      }),
    );
    expect([out.channels, out.height, out.width]).toEqual([3, size, size]);
    expect(worst).toBeLessThan(12);
  });

  // torch.nn.functional.interpolate(mode="bilinear", antialias=True) of PyTorch 1.13, rounded
  test.each([
    [3, 4, [23, 80, 148, 206, 35, 93, 161, 219, 48, 106, 174, 156]],
    [2, 2, [67, 171, 83, 171]],
    [5, 3, [32, 111, 190, 40, 119, 198, 48, 127, 206, 56, 135, 214, 64, 143, 133]],
  ])("is brought to %s x %s as PyTorch does", (height, width, expected) => {
    const picture = {
      channels: 1,
      height: 5,
      width: 7,
      data: Uint8Array.from({ length: 35 }, (_, i) => (i * 37) % 251),
    };
    expect([...resized(picture, height, width).data]).toEqual(expected);
  });

  test("is cut to its middle where proportions differ", () => {
    const picture = {
      channels: 1,
      height: 2,
      width: 6,
      data: Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    };
    expect([...middle(picture, 1, 1).data]).toEqual([3, 4, 9, 10]);
    expect(middle(picture, 64, 64)).toMatchObject({ height: 2, width: 2 });
    expect(middle(picture, 1, 12)).toMatchObject({ height: 1, width: 6 });
  });
});

describe("bad pictures and folders are named", () => {
  const png = pixel(1, 2, 3);
  const bad = async (
    files: Readonly<Record<string, Uint8Array>>,
    text: string | RegExp,
    options: ImagesOptions = {},
  ) => {
    const place = folder(`bad${Math.random()}`, files);
    await expect(data.images(place, options)).rejects.toThrow(text);
    await expect(data.images(place, options)).rejects.toThrow(DataError);
  };

  test("damaged files", async () => {
    await bad({ "a/1.png": new Uint8Array(0) }, /^a.1.png is empty$/);
    await bad({ "a/1.png": png.subarray(0, 40) }, /^a.1.png: not a whole PNG file: .*; copy it again or leave it out$/);
    await bad({ "a/1.png": Buffer.from("GIF89a") }, /a.1.png: begins neither as a PNG nor as a JPEG; convert it/);
    const flipped = Uint8Array.from(png);
    flipped[45] = (flipped[45] as number) ^ 1;
    await bad({ "a/1.png": flipped }, /a.1.png: not a whole PNG file/);
    await bad({ "a/1.jpg": Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 0, 4]) }, /a.1.jpg: not a whole JPEG file/);
  });

  test("a huge declared size, before memory is taken", async () => {
    const huge = pngFile({ width: 60_000, height: 60_000 }, [[0]]);
    await bad({ "a/1.png": huge }, /a.1.png: not a whole PNG file: 60000 x 60000 pixels are more than 100 megapixels/);
  });

  test("folders without pictures", async () => {
    await bad({ "1.png": png }, /no folders of classes are there/);
    await bad({ "a/1.txt": png }, /no PNG or JPEG files are there/);
    await expect(data.images(join(root, "nowhere"))).rejects.toThrow(/data.images: no folder/);
    await expect(data.images(root, { size: 0 })).rejects.toThrow("data.images: size = 0 is outside [1, 4096]");
  });
});
