import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encode as encodeJpeg } from "jpeg-js";
import { afterAll, expect, test } from "vitest";
import { data } from "../../../engine/data/index.ts";
import { UserError } from "../../../engine/errors/index.ts";
import { words } from "../../../engine/random/index.ts";
import { idxFile } from "../../support/idx.ts";
import { pngFile } from "../../support/png.ts";

/** Damaged files of each form; `FUZZ=2000` tries more of them. */
const VARIANTS = Number(process.env.FUZZ ?? 50);
/** Processor time that a damaged file may take. hyparquet believes a run of up to 2^31 levels, which it gives up in the end. */
const MOST_MS = 5000;

const folder = mkdtempSync(join(tmpdir(), "dlnb-fuzz-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string) => join(folder, name);
const numpy = JSON.parse(readFileSync(join(import.meta.dirname, "files/numpy.json"), "utf8"));
const npy = (name: string): Buffer =>
  Buffer.from(numpy.arrays.find((a: { name: string }) => a.name === name).file, "base64");

const labels = idxFile([4], "u8", [0, 1, 1, 0]);
const images = idxFile(
  [4, 3, 3],
  "u8",
  Array.from({ length: 36 }, (_, i) => (i * 31) % 256),
);
writeFileSync(path("labels"), labels);
writeFileSync(path("y.npy"), npy("<u1 C"));
mkdirSync(path("pictures/a"), { recursive: true });
mkdirSync(path("cifar"));
const record = (label: number) => [label, ...Array.from({ length: 3072 }, (_, i) => i % 256)];

const pixels = new Uint8Array(4 * 12 * 12).map((_, i) => (i * 7) % 256);
const parquet = (name: string) => readFileSync(join(import.meta.dirname, "files", name));
const lines = Array.from({ length: 5 }, (_, i) => `{"a": ${i}, "b": "x", "y": ${i % 2}}`);

/** A small file of each form, where it is put, and how it is read. */
const forms: Readonly<Record<string, { file: string; bytes: Uint8Array; read(at: string): Promise<unknown> }>> = {
  idx: { file: "images", bytes: images, read: (at) => data.idx({ images: at, labels: path("labels") }) },
  "gzipped idx": {
    file: "images.gz",
    bytes: gzipSync(images),
    read: (at) => data.idx({ images: at, labels: path("labels") }),
  },
  "idx labels": { file: "labels2", bytes: labels, read: (at) => data.idx({ images: path("whole"), labels: at }) },
  "streamed idx": {
    file: "streamed.gz",
    bytes: gzipSync(images),
    read: async (at) => (await data.idx({ images: at, labels: path("labels") }, { stream: true })).x.data,
  },
  npy: { file: "x.npy", bytes: npy(">f4 F"), read: (at) => data.npy({ x: at, y: path("y.npy") }) },
  "streamed npy": {
    file: "s.npy",
    bytes: npy("<i8 C"),
    read: async (at) => (await data.npy({ x: at, y: path("y.npy") }, { stream: true })).x.data,
  },
  npz: {
    file: "a.npz",
    bytes: Buffer.from(numpy.deflated, "base64"),
    read: (at) => data.npz(at, { x: "images", y: "labels" }),
  },
  "stored npz": { file: "b.npz", bytes: Buffer.from(numpy.stored, "base64"), read: (at) => data.npz(at) },
  cifar: {
    file: "cifar/data_batch_1.bin",
    bytes: Uint8Array.from([...record(1), ...record(9)]),
    read: () => data.cifar(path("cifar")),
  },
  png: {
    file: "pictures/a/1.png",
    bytes: pngFile({ width: 3, height: 2 }, [
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      [9, 8, 7, 6, 5, 4, 3, 2, 1],
    ]),
    read: () => data.images(path("pictures"), { size: 4 }),
  },
  jpeg: {
    file: "photos/a/1.jpg",
    bytes: encodeJpeg({ width: 12, height: 12, data: pixels }, 80).data,
    read: () => data.images(path("photos"), { size: 4 }),
  },
  parquet: {
    file: "p.parquet",
    bytes: parquet("alltypes_plain.parquet"),
    read: (at) => data.parquet(at, { target: "id", columns: ["bool_col", "double_col", "bigint_col"] }),
  },
  "packed parquet": {
    file: "q.parquet",
    bytes: parquet("alltypes_plain.snappy.parquet"),
    read: (at) => data.parquet(at, { target: "id", columns: ["bool_col", "double_col"] }),
  },
  "zstd parquet": {
    file: "z.parquet",
    bytes: parquet("byte_stream_split.zstd.parquet"),
    read: (at) => data.parquet(at, { target: "f32" }),
  },
  json: {
    file: "r.json",
    bytes: Buffer.from(`[${lines}]`),
    read: (at) => data.json(at, { target: "y", columns: ["a"] }),
  },
  "json lines": {
    file: "l.json",
    bytes: Buffer.from(lines.join("\n")),
    read: (at) => data.json(at, { target: "y", columns: ["a"] }),
  },
  csv: {
    file: "t.csv",
    bytes: Buffer.from('a,b,y\n1,"2",0\n3,4,1\n5.5,6,0\n'),
    read: (at) => data.csv(at, { target: "y" }),
  },
};
writeFileSync(path("whole"), images);
mkdirSync(path("photos/a"), { recursive: true });

/** The bytes cut off, or with a few of them changed, removed or doubled, as `draw` has it. */
function damaged(bytes: Uint8Array, draw: (below: number) => number): Uint8Array {
  if (draw(4) === 0) return bytes.slice(0, draw(bytes.length));
  let out = Uint8Array.from(bytes);
  for (let i = 0; i <= draw(4); i++) {
    const at = draw(out.length);
    const kind = draw(6);
    if (kind === 0) out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(at + 1 + draw(9))]);
    else if (kind === 1) out = Uint8Array.from([...out.subarray(0, at), ...out.subarray(Math.max(0, at - draw(9)))]);
    else if (kind === 2) out[at] = [0, 0xff, 0x7f, 0x80][draw(4)] as number;
    else out[at] = (out[at] as number) ^ (1 << draw(8));
  }
  return out;
}

test.each(Object.entries(forms))(
  "a damaged file is read or refused with a named error: %s",
  async (_, { file, bytes, read }) => {
    const at = path(file);
    writeFileSync(at, bytes);
    await read(at);
    const source = words(7, 1, 0, VARIANTS * 64);
    for (let variant = 0; variant < VARIANTS; variant++) {
      let next = variant * 64;
      const draw = (below: number) => {
        next += 1;
        return Math.floor((source[next - 1] as number) * 2 ** -32 * below);
      };
      writeFileSync(at, damaged(bytes, draw));
      const began = process.cpuUsage();
      const failure: unknown = await read(at).then(
        () => undefined,
        (error) => error,
      );
      expect(process.cpuUsage(began).user / 1000, `variant ${variant}`).toBeLessThan(MOST_MS);
      if (failure === undefined) continue;
      expect(failure, `variant ${variant}: ${(failure as Error).stack}`).toBeInstanceOf(UserError);
      expect((failure as Error).message).toMatch(/^\S.*[^.\s]$/s);
    }
  },
  60_000 + 100 * VARIANTS,
);
