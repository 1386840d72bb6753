import { blend } from "../chart/colours.ts";
import type { Pixels } from "./read.ts";

/** Warmth goes from nothing through orange to yellow, over grey and coloured pictures alike. */
const WARMTH = ["#b23a00", "#ff8000", "#ffe14d"];
const MOST = 0.8;

/** Four bytes per pixel; bytes of grey pictures are what they are in every theme. */
export function toRgba(
  { width, height, channels, pixels, heat }: Pixels,
  withHeat: boolean,
): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    const warmth = withHeat && heat !== null ? (heat[i] as number) / 255 : 0;
    const warm = warmth > 0 ? blend(WARMTH, warmth) : [0, 0, 0];
    for (let c = 0; c < 3; c++) {
      const cold = pixels[channels * i + (channels === 3 ? c : 0)] as number;
      rgba[4 * i + c] = cold + MOST * warmth * ((warm[c] as number) - cold);
    }
    rgba[4 * i + 3] = 255;
  }
  return rgba;
}

/** Whole pixels per pixel: small pictures become about 64 wide, those of 48 or more stay as they are. */
export function zoomOf(width: number, height: number): number {
  return Math.max(1, Math.round(64 / Math.max(width, height)));
}
