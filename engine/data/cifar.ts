import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { ConfigError, DataError } from "../errors/index.ts";
import { check, choice, type Options } from "../params/index.ts";
import { ByteTensor, sizeOf, unitLevels } from "../tensor/index.ts";
import { checkFits, openBytes, readBytes, STREAM } from "./bytes.ts";
import { Dataset, Splits } from "./dataset.ts";
import { folderAt } from "./file.ts";
import { labelsOf } from "./labels.ts";
import { type Reporter, reporter } from "./progress.ts";
import { defineSource } from "./source.ts";
import { FileTensor, RowFile, type Segment, type StreamOptions, streamParams, upTo } from "./stream/index.ts";

const cifarParams = {
  ...streamParams,
  labels: choice("fine", ["fine", "coarse"], "Of CIFAR-100: its 100 classes, or the 20 that they are grouped in."),
};

export type CifarOptions = Options<typeof cifarParams>;

const [CHANNELS, SIDE] = [3, 32];
const PIXELS = CHANNELS * SIDE * SIDE;

/** The two sets: the bytes of labels before each image, their files, and where the names of the classes stand. */
const KINDS = [
  {
    name: "CIFAR-10",
    labels: 1,
    train: /^data_batch_\d+\.bin$/,
    test: "test_batch.bin",
    classes: { fine: "batches.meta.txt", coarse: undefined },
  },
  {
    name: "CIFAR-100",
    labels: 2,
    train: /^train\.bin$/,
    test: "test.bin",
    classes: { fine: "fine_label_names.txt", coarse: "coarse_label_names.txt" },
  },
] as const;
type Kind = (typeof KINDS)[number];

/**
 * Reads the folder of CIFAR-10's or CIFAR-100's binary version: `await data.cifar("cifar-10-batches-bin")`. Paths begin at the notebook's folder.
 *
 *   x [N, 3, 32, 32] f32 from 0 to 1 (byte / 255, kept as bytes), y [N] i32, named classes
 *
 * Throws ConfigError for options, DataError for a folder without the files, and files that are cut off or have labels that are no class.
 */
export const cifar = defineSource(
  {
    summary: "The folder of CIFAR-10's or CIFAR-100's binary version.",
    takes: "folder: string",
    gives: "Promise<Splits> of its training and test examples",
    example: 'data.cifar("data/cifar-10-batches-bin")',
    params: cifarParams,
  },
  async (folder: string, options: CifarOptions = {}): Promise<Splits> => {
    const { labels, ...how } = check(cifarParams, options, "data.cifar");
    if (typeof folder !== "string")
      throw new ConfigError(`data.cifar: the folder must be a string, not ${typeof folder}`);
    const full = folderAt("data.cifar", folder);
    const there = readdirSync(full).sort();
    const kind = KINDS.find(({ train }) => there.some((file) => train.test(file)));
    if (!kind) {
      throw new DataError(
        `data.cifar: neither data_batch_1.bin (CIFAR-10) nor train.bin (CIFAR-100) in ${full}; unpack the binary version there`,
      );
    }
    const names = kind.classes[labels];
    if (names === undefined) throw new ConfigError(`data.cifar: ${kind.name} has no ${labels} labels`);
    const listed = there.includes(names) ? await namesIn(join(full, names)) : null;
    const train = there.filter((file) => kind.train.test(file)).map((file) => join(full, file));
    const set = (files: readonly string[]) => readSet(kind, files, { ...how, labels, names: listed });
    const test = there.includes(kind.test) ? await set([join(full, kind.test)]) : undefined;
    return new Splits({ train: await set(train), test });
  },
);

const CLASSES = { "CIFAR-10": { fine: 10, coarse: 0 }, "CIFAR-100": { fine: 100, coarse: 20 } } as const;

interface How extends StreamOptions {
  readonly labels: "fine" | "coarse";
  readonly names: readonly string[] | null;
}

async function readSet(kind: Kind, files: readonly string[], { labels, names, ...how }: How): Promise<Dataset> {
  const record = kind.labels + PIXELS;
  const segments: Segment[] = [];
  for (const path of files) {
    const { file, bytes } = await openBytes("data.cifar", path);
    if (bytes === 0 || bytes % record !== 0) {
      throw new DataError(
        `${file.name}: ${bytes} bytes are not images of ${record} each, as ${kind.name} has; copy or download it again`,
      );
    }
    segments.push({ file, offset: 0, stride: record, rows: bytes / record });
  }
  const count = segments.reduce((n, { rows }) => n + rows, 0);
  // coarse labels come first
  const place = labels === "fine" ? kind.labels - 1 : 0;
  const within = (offset: number, bytes: number) =>
    new RowFile(
      segments.map((s) => ({ ...s, offset })),
      bytes,
    );
  const progress = reporter(kind.name, count, "images");
  const y = new Uint8Array(count);
  for (const rows of inPieces(count)) {
    y.set((await within(place, 1).read(rows)) as Uint8Array, rows[0]);
    progress((rows[0] as number) + rows.length);
  }
  const shape = [count, CHANNELS, SIDE, SIDE];
  const images = new FileTensor({
    name: kind.name,
    shape,
    file: within(kind.labels, PIXELS),
    numbers: { levels: unitLevels() },
    buffer: how.buffer,
  });
  const classes = names ?? Array.from({ length: CLASSES[kind.name][labels] }, (_, k) => String(k));
  return new Dataset({
    name: kind.name,
    x: how.stream ? images : await whole(images, progress),
    ...labelsOf(files.map((file) => basename(file)).join(", "), y, classes),
    task: "classification",
    featureNames: [],
  });
}

/** Rows that are read between two looks at whether to stop. */
const PIECE = 2048;

function* inPieces(count: number): Generator<Int32Array> {
  for (let from = 0; from < count; from += PIECE) yield upTo(Math.min(PIECE, count - from), from);
}

/** All images in memory. */
async function whole(images: FileTensor, progress: Reporter): Promise<ByteTensor> {
  checkFits(images.name, sizeOf(images.shape), STREAM);
  const bytes = new Uint8Array(sizeOf(images.shape));
  for (const rows of inPieces(images.shape[0] as number)) {
    const piece = (await images.read(rows)) as ByteTensor;
    bytes.set(piece.bytes, (rows[0] as number) * PIXELS);
    progress((rows[0] as number) + rows.length);
  }
  return new ByteTensor(images.shape, bytes, unitLevels());
}

/** The names of classes, a line each. */
async function namesIn(path: string): Promise<readonly string[]> {
  const text = new TextDecoder().decode(await readBytes("data.cifar", path));
  const names = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  if (names.length === 0) throw new DataError(`${basename(path)} is empty: it names the classes, a line each`);
  return names;
}
