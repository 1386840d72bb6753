import { fromBase64 } from "../chart/base64.ts";
import type { Gallery, Picture } from "../chart/payload.ts";
import { UNREADABLE } from "../chart/words.ts";

/** A picture with its bytes. */
export interface Pixels extends Omit<Picture, "pixels" | "heat"> {
  pixels: Uint8Array;
  heat: Uint8Array | null;
}

/** Larger pictures are not ours. */
const MAX_SIDE = 2048;

/** Reads an output item; throws when it is no gallery. Pictures with more or fewer bytes than pixels are left out. */
export function readGallery(value: unknown): Omit<Gallery, "pictures"> & { pictures: Pixels[] } {
  const { id, title, text, pictures, columns } = (value ?? {}) as Partial<Record<keyof Gallery, unknown>>;
  if (typeof id !== "string" || typeof title !== "string" || !Array.isArray(pictures)) {
    throw new Error(UNREADABLE.gallery);
  }
  return {
    ...{ id, title, text: typeof text === "string" ? text : "", pictures: pictures.flatMap(readPicture) },
    ...(isSide(columns) ? { columns } : {}),
  };
}

function readPicture(value: unknown): Pixels[] {
  const { caption, detail, width, height, channels, pixels, heat } = (value ?? {}) as Partial<Picture>;
  if (!isSide(width) || !isSide(height) || (channels !== 1 && channels !== 3)) return [];
  const bytes = readBytes(pixels, width * height * channels);
  if (bytes === null) return [];
  return [
    {
      caption: typeof caption === "string" ? caption : "",
      detail: typeof detail === "string" ? detail : "",
      width,
      height,
      channels,
      pixels: bytes,
      heat: heat === undefined ? null : readBytes(heat, width * height),
    },
  ];
}

function isSide(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_SIDE;
}

function readBytes(base64: unknown, count: number): Uint8Array | null {
  if (typeof base64 !== "string") return null;
  try {
    const bytes = fromBase64(base64);
    return bytes.length === count ? bytes : null;
  } catch {
    return null;
  }
}
