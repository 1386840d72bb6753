import type { Picture } from "./picture.ts";

/**
 * A picture of another size: each pixel the mean of those that it covers, weighted by a triangle as wide as two pixels of the coarser
 * grid, first along rows, then along columns, and rounded. As Pillow's BILINEAR and PyTorch's interpolate with antialias: where
 * pictures grow it is bilinear interpolation.
 */
export function resized(picture: Picture, height: number, width: number): Picture {
  if (picture.height === height && picture.width === width) return picture;
  const { channels } = picture;
  const rows = channels * picture.height;
  const wide = along(picture.data, { outer: rows, length: picture.width, inner: 1 }, width);
  const all = along(wide, { outer: channels, length: picture.height, inner: width }, height);
  return { channels, height, width, data: Uint8Array.from(all, (v) => Math.min(255, Math.max(0, Math.round(v)))) };
}

/** The largest part in the middle of a picture that has the proportions of `height` to `width`. */
export function middle(picture: Picture, height: number, width: number): Picture {
  const h = Math.min(picture.height, Math.max(1, Math.round((picture.width * height) / width)));
  const w = Math.min(picture.width, Math.max(1, Math.round((picture.height * width) / height)));
  const [top, left] = [(picture.height - h) >> 1, (picture.width - w) >> 1];
  const data = new Uint8Array(picture.channels * h * w);
  for (let c = 0; c < picture.channels; c++) {
    for (let y = 0; y < h; y++) {
      const from = (c * picture.height + top + y) * picture.width + left;
      data.set(picture.data.subarray(from, from + w), (c * h + y) * w);
    }
  }
  return { channels: picture.channels, height: h, width: w, data };
}

/** Numbers [outer, length, inner] with `size` along the middle axis. */
function along(
  data: ArrayLike<number>,
  { outer, length, inner }: { outer: number; length: number; inner: number },
  size: number,
): Float64Array {
  const out = new Float64Array(outer * size * inner);
  const scale = length / size;
  const reach = Math.max(1, scale);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale;
    const from = Math.max(0, Math.floor(centre - reach + 0.5));
    const to = Math.min(length, Math.floor(centre + reach + 0.5));
    const weights = Array.from({ length: to - from }, (_, k) =>
      Math.max(0, 1 - Math.abs((from + k + 0.5 - centre) / reach)),
    );
    const total = weights.reduce((a, b) => a + b, 0);
    for (let o = 0; o < outer; o++) {
      for (let j = 0; j < inner; j++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) {
          sum += (weights[k] as number) * (data[(o * length + from + k) * inner + j] as number);
        }
        out[(o * size + i) * inner + j] = sum / total;
      }
    }
  }
  return out;
}
