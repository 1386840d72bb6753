import { ConfigError, ShapeError } from "../errors/index.ts";
import { constant, div, mul, pad, pow, square, sum, type Tensor, windows } from "../ops/index.ts";
import { bool, int, optional, perAxis, required } from "../params/index.ts";
import { show, sizeOf } from "../tensor/index.ts";
import { requireImages } from "./shapes.ts";

/** Options that poolings over one, two or three axes share. */
export const poolingParams = <const N extends 1 | 2 | 3>(axes: N) => ({
  kernelSize: perAxis(axes, required, "[1, inf)", "Size of a window along each axis."),
  stride: optional(perAxis(axes, 1, "[1, inf)", "Steps of the window over the input; kernelSize when not given.")),
  ceilMode: bool(false, "Whether a window may begin in the input and end behind it."),
});

/** The padding of a pooling. */
export const poolingPadding = <const N extends 1 | 2 | 3>(axes: N) =>
  perAxis(axes, 0, "[0, inf)", "Elements added on both sides, at most half of kernelSize.");

/** Options of averages besides. */
export const averagingParams = {
  countIncludePad: bool(true, "Whether the zeros of the padding count as elements."),
  divisorOverride: optional(int(1, "[1, inf)", "Divides the sums, in place of the number of elements.")),
};

interface Pooling {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[] | null;
  readonly padding: readonly number[];
  readonly dilation?: readonly number[];
  readonly ceilMode: boolean;
}

interface Averaging extends Pooling {
  readonly countIncludePad: boolean;
  readonly divisorOverride: number | null;
}

/** Throws ConfigError when a window could lie in the padding alone. */
export function checkPadding(name: string, { kernelSize, padding }: Pick<Pooling, "kernelSize" | "padding">): void {
  padding.forEach((p, a) => {
    if (2 * p > (kernelSize[a] as number)) {
      throw new ConfigError(`${name}: padding = ${p} is more than half of kernelSize = ${kernelSize[a]}`);
    }
  });
}

/** The windows of each channel: [N, C, ...] -> [N, C, ...positions, ...kernelSize], `value` outside the input. */
export function pooled(x: Tensor, pooling: Pooling, value: number): Tensor {
  const { kernelSize: size, stride, dilation = size.map(() => 1), padding } = pooling;
  const hi = behind(x, pooling).map((extra, a) => (padding[a] as number) + extra);
  const padded = pad(x, { lo: [0, 0, ...padding], hi: [0, 0, ...hi], value });
  return windows(padded, { axes: spatial(x), size, stride: stride ?? size, dilation });
}

/** The windows folded away: [N, C, ...positions, ...kernelSize] -> the axes to fold. */
export const folded = ({ kernelSize }: Pick<Pooling, "kernelSize">): number[] => kernelSize.map((_, a) => -1 - a);

/** The mean of each window. What ceilMode adds behind the padding is never counted. */
export function averaged(x: Tensor, { countIncludePad, divisorOverride, ...pooling }: Averaging): Tensor {
  const { kernelSize: size, stride, padding } = pooling;
  const total = sum(pooled(x, pooling, 0), folded(pooling));
  if (divisorOverride !== null) return div(total, divisorOverride);
  const extra = behind(x, pooling);
  const whole = extra.every((e) => e === 0) && (countIncludePad || padding.every((p) => p === 0));
  if (whole) return div(total, sizeOf(size));
  const counted = padding.map((p) => (countIncludePad ? p : 0));
  const lo = padding.map((p, a) => p - (counted[a] as number));
  const ones = constant(
    1,
    counted.map((p, a) => (x.shape[2 + a] as number) + 2 * p),
  );
  const elements = pad(ones, { lo, hi: lo.map((p, a) => p + (extra[a] as number)) });
  const move = { size, stride: stride ?? size, dilation: size.map(() => 1) };
  return div(total, sum(windows(elements, { axes: size.map((_, a) => a), ...move }), folded(pooling)));
}

/** (sum x^p)^(1/p) of each window, p-th powers of windows that are cut off scaled to whole ones, as PyTorch does. */
export function powerMean(x: Tensor, p: number, pooling: Omit<Pooling, "padding">): Tensor {
  const padding = pooling.kernelSize.map(() => 0);
  const means = averaged(power(x, p), { ...pooling, padding, countIncludePad: true, divisorOverride: null });
  return pow(mul(means, sizeOf(pooling.kernelSize)), 1 / p);
}

/** x^p; products where p is whole, so that x may be negative. */
function power(x: Tensor, p: number): Tensor {
  if (!Number.isInteger(p)) return pow(x, p);
  const half = p > 1 ? square(power(x, Math.floor(p / 2))) : constant(1, x.shape);
  return p % 2 ? mul(half, x) : half;
}

/** Elements that the windows of ceilMode reach behind the padding of each axis. Throws ShapeError when no window fits. */
function behind(x: Tensor, { kernelSize, stride, padding, dilation, ceilMode }: Pooling): number[] {
  requireImages(x, kernelSize.length);
  return kernelSize.map((k, a) => {
    const length = x.shape[2 + a] as number;
    const [p, s] = [padding[a], (stride ?? kernelSize)[a]] as [number, number];
    const reach = (dilation?.[a] ?? 1) * (k - 1) + 1;
    const room = length + 2 * p - reach;
    if (room < 0 && !(ceilMode && room + s > 0)) {
      throw new ShapeError(`the window spans ${reach}, the padded image only ${length + 2 * p} of ${show(x.shape)}`, {
        fault: { kind: "shape", option: "kernelSize" },
      });
    }
    if (!ceilMode) return 0;
    const last = Math.ceil(room / s) * s; // where the last window begins: in the input or the padding before it
    return Math.max(0, (last >= length + p ? last - s : last) - room);
  });
}

/** The axes behind [N, C]. */
const spatial = (x: Tensor): number[] => x.shape.slice(2).map((_, a) => 2 + a);
