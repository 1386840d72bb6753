import { convertIndexedToRgb, type DecodedPng, decode as decodePng } from "fast-png";
import { decode as decodeJpeg } from "jpeg-js";
import { DataError } from "../errors/index.ts";

/** Bytes [C, H, W] of a picture. */
export interface Picture {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

/** Larger pictures are refused before they are unpacked. */
const MOST_MEGAPIXELS = 100;

const PNG = [0x89, 0x50, 0x4e, 0x47];
const JPEG = [0xff, 0xd8, 0xff];
const begins = (bytes: Uint8Array, magic: readonly number[]) => magic.every((byte, i) => bytes[i] === byte);

/**
 * A PNG or JPEG file as a picture of `channels` channels: 3 for red, green, blue, 1 for grey. Grey is ITU-R 601 luma,
 * (19595 R + 38470 G + 7471 B + 32768) / 65536, as Pillow's mode "L"; transparency is left out, of 16 bits the upper 8 are taken. Throws
 * DataError naming `file` for another kind of file, a damaged one, or one of more than 100 megapixels.
 */
export function decodePicture(file: string, bytes: Uint8Array, channels: 1 | 3): Picture {
  if (bytes.length === 0) throw new DataError(`${file} is empty`);
  const kind = begins(bytes, PNG) ? "PNG" : begins(bytes, JPEG) ? "JPEG" : undefined;
  if (kind === undefined)
    throw new DataError(`${file}: begins neither as a PNG nor as a JPEG; convert it to one of them`);
  try {
    return kind === "PNG" ? fromPng(bytes, channels) : fromJpeg(bytes, channels);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(`${file}: not a whole ${kind} file: ${why}; copy it again or leave it out`, { cause: error });
  }
}

function fromPng(bytes: Uint8Array, channels: 1 | 3): Picture {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [width, height] = bytes.length < 29 ? [0, 0] : [header.getUint32(16), header.getUint32(20)];
  if (width === 0 || height === 0) throw new Error("its header gives no size");
  checkSize(width, height);
  const png = decodePng(bytes, { checkCrc: true });
  if (png.depth < 8 && bytes[28] === 1) throw new Error(`interlaced pictures of ${png.depth} bits are not read`);
  const { data, samples } = samplesOf(png);
  if (data.length !== width * height * samples) {
    throw new Error(`${data.length} samples where ${width} x ${height} pixels have ${width * height * samples}`);
  }
  return planes(data, samples, { width, height }, channels);
}

/** A byte for each sample, pixel by pixel, and how many samples a pixel has. */
function samplesOf(png: DecodedPng): { data: Uint8Array; samples: number } {
  if (png.palette) {
    return { data: convertIndexedToRgb(png), samples: png.palette[0]?.length ?? 3 };
  }
  if (png.depth === 16) return { data: Uint8Array.from(png.data, (v) => v >> 8), samples: png.channels };
  if (png.depth === 8) return { data: png.data as Uint8Array, samples: png.channels };
  const { width, height, depth } = png;
  const data = new Uint8Array(width * height);
  const line = Math.ceil((width * depth) / 8);
  const most = 2 ** depth - 1;
  for (let i = 0; i < data.length; i++) {
    const bit = (i % width) * depth;
    const byte = png.data[Math.floor(i / width) * line + (bit >> 3)] as number;
    data[i] = (((byte >> (8 - depth - (bit & 7))) & most) * 255) / most;
  }
  return { data, samples: 1 };
}

function fromJpeg(bytes: Uint8Array, channels: 1 | 3): Picture {
  const { data, width, height } = decodeJpeg(bytes, {
    useTArray: true,
    formatAsRGBA: false,
    tolerantDecoding: false,
    maxResolutionInMP: MOST_MEGAPIXELS,
    maxMemoryUsageInMB: 2048,
  });
  if (!(width > 0 && height > 0)) throw new Error("its header gives no size");
  return planes(data, 3, { width, height }, channels);
}

function checkSize(width: number, height: number): void {
  if (width * height <= MOST_MEGAPIXELS * 1e6) return;
  throw new Error(`${width} x ${height} pixels are more than ${MOST_MEGAPIXELS} megapixels`);
}

/** Samples pixel by pixel, of which 1 or 2 are grey and 3 or 4 coloured, the even numbers with transparency, as planes. */
function planes(
  data: Uint8Array,
  samples: number,
  { width, height }: { width: number; height: number },
  channels: 1 | 3,
): Picture {
  const size = width * height;
  const out = new Uint8Array(channels * size);
  const coloured = samples > 2;
  for (let i = 0; i < size; i++) {
    const at = i * samples;
    const r = data[at] as number;
    const g = coloured ? (data[at + 1] as number) : r;
    const b = coloured ? (data[at + 2] as number) : r;
    if (channels === 1) out[i] = coloured ? (19595 * r + 38470 * g + 7471 * b + 32768) >> 16 : r;
    else {
      out[i] = r;
      out[size + i] = g;
      out[2 * size + i] = b;
    }
  }
  return { channels, height, width, data: out };
}
