import { ConfigError, ShapeError } from "../errors/index.ts";
import { normal, uniform } from "../random/index.ts";
import { HostTensor } from "../tensor/hostTensor.ts";
import { type DType, hostArray, type Shape, show, sizeOf } from "../tensor/index.ts";

export interface Typed {
  /** f32 when not given. */
  dtype?: DType;
}

export interface Drawn {
  /** The same seed gives the same numbers; 0 when not given. */
  seed?: number;
}

/** Numbers that a tensor made by one call may have: 2 GiB of them. */
const MOST = 2 ** 29;

/** `value` everywhere. Throws ShapeError for lengths that are no whole numbers from 0 up, or too large together. */
export function full(shape: Shape, value: number, { dtype = "f32" }: Typed = {}): HostTensor {
  return new HostTensor(shape, dtype, hostArray(dtype, count("full", shape)).fill(value));
}

/** 0 everywhere. */
export const zeros = (shape: Shape, options?: Typed): HostTensor => full(shape, 0, options);
/** 1 everywhere. */
export const ones = (shape: Shape, options?: Typed): HostTensor => full(shape, 1, options);

/** start, start + step, ... below end (above it for a negative step); of one number: 0, 1, ... below it. */
export function arange(start: number, end?: number, step = 1, { dtype = "f32" }: Typed = {}): HostTensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  if (!Number.isFinite(from) || !Number.isFinite(to) || !Number.isFinite(step) || step === 0) {
    throw new ConfigError(`arange: ${from} to ${to} in steps of ${step} does not end; step is any number but 0`);
  }
  const n = count("arange", [Math.max(0, Math.ceil((to - from) / step))]);
  const data = hostArray(dtype, n);
  for (let i = 0; i < n; i++) data[i] = from + i * step;
  return new HostTensor([n], dtype, data);
}

/** `steps` numbers at equal distances, from start to end with both of them. */
export function linspace(start: number, end: number, steps = 100): HostTensor {
  const n = count("linspace", [steps]);
  const at = (i: number) => (i === n - 1 && n > 1 ? end : start + (i * (end - start)) / Math.max(1, n - 1));
  return new HostTensor(
    [n],
    "f32",
    Float32Array.from({ length: n }, (_, i) => at(i)),
  );
}

/** The identity matrix [n, m], square when m is not given. */
export function eye(n: number, m = n): HostTensor {
  const data = new Float32Array(count("eye", [n, m]));
  for (let i = 0; i < Math.min(n, m); i++) data[i * m + i] = 1;
  return new HostTensor([n, m], "f32", data);
}

/** Drawn from U[0, 1), in multiples of 2^-24. */
export function rand(shape: Shape, { seed = 0 }: Drawn = {}): HostTensor {
  return new HostTensor(shape, "f32", uniform(checkedSeed("rand", seed), 0, count("rand", shape)));
}

/** Drawn from N(0, 1). */
export function randn(shape: Shape, { seed = 0 }: Drawn = {}): HostTensor {
  return new HostTensor(shape, "f32", normal(checkedSeed("randn", seed), 0, count("randn", shape)));
}

/** Whole numbers from low up to high, without it, all equally likely: i32. */
export function randint(low: number, high: number, shape: Shape, { seed = 0 }: Drawn = {}): HostTensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low || high - low > 2 ** 24) {
    throw new ConfigError(
      `randint: there are no whole numbers to draw from ${low} to below ${high}; high lies 1 to 2^24 above low`,
    );
  }
  const draws = uniform(checkedSeed("randint", seed), 0, count("randint", shape));
  return new HostTensor(
    shape,
    "i32",
    Int32Array.from(draws, (u) => low + Math.floor(u * (high - low))),
  );
}

function checkedSeed(where: string, seed: unknown): number {
  if (Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 32) return seed as number;
  throw new ConfigError(`${where}: seed = ${String(seed)} is no whole number of [0, 4294967295]`);
}

function count(where: string, shape: unknown): number {
  if (!Array.isArray(shape) || !shape.every((d) => Number.isInteger(d) && d >= 0)) {
    const given = Array.isArray(shape) ? show(shape) : String(shape);
    throw new ShapeError(`${where}: ${given} is no shape; lengths are whole numbers from 0 up, as in [2, 3]`);
  }
  const n = sizeOf(shape);
  if (n > MOST) throw new ShapeError(`${where}: ${show(shape)} has ${n} numbers; a tensor holds ${MOST} at most`);
  return n;
}
