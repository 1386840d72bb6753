import { ConfigError, ShapeError } from "../errors/index.ts";
import { extend, type Tensor } from "../ops/index.ts";
import { bool, choice, either, int, ints, num, optional, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { defineLayer } from "./definition.ts";
import { pickAxis, weighAxis } from "./resampling.ts";
import { requireAxes } from "./shapes.ts";

/**
 * [N, C, ...] -> [N, C, ...] with the sizes that are asked for, each axis by itself. Output place o lies at input place
 *
 *   (o + 1/2) step - 1/2,  step = size before / size after, or 1 / scaleFactor where that is given; alignCorners: o (before - 1) / (after - 1)
 *
 * nearest takes the element at floor(o step), nearest-exact that at floor((o + 1/2) step), linear ones weigh the two neighbours by
 * their distance, bicubic four with the cubic convolution of a = -3/4. Beyond the border is the border element.
 */
export const upsample = defineLayer({
  summary: "Images, sequences or volumes in another size: elements repeated, or interpolated.",
  paper: "bicubic: Keys 1981, IEEE Transactions on Acoustics, Speech and Signal Processing 29, equation 4",
  params: {
    size: optional(
      either(int(required, "[1, inf)", "The size itself, of each spatial axis."), ints(required, "[1, inf)", "")),
    ),
    scaleFactor: optional(num(required, "(0, inf)", "How many times as large as the input; 2 when there is no size.")),
    mode: choice(
      "nearest",
      ["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"],
      "linear is for [N, C, L], bilinear and bicubic for [N, C, H, W], trilinear for [N, C, D, H, W].",
    ),
    alignCorners: bool(false, "Whether the first and last elements stay at the border; of interpolation only."),
    recomputeScaleFactor: bool(false, "Whether the step is worked out from the sizes and not from scaleFactor."),
  },
  validate: ({ size, scaleFactor, mode, alignCorners }) => {
    if (size !== null && scaleFactor !== null) throw new ConfigError("upsample: takes size or scaleFactor, not both");
    if (alignCorners && mode.startsWith("nearest")) {
      throw new ConfigError(`upsample: alignCorners is for interpolation, not for mode "${mode}"`);
    }
  },
  apply: (_scope, x, { size, scaleFactor, mode, alignCorners, recomputeScaleFactor }) => {
    requireAxes(x, 3, 5, "[N, C, L], [N, C, H, W] or [N, C, D, H, W]");
    const takes = { linear: 3, bilinear: 4, bicubic: 4, trilinear: 5 }[mode as string] ?? x.rank;
    if (x.rank !== takes) throw new ShapeError(`mode "${mode}" takes ${takes} axes, not ${show(x.shape)}`);
    const before = x.shape.slice(2);
    const factor = scaleFactor ?? 2;
    const after = before.map((n, a) => (typeof size === "number" ? size : (size?.[a] ?? Math.floor(n * factor))));
    if (typeof size === "object" && size !== null && size.length !== before.length) {
      throw new ShapeError(`size [${size.join(", ")}] has not one length for each spatial axis of ${show(x.shape)}`);
    }
    if (after.some((n) => n < 1)) throw new ShapeError(`scaleFactor = ${factor} leaves nothing of ${show(x.shape)}`);
    return after.reduce<Tensor>((y, out, a) => {
      const n = before[a] as number;
      const given = recomputeScaleFactor || size !== null ? null : factor;
      if (n === out && (given === null || given === 1)) return y;
      const step = given === null ? n / out : 1 / given;
      if (mode === "nearest" || mode === "nearest-exact") return pickAxis(y, 2 + a, nearest(n, out, step, mode));
      const corners = out > 1 ? (n - 1) / (out - 1) : 0;
      const place = (o: number): number => (alignCorners ? o * corners : (o + 0.5) * step - 0.5);
      return mode === "bicubic" ? cubic(y, 2 + a, out, place) : linear(y, 2 + a, out, place);
    }, x);
  },
});

/** Positions that are read, worked out in f32 as PyTorch does: where o step is nearly a whole number that decides. */
function nearest(n: number, out: number, step: number, mode: "nearest" | "nearest-exact"): number[] {
  const shift = mode === "nearest" ? 0 : 0.5;
  return Array.from({ length: out }, (_, o) => {
    if (shift === 0 && (out === n || out === 2 * n)) return Math.floor((o * n) / out);
    return Math.min(Math.floor(Math.fround((o + shift) * Math.fround(step))), n - 1);
  });
}

function linear(x: Tensor, axis: number, out: number, place: (o: number) => number): Tensor {
  const last = (x.shape[axis] as number) - 1;
  return weighAxis(x, axis, out, (from, to) =>
    Math.max(0, 1 - Math.abs(Math.min(Math.max(place(to), 0), last) - from)),
  );
}

function cubic(x: Tensor, axis: number, out: number, place: (o: number) => number): Tensor {
  const last = (x.shape[axis] as number) - 1;
  const reach = Array.from({ length: out }, (_, o) => Math.floor(place(o)));
  const lo = Math.max(0, ...reach.map((at) => 1 - at));
  const hi = Math.max(0, ...reach.map((at) => at + 2 - last));
  const none = x.shape.map(() => 0);
  const wide = extend(x, "replicate", { lo: none.with(axis, lo), hi: none.with(axis, hi) });
  return weighAxis(wide, axis, out, (from, to) => keys(Math.abs(place(to) + lo - from)));
}

/** The weight of an element at a distance: cubic convolution with a = -3/4. */
function keys(d: number): number {
  const a = -0.75;
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
