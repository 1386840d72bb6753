import { ShapeError } from "../errors/index.ts";
import {
  add,
  and,
  cast,
  concat,
  cos,
  div,
  flip,
  floor,
  gather,
  iota,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  neg,
  type Operand,
  reshape,
  round,
  select,
  sin,
  slice,
  sub,
  type Tensor,
} from "../ops/index.ts";
import { show } from "../tensor/index.ts";

/** Images as tensors [N, C, H, W]; positions are of pixel centres, (0, 0) that of the first. */

export type Interpolation = "nearest" | "bilinear";

export interface Sampling {
  readonly interpolation: Interpolation;
  /** What lies outside of the image. */
  readonly fill: number;
}

/** Throws ShapeError for what is no batch of images. */
export function requireImages(x: Tensor): readonly [n: number, channels: number, height: number, width: number] {
  if (x.rank === 4) return x.shape as unknown as [number, number, number, number];
  throw new ShapeError(
    `takes images [N, C, H, W], not ${show(x.shape)}; give the data that shape with reshape([C, H, W])`,
  );
}

/** The pixels of x at positions `rows`, `columns` (f32, broadcast to [N, 1, h, w]): [N, C, h, w]. */
export function sample(x: Tensor, rows: Tensor, columns: Tensor, { interpolation, fill }: Sampling): Tensor {
  const [n, channels, height, width] = requireImages(x);
  const plane = height * width;
  const first = mul(add(mul(iota([n, channels, 1, 1], 0), channels), iota([n, channels, 1, 1], 1)), plane);
  const flat = reshape(x, [x.size]);
  const at = (row: Tensor, column: Tensor): Tensor => {
    const inside = and(between(row, height), between(column, width));
    const word = add(mul(clamped(row, height), width), clamped(column, width));
    const pixel = gather(flat, add(first, cast(word, "i32")));
    return select(inside, pixel, fill);
  };
  if (interpolation === "nearest") return at(round(rows), round(columns));
  const [top, left] = [floor(rows), floor(columns)];
  const [down, right] = [sub(rows, top), sub(columns, left)];
  const across = (row: Tensor): Tensor => add(mul(at(row, left), sub(1, right)), mul(at(row, add(left, 1)), right));
  return add(mul(across(top), sub(1, down)), mul(across(add(top, 1)), down));
}

const between = (position: Tensor, length: number): Tensor => and(lessEqual(0, position), less(position, length));
const clamped = (position: Tensor, length: number): Tensor => minimum(maximum(position, 0), length - 1);

/** Numbers 0, 1, ... along the axis of rows, or of columns, of an image: f32 [1, 1, h, 1] or [1, 1, 1, w]. */
export const rowsOf = (height: number): Tensor => iota([1, 1, height, 1], 2, "f32");
export const columnsOf = (width: number): Tensor => iota([1, 1, 1, width], 3, "f32");

/** Angles in radians, counter-clockwise; scale and shear about the centre, then the shift in pixels. Each a number or [N, 1, 1, 1]. */
export interface Affine {
  readonly angle?: Operand;
  readonly scale?: Operand;
  readonly shearX?: Operand;
  readonly shearY?: Operand;
  /** To the right and down. */
  readonly shiftX?: Operand;
  readonly shiftY?: Operand;
}

const sine = (angle: Operand): Operand => (typeof angle === "number" ? Math.sin(angle) : sin(angle));
const cosine = (angle: Operand): Operand => (typeof angle === "number" ? Math.cos(angle) : cos(angle));

/**
 * Images turned, scaled, sheared and shifted, of the same size. As torchvision.transforms.functional.affine, but that its
 * angle is clockwise: this one turns as `rotate` does.
 */
export function affine(x: Tensor, how: Affine, sampling: Sampling): Tensor {
  const { angle = 0, scale = 1, shearX = 0, shearY = 0, shiftX = 0, shiftY = 0 } = how;
  const [, , height, width] = requireImages(x);
  const down = sub(sub(rowsOf(height), (height - 1) / 2), shiftY);
  const right = sub(sub(columnsOf(width), (width - 1) / 2), shiftX);
  // the inverse of rotation(angle) shear(x, y) scale, by torchvision's definition of the shears
  const turned =
    typeof angle === "number" && typeof shearY === "number" ? -angle - shearY : sub(neg(tensorOf(angle)), shearY);
  const [c, s] = [div(cosine(turned), cosine(shearY)), div(sine(turned), cosine(shearY))];
  const tangent = div(sine(shearX), cosine(shearX));
  const clockwise = typeof angle === "number" ? -angle : neg(angle);
  const a = c;
  const b = sub(neg(mul(c, tangent)), sine(clockwise));
  const d = s;
  const e = add(neg(mul(s, tangent)), cosine(clockwise));
  const sourceX = div(sub(mul(e, right), mul(b, down)), scale);
  const sourceY = div(sub(mul(a, down), mul(d, right)), scale);
  return sample(x, add(sourceY, (height - 1) / 2), add(sourceX, (width - 1) / 2), sampling);
}

const tensorOf = (x: Operand): Tensor => add(x, 0);

/** Images turned counter-clockwise about their centre, of the same size; as torchvision's rotate without expand. */
export const rotate = (x: Tensor, angle: Operand, sampling: Sampling): Tensor => affine(x, { angle }, sampling);

/** Images turned by k quarters of a turn counter-clockwise, exactly: [N, C, W, H] when k is odd. */
export function rot90(x: Tensor, k: number): Tensor {
  requireImages(x);
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return x;
  if (turns === 2) return flip(x, [2, 3]);
  return turns === 1 ? flip(x.transpose(), 2) : flip(x.transpose(), 3);
}

/** [N, C, height, width] by bilinear interpolation between pixel centres, without smoothing before it (antialias false). */
export function resize(
  x: Tensor,
  [height, width]: readonly [number, number],
  interpolation: Interpolation = "bilinear",
): Tensor {
  const [, , h, w] = requireImages(x);
  if (height === h && width === w) return x;
  if (interpolation === "nearest") {
    const at = (place: Tensor, from: number, to: number) => floor(mul(place, from / to));
    return sample(x, at(rowsOf(height), h, height), at(columnsOf(width), w, width), { interpolation, fill: 0 });
  }
  // beyond the outermost centres the outermost pixels go on
  const at = (place: Tensor, from: number, to: number) => clamped(sub(mul(add(place, 0.5), from / to), 0.5), from);
  return sample(x, at(rowsOf(height), h, height), at(columnsOf(width), w, width), { interpolation, fill: 0 });
}

export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";

/** `p` pixels more on every side: `fill`, the outermost ones, or the image mirrored with or without them (symmetric, reflect). */
export function padImages(x: Tensor, p: number, mode: PaddingMode = "constant", fill = 0): Tensor {
  const [, , height, width] = requireImages(x);
  if (p === 0) return x;
  if (mode === "constant") return x.pad({ lo: [0, 0, p, p], hi: [0, 0, p, p], value: fill });
  const most = Math.min(height, width) - (mode === "reflect" ? 1 : 0);
  if (mode !== "edge" && p > most) {
    throw new ShapeError(`padding ${p} mirrors more than images of ${height} x ${width} have; ${most} is the most`);
  }
  const grown = (y: Tensor, axis: number): Tensor => {
    const n = y.shape[axis] as number;
    const skip = mode === "reflect" ? 1 : 0;
    const edge = (at: number) =>
      concat(
        Array.from({ length: p }, () => slice(y, axis, at, at + 1)),
        axis,
      );
    if (mode === "edge") return concat([edge(0), y, edge(n - 1)], axis);
    return concat(
      [flip(slice(y, axis, skip, p + skip), axis), y, flip(slice(y, axis, n - p - skip, n - skip), axis)],
      axis,
    );
  };
  return grown(grown(x, 2), 3);
}

/** [height, width] pixels from (top, left) on. Throws ShapeError where there are none. */
export function crop(x: Tensor, top: number, left: number, [height, width]: readonly [number, number]): Tensor {
  const [, , h, w] = requireImages(x);
  if (top < 0 || left < 0 || top + height > h || left + width > w) {
    throw new ShapeError(`a crop of ${height} x ${width} at (${top}, ${left}) is not within images of ${h} x ${w}`);
  }
  return slice(slice(x, 2, top, top + height), 3, left, left + width);
}

/** The middle [height, width] pixels; with one pixel more above or left where they do not lie even, as torchvision rounds. */
export function centerCrop(x: Tensor, size: readonly [number, number]): Tensor {
  const [, , h, w] = requireImages(x);
  return crop(x, halfToEven((h - size[0]) / 2), halfToEven((w - size[1]) / 2), size);
}

/** As Python's round: of two equally near whole numbers the even one. */
function halfToEven(x: number): number {
  const below = Math.floor(x);
  return x - below === 0.5 ? below + (Math.abs(below) % 2) : Math.round(x);
}

/** The four corners and the middle of each image: [5, N, C, height, width], as torchvision orders them. */
export function fiveCrop(x: Tensor, size: readonly [number, number]): Tensor {
  const [, , h, w] = requireImages(x);
  const [bottom, right] = [h - size[0], w - size[1]];
  const crops = [crop(x, 0, 0, size), crop(x, 0, right, size), crop(x, bottom, 0, size), crop(x, bottom, right, size)];
  return concat([...crops, centerCrop(x, size)].map((y) => reshape(y, [1, ...y.shape])));
}

/** Where rows [top, top + height) and columns [left, left + width) cross, as bool; each bound a number or [N, 1, 1, 1]. */
export function box(
  x: Tensor,
  { top, left, height, width }: { readonly [K in "top" | "left" | "height" | "width"]: Operand },
): Tensor {
  const [, , h, w] = requireImages(x);
  const within = (place: Tensor, from: Operand, length: Operand) =>
    and(lessEqual(from, place), less(place, add(from, length)));
  return and(within(rowsOf(h), top, height), within(columnsOf(w), left, width));
}

/** `value` in a box of each image. */
export const erase = (x: Tensor, area: Parameters<typeof box>[1], value: Operand = 0): Tensor =>
  select(box(x, area), value, x);
