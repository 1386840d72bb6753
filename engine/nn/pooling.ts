import { ConfigError, ShapeError } from "../errors/index.ts";
import { pad, type Tensor, windows } from "../ops/index.ts";
import { bool, optional, pair, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { requireAxes } from "./shapes.ts";

/** Options that all poolings share. */
export const poolingParams = {
  kernelSize: pair(required, "[1, inf)", "Height and width of a window."),
  stride: optional(pair(1, "[1, inf)", "Steps of the window over the image; kernelSize when not given.")),
  padding: pair(0, "[0, inf)", "Elements added around the image, at most half of kernelSize."),
  ceilMode: bool(false, "Whether a window may begin in the image and end behind it."),
};

export type Pair = readonly [number, number];

interface Pooling {
  readonly kernelSize: Pair;
  readonly stride: Pair | null;
  readonly padding: Pair;
  readonly dilation?: Pair;
  readonly ceilMode: boolean;
}

/** Throws ConfigError when a window could lie in the padding alone. */
export function checkPadding(name: string, { kernelSize, padding }: Pick<Pooling, "kernelSize" | "padding">): void {
  padding.forEach((p, a) => {
    if (2 * p > (kernelSize[a] as number)) {
      throw new ConfigError(`${name}: padding = ${p} is more than half of kernelSize = ${kernelSize[a]}`);
    }
  });
}

/** How far the image is continued: `padding` on all sides, then `extra` behind for the windows that ceilMode adds. */
export function borders(x: Tensor, { kernelSize, stride, padding, dilation = [1, 1], ceilMode }: Pooling) {
  requireAxes(x, 4, 4, "images [N, C, H, W]");
  const extra = [0, 1].map((a) => {
    const length = x.shape[2 + a] as number;
    const [p, k, s] = [padding[a], kernelSize[a], (stride ?? kernelSize)[a]] as [number, number, number];
    const reach = (dilation[a] as number) * (k - 1) + 1;
    const room = length + 2 * p - reach;
    if (room < 0 && !(ceilMode && room + s > 0)) {
      throw new ShapeError(`the window spans ${reach}, the padded image only ${length + 2 * p} of ${show(x.shape)}`);
    }
    if (!ceilMode) return 0;
    const last = Math.ceil(room / s) * s; // where the last window begins: in the image or the padding before it
    return Math.max(0, (last >= length + p ? last - s : last) - room);
  });
  return { padding, extra };
}

/** The windows of each channel: [N, C, H, W] -> [N, C, H', W', kh, kw], `value` outside the image. */
export function pooled(x: Tensor, pooling: Pooling, value: number): Tensor {
  const { kernelSize, stride, dilation = [1, 1] } = pooling;
  const { padding, extra } = borders(x, pooling);
  const hi = padding.map((p, a) => p + (extra[a] as number));
  const padded = pad(x, { lo: [0, 0, ...padding], hi: [0, 0, ...hi], value });
  return windows(padded, { axes: [2, 3], size: kernelSize, stride: stride ?? kernelSize, dilation });
}
