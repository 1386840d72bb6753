import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, choice, type Options, optional, perAxis, required } from "../params/index.ts";
import { ByteTensor, type HostTensor, type Shape, sizeOf, unitLevels } from "../tensor/index.ts";
import { checkFits, STREAM } from "./bytes.ts";
import { Dataset, Splits } from "./dataset.ts";
import { folderAt } from "./file.ts";
import { labelsOf } from "./labels.ts";
import { decodePicture, type Picture } from "./picture.ts";
import { reporter } from "./progress.ts";
import { middle, resized } from "./resize.ts";
import { defineSource } from "./source.ts";
import { FileTensor, RowFile, Spill, type StreamOptions, streamParams } from "./stream/index.ts";

const imagesParams = {
  size: optional(
    perAxis(2, required, "[1, 4096]", "Pixels that pictures are brought to; as they are when not given, all alike."),
  ),
  fit: choice(
    "stretch",
    ["stretch", "crop"],
    "How other proportions are met: pulled into shape, or cut to the middle.",
  ),
  ...streamParams,
  channels: choice("rgb", ["rgb", "gray"], "Three channels, or one of brightness."),
};

export type ImagesOptions = Options<typeof imagesParams>;

/** Folders that hold a part of the set. */
const PARTS = {
  train: ["train", "training"],
  valid: ["valid", "val", "validation"],
  test: ["test", "testing"],
} as const;

/**
 * Reads pictures that lie in a folder for each class, as `flowers/daisy/1.jpg`: `await data.images("flowers", { size: 64 })`. Where there
 * is a folder `train`, with `valid` or `test` beside it, each of them holds such folders. Paths begin at the notebook's folder.
 *
 *   x [N, 3, H, W] f32 from 0 to 1 (byte / 255, kept as bytes), or [N, 1, H, W]; y [N] i32, classes by name
 *
 * PNG and JPEG files, also in folders further within, in the order of their names; other files are passed over. Throws ConfigError for options, DataError for
 * folders without pictures, a picture that is damaged, and sizes that differ where `size` is not given.
 */
export const images = defineSource(
  {
    summary: "PNG and JPEG files in a folder for each class.",
    takes: "folder: string",
    gives: "Promise<Dataset>, Promise<Splits> where the folder has a folder train",
    example: 'data.images("data/flowers", { size: 64 })',
    params: imagesParams,
  },
  async (folder: string, options: ImagesOptions = {}): Promise<Dataset | Splits> => {
    const checked = check(imagesParams, options, "data.images");
    if (typeof folder !== "string")
      throw new ConfigError(`data.images: the folder must be a string, not ${typeof folder}`);
    const full = folderAt("data.images", folder);
    const within = foldersIn(full);
    const part = (names: readonly string[]) => names.find((name) => within.includes(name));
    const train = part(PARTS.train);
    if (train === undefined) return await readSet(full, foldersIn(full), checked);
    const classes = foldersIn(join(full, train));
    const set = async (name: string | undefined) => {
      if (name === undefined) return undefined;
      const other = foldersIn(join(full, name)).find((found) => !classes.includes(found));
      if (other !== undefined) throw new DataError(`${name}: class "${other}" is not in ${train}; remove or rename it`);
      return await readSet(join(full, name), classes, checked, name !== train);
    };
    const first = (await set(train)) as Dataset;
    return new Splits({ train: first, valid: await set(part(PARTS.valid)), test: await set(part(PARTS.test)) });
  },
);

const foldersIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();

type Checked = StreamOptions & {
  size: readonly [number, number] | null;
  fit: "stretch" | "crop";
  channels: "rgb" | "gray";
};

/** Between two looks at whether the cell is to stop. */
const BREATH_MS = 30;

async function readSet(folder: string, classes: readonly string[], options: Checked, partly = false): Promise<Dataset> {
  if (classes.length === 0)
    throw new DataError(`${folder}: no folders of classes are there, as ${join(folder, "cat/1.png")}`);
  const found = classes.map((name) => filesIn(join(folder, name)));
  const empty = found.findIndex((files) => files.length === 0);
  if (empty >= 0 && !partly)
    throw new DataError(`${join(folder, classes[empty] as string)}: no PNG or JPEG files are there`);
  const files = found.flat();
  if (files.length === 0) throw new DataError(`${folder}: no PNG or JPEG files are there`);
  const channels = options.channels === "gray" ? 1 : 3;
  const progress = reporter(folder, files.length, "images");
  const pixels = new Pixels(folder, files.length, options);
  let first: Picture | undefined;
  let breath = performance.now();
  for (const [i, file] of files.entries()) {
    const name = relative(folder, file);
    const picture = fitted(decodePicture(name, await bytesOf(file, name), channels), options);
    first ??= picture;
    if (picture.height !== first.height || picture.width !== first.width) {
      throw new DataError(
        `${name}: ${picture.height} x ${picture.width} pixels where ${relative(folder, files[0] as string)} has ${first.height} x ${first.width}; bring all to one size, as { size: [${first.height}, ${first.width}] }`,
      );
    }
    pixels.add(picture.data);
    progress(i + 1);
    if (performance.now() - breath > BREATH_MS) {
      await new Promise(setImmediate);
      breath = performance.now();
    }
  }
  const { height, width } = first as Picture;
  const y = Int32Array.from(found.flatMap((of, label) => of.map(() => label)));
  return new Dataset({
    name: folder.split(/[\\/]/).at(-1) ?? folder,
    x: pixels.tensor([files.length, channels, height, width]),
    ...labelsOf(folder, y, classes),
    task: "classification",
    featureNames: [],
  });
}

/** Pixels of pictures as they come: in memory, or in a file of our own, from which they are streamed. */
class Pixels {
  readonly #name: string;
  readonly #count: number;
  readonly #options: Checked;
  readonly #spill: Spill | undefined;
  #bytes = new Uint8Array(0);
  #at = 0;

  constructor(name: string, count: number, options: Checked) {
    this.#name = name;
    this.#count = count;
    this.#options = options;
    this.#spill = options.stream ? new Spill(name) : undefined;
  }

  /** Throws DataError when so many of these do not fit. */
  add(picture: Uint8Array): void {
    if (this.#spill) {
      this.#spill.write(picture);
      return;
    }
    if (this.#at === 0) {
      const bytes = this.#count * picture.length;
      checkFits(this.#name, bytes, this.#options.size ? STREAM : `take a smaller size, as { size: 64 }, or ${STREAM}`);
      this.#bytes = new Uint8Array(bytes);
    }
    this.#bytes.set(picture, this.#at);
    this.#at += picture.length;
  }

  tensor(shape: Shape): HostTensor {
    if (!this.#spill) return new ByteTensor(shape, this.#bytes, unitLevels());
    const row = sizeOf(shape.slice(1));
    const file = new RowFile([{ file: this.#spill.file, offset: 0, stride: row, rows: this.#count }], row);
    const { buffer } = this.#options;
    return new FileTensor({ name: this.#name, shape, file, numbers: { levels: unitLevels() }, buffer });
  }
}

const filesIn = (folder: string): string[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(png|jpe?g)$/i.test(file) && !/(^|[\\/])\./.test(file))
    .sort()
    .map((file) => join(folder, file));
};

async function bytesOf(path: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new DataError(`${name}: ${(error as Error).message}`, { cause: error });
  }
}

function fitted(picture: Picture, { size, fit }: Checked): Picture {
  if (!size) return picture;
  const [height, width] = size;
  return resized(fit === "crop" ? middle(picture, height, width) : picture, height, width);
}
