import type { Tensor } from "../../engine/ops/index.ts";
import * as ops from "../../engine/ops/index.ts";
import { type Shape, sizeOf } from "../../engine/tensor/index.ts";
import type { Dice } from "./dice.ts";

/** A tensor of a random graph, of numbers within +-bound. */
export interface Grown {
  readonly t: Tensor;
  readonly bound: number;
  /** Whether it has the same bits wherever it is computed: then it may be compared. */
  readonly exact: boolean;
}

/** Elements of a tensor, and products of a contraction, at most. */
const MOST = 30_000;
const MOST_PRODUCTS = 300_000;

const SIZES = [1, 1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 33, 64, 100, 129, 257, 1000, 2049, 4100];

/** A shape of 0 to 4 axes with awkward lengths. */
export function randomShape(dice: Dice, most: number): number[] {
  const shape: number[] = [];
  for (let rank = dice.int(0, 4); rank > 0; rank--) {
    const length = dice.pick(SIZES);
    if (sizeOf(shape) * length <= most) shape.splice(dice.int(0, shape.length), 0, length);
  }
  return shape;
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Some of the axes, at least one, in order. */
function someAxes(dice: Dice, rank: number): number[] {
  const axes = upTo(rank).filter(() => dice.chance(0.5));
  return axes.length > 0 ? axes : [dice.int(0, rank - 1)];
}

/** A tensor computed from some of `pool`; undefined where the choice does not fit. */
export function grow(dice: Dice, pool: readonly Grown[]): Grown | undefined {
  const a = dice.chance(0.6) ? (pool.at(-dice.int(1, Math.min(4, pool.length))) as Grown) : dice.pick(pool);
  const kind = dice.pick(Object.keys(KINDS));
  const made = (KINDS[kind] as Kind)(dice, a, pool);
  if (made === undefined || made.t.size > MOST || made.t.size === 0) return undefined;
  return tamed(made);
}

type Kind = (dice: Dice, a: Grown, pool: readonly Grown[]) => Grown | undefined;

/** Keeps numbers small, so that rounding stays small through many steps. */
function tamed(x: Grown): Grown {
  if (x.bound <= 4) return x;
  return { ...x, t: ops.mul(x.t, 2 / x.bound), bound: 2, exact: false };
}

const from = (xs: readonly Grown[], t: Tensor, bound: number, exact = false): Grown => ({
  t,
  bound,
  exact: exact && xs.every((x) => x.exact),
});

/** One like `a`, or one of another tensor that broadcasts against it. */
function partner(dice: Dice, a: Grown, pool: readonly Grown[]): Grown {
  const fitting = pool.filter(({ t: { shape } }) => {
    const both = upTo(Math.max(shape.length, a.t.rank)).map((i) => [shape.at(-1 - i) ?? 1, a.t.shape.at(-1 - i) ?? 1]);
    return both.every(([x, y]) => x === y || x === 1 || y === 1);
  });
  return fitting.length > 0 && dice.chance(0.9) ? dice.pick(fitting) : a;
}

/** `x` with `shape`: cut, repeated, folded, gathered or padded. */
export function fitted(dice: Dice, x: Grown, shape: Shape): Grown {
  const n = sizeOf(shape);
  const size = x.t.size;
  const flat = ops.reshape(x.t, [size]);
  const as = (t: Tensor, bound = x.bound) => from([x], ops.reshape(t, shape), bound);
  if (size === n) return as(x.t);
  if (size % n === 0 && dice.chance(0.7)) {
    const [inner, axis] = dice.chance(0.5) ? [[n, size / n], 1] : [[size / n, n], 0];
    const grid = ops.reshape(x.t, inner);
    return as(dice.chance(0.7) ? ops.mean(grid, [axis]) : ops.max(grid, [axis]));
  }
  const kind = dice.int(0, 3);
  if (kind === 0) return as(ops.broadcastTo(ops.mean(x.t), shape));
  if (kind === 1) {
    const rows = ops.mod(ops.mul(ops.iota([n]), dice.int(1, 7)), size);
    return as(ops.gather(flat, rows));
  }
  if (size > n) {
    const start = dice.int(0, size - n);
    return as(ops.slice(flat, 0, start, start + n));
  }
  const lo = dice.int(0, n - size);
  return as(ops.pad(flat, { lo: [lo], hi: [n - size - lo], value: 0.25 }), Math.max(x.bound, 0.25));
}

const KINDS: Record<string, Kind> = {
  unary: (dice, a) => {
    const [fn, bound] = dice.pick([
      [ops.tanh, 1],
      [ops.sigmoid, 1],
      [ops.sin, 1],
      [ops.cos, 1],
      [ops.erf, 1],
      [ops.neg, a.bound],
      [ops.abs, a.bound],
      [ops.relu, a.bound],
      [ops.exp, Math.exp(a.bound)],
      [ops.square, a.bound ** 2],
      [(x: Tensor) => ops.sqrt(ops.add(ops.abs(x), 0.5)), Math.sqrt(a.bound + 0.5)],
      [(x: Tensor) => ops.log(ops.add(ops.square(x), 0.3)), Math.log(a.bound ** 2 + 1.5) + 1.3],
    ] as const);
    return from([a], fn(a.t), bound, fn === ops.neg || fn === ops.abs || fn === ops.relu);
  },
  binary: (dice, a, pool) => {
    const b = partner(dice, a, pool);
    switch (dice.int(0, 4)) {
      case 0:
        return from([a, b], ops.add(a.t, b.t), a.bound + b.bound);
      case 1:
        return from([a, b], ops.sub(a.t, b.t), a.bound + b.bound);
      case 2:
        return from([a, b], ops.mul(a.t, b.t), a.bound * b.bound);
      case 3:
        return from([a, b], ops.maximum(a.t, b.t), Math.max(a.bound, b.bound), true);
      default:
        return from([a, b], ops.div(a.t, ops.add(ops.abs(b.t), 0.7)), a.bound / 0.7);
    }
  },
  choose: (dice, a, pool) => {
    const b = partner(dice, a, pool);
    const both = from([a, b], ops.add(a.t, b.t), Math.max(a.bound, b.bound));
    const exact = pool.filter((x) => x.exact);
    const c = exact.length > 0 ? partner(dice, both, exact) : both;
    return c.exact ? from([both, c], ops.select(ops.less(c.t, 0.1), a.t, b.t), both.bound) : undefined;
  },
  reduce: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    const axes = someAxes(dice, a.t.rank);
    const keepdims = dice.chance(0.3);
    const fn = dice.pick([ops.mean, ops.sum, ops.max, ops.variance] as const);
    if (fn === ops.variance) {
      const n = sizeOf(axes.map((axis) => a.t.shape[axis] as number));
      return n < 2 ? undefined : from([a], ops.variance(a.t, axes, { keepdims }), 4 * a.bound ** 2);
    }
    const n = fn === ops.sum ? sizeOf(axes.map((axis) => a.t.shape[axis] as number)) : 1;
    return from([a], fn(a.t, axes, { keepdims }), a.bound * n, fn === ops.max);
  },
  softmax: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    const axis = dice.int(0, a.t.rank - 1);
    return from([a], ops.softmax(a.t, axis), 1);
  },
  matmul: (dice, a, pool) => {
    const { shape } = a.t;
    if (shape.length < 2) return undefined;
    const [m, k] = shape.slice(-2) as [number, number];
    const lead = shape.slice(0, -2);
    const n = dice.pick([1, 2, 3, 8, 9, 17]);
    if (a.t.size * n > MOST_PRODUCTS || sizeOf([...lead, m, n]) > MOST) return undefined;
    const batched = lead.length > 0 && dice.chance(0.6);
    const b = fitted(dice, dice.pick(pool), batched ? [...lead, k, n] : dice.chance(0.5) ? [k, n] : [n, k]);
    const right = !batched && b.t.shape[0] !== k ? ops.transpose(b.t) : b.t;
    return from([a, b], ops.matmul(a.t, right), k * a.bound * b.bound);
  },
  conv: (dice, a, pool) => {
    const c = dice.pick([1, 2, 3]);
    const [h, w] = [dice.int(3, 9), dice.int(3, 9)];
    const images = dice.int(1, 4);
    const x = fitted(dice, a, [images, c, h, w]);
    const [o, kh, kw] = [dice.int(1, 5), dice.int(1, 3), dice.int(1, 3)];
    const weight = fitted(dice, dice.pick(pool), [o, c, kh, kw]);
    const y = ops.conv2d(x.t, weight.t, { stride: dice.int(1, 2), padding: dice.int(0, 2) });
    return from([x, weight], y, c * kh * kw * x.bound * weight.bound);
  },
  windows: (dice, a) => {
    if (a.t.rank === 0 || a.t.rank > 3) return undefined;
    const axis = dice.int(0, a.t.rank - 1);
    const length = a.t.shape[axis] as number;
    const size = dice.int(1, Math.min(5, length));
    const y = ops.windows(a.t, { axes: [axis], size: [size], stride: [dice.int(1, 3)], dilation: [1] });
    return from([a], dice.chance(0.5) ? ops.max(y, [-1]) : y, a.bound);
  },
  pad: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    const widths = () => a.t.shape.map(() => dice.int(0, 2));
    const interior = dice.chance(0.3) ? a.t.shape.map(() => dice.int(0, 1)) : undefined;
    const y = ops.pad(a.t, { lo: widths(), hi: widths(), value: 0.5, ...(interior && { interior }) });
    return from([a], y, Math.max(a.bound, 0.5), true);
  },
  slice: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    const axis = dice.int(0, a.t.rank - 1);
    const n = a.t.shape[axis] as number;
    const start = dice.int(0, n - 1);
    return from([a], ops.slice(a.t, axis, start, dice.int(start + 1, n), dice.int(1, 3)), a.bound, true);
  },
  move: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    if (dice.chance(0.3)) return from([a], ops.flip(a.t, someAxes(dice, a.t.rank)), a.bound, true);
    if (dice.chance(0.3)) return from([a], ops.reshape(a.t, [a.t.size]), a.bound, true);
    return from([a], ops.permute(a.t, dice.shuffled(upTo(a.t.rank))), a.bound, true);
  },
  split: (dice, a) => {
    const factor = dice.pick([2, 3, 4, 5, 8]);
    const axis = a.t.shape.findIndex((n) => n % factor === 0 && n > factor);
    if (axis < 0) return undefined;
    const shape = [...a.t.shape];
    shape.splice(axis, 1, factor, (a.t.shape[axis] as number) / factor);
    return from([a], ops.reshape(a.t, shape), a.bound, true);
  },
  concat: (dice, a, pool) => {
    if (a.t.rank === 0) return undefined;
    const axis = dice.int(0, a.t.rank - 1);
    const alike = ({ t }: Grown) => t.rank === a.t.rank && t.shape.every((n, i) => i === axis || n === a.t.shape[i]);
    const parts = [a, dice.pick(pool.filter(alike)), ...(dice.chance(0.3) ? [a] : [])];
    const t = ops.concat(dice.shuffled(parts.map((p) => p.t)), axis);
    return from(parts, t, Math.max(...parts.map((p) => p.bound)), true);
  },
  gather: (dice, a) => {
    if (a.t.rank === 0) return undefined;
    const rows = a.t.shape[0] as number;
    const shape = randomShape(dice, 40);
    const start = ops.add(ops.mul(ops.iota([sizeOf(shape)]), dice.int(1, 5)), dice.int(-2, 3));
    const shifted = dice.chance(0.5) ? ops.add(start, ops.scalar("cursor", "i32")) : start;
    const index = dice.chance(0.5) ? ops.mod(shifted, rows) : shifted;
    return from([a], ops.gather(a.t, ops.reshape(index, shape)), a.bound, true);
  },
  noise: (dice, a) => {
    const stream = dice.int(1, 1000);
    const u = ops.uniform({ seed: ops.scalar("seed", "u32"), step: ops.scalar("number", "u32"), stream }, a.t.shape);
    return from([a], dice.chance(0.5) ? ops.select(ops.less(u, 0.7), a.t, 0) : ops.mul(u, a.t), a.bound);
  },
  lanes: (dice, a, pool) => {
    const [lanes = 0, ...shape] = a.t.shape;
    if (lanes < 1 || lanes > 16) return undefined;
    const one: Grown = { ...a, t: ops.input("lane", shape) };
    const grown = [...pool.slice(-3), one];
    for (let n = dice.int(2, 4); n > 0; n--) {
      const next = grow(dice, grown);
      if (next) grown.push(next);
    }
    const last = grown.at(-1) as Grown;
    const [t] = ops.batched([last.t], new Map([[one.t, a.t]]), lanes) as [Tensor];
    return from([last, a], t, last.bound);
  },
  scaled: (dice, a) => from([a], ops.mul(a.t, ops.scalar(dice.pick(["rate", "decay"]))), a.bound),
};
