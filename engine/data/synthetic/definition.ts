import { DataError } from "../../errors/index.ts";
import { type Checked, check, type Definition, int, num, type Options, type Params } from "../../params/index.ts";
import { normal, words } from "../../random/index.ts";
import { HostTensor, type Shape, sizeOf } from "../../tensor/index.ts";
import { Dataset } from "../dataset.ts";

/** Random numbers of a set: every call gives further ones, the same for the same seed. */
export interface Draws {
  /** n numbers in [0, 1). */
  uniform(n: number): Float64Array;
  /** n numbers of mean 0 and deviation 1. */
  normal(n: number): Float64Array;
}

/** Examples before they become a data set: values of x row by row, and a class or the values for each. */
export interface Made {
  readonly x: ArrayLike<number>;
  /** Of an example. */
  readonly shape: Shape;
  /** A class for each example, below `classes`; or values, as many for each. */
  readonly y: ArrayLike<number>;
  readonly classes?: number | readonly string[];
  readonly names?: readonly string[];
}

/** Data that are made, not read: nothing is unknown about them. */
export interface SyntheticDefinition<P extends Params = Params> extends Definition<P> {
  make(options: Checked<P>, draws: Draws): Made;
}

/** Declares a synthetic set. Its name is the one it is exported under in all.ts. */
export function defineSynthetic<const P extends Params>(definition: SyntheticDefinition<P>): SyntheticDefinition<P> {
  return definition;
}

/** Options of every set. */
export const examplesParam = (n: number) => int(n, "[1, inf)", "Examples.");
export const noiseParam = (noise: number, of: string) =>
  num(noise, "[0, inf)", `Deviation of the normal noise on ${of}.`);
export const seedParam = int(0, "[0, 4294967295]", "Draws the set; the same seed gives the same one.");

/** Streams of sets begin here, apart from those of all else. */
const FIRST_STREAM = 0x5eed1000;

function drawsOf(seed: number): Draws {
  let stream = FIRST_STREAM;
  return {
    uniform: (n) => Float64Array.from(words(seed, stream++, 0, n), (word) => word * 2 ** -32),
    normal: (n) => Float64Array.from(normal(seed, stream++, n)),
  };
}

export type Synthetic<D> = D extends SyntheticDefinition<infer P> ? (options?: Options<P>) => Dataset : never;

/** The function that a cell calls: `data.moons({ n: 200, noise: 0.1, seed: 1 })`. */
export function synthetic(name: string, definition: SyntheticDefinition): (given?: unknown) => Dataset {
  return (given) => {
    const options = check(definition.params, given, `data.${name}`);
    definition.validate?.(options, `data.${name}`);
    const { seed } = options as unknown as { seed: number };
    const { x, y, shape, classes, names } = made(name, () => definition.make(options, drawsOf(seed)), options);
    const n = x.length / sizeOf(shape);
    const features = new HostTensor([n, ...shape], "f32", Float32Array.from(x));
    const featureNames = names ?? Array.from({ length: sizeOf(shape) }, (_, i) => `x${i}`);
    if (classes === undefined) {
      const values = new HostTensor([n, y.length / n], "f32", Float32Array.from(y));
      return new Dataset({ name, x: features, y: values, task: "regression", featureNames });
    }
    const labels = typeof classes === "number" ? Array.from({ length: classes }, (_, c) => String(c)) : classes;
    const target = new HostTensor([n], "i32", Int32Array.from(y));
    return new Dataset({ name, x: features, y: target, task: "classification", featureNames, classes: labels });
  };
}

/** Throws DataError for a set that this process cannot hold. */
function made(name: string, make: () => Made, options: object): Made {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const { n } = options as { readonly n?: number };
    throw new DataError(`data.${name}: ${n ?? "so many"} examples are more than this process can hold; take fewer`, {
      cause,
    });
  }
}

/** Points [x, y] of examples whose classes take turns, with noise on both coordinates. */
export function points(
  { n, noise }: { n: number; noise: number },
  classes: number,
  draws: Draws,
  at: (label: number, place: number, of: number) => readonly [number, number],
): Made {
  const off = draws.normal(2 * n);
  const x = new Float64Array(2 * n);
  const y = Int32Array.from({ length: n }, (_, i) => i % classes);
  for (const [i, label] of y.entries()) {
    const of = Math.ceil((n - label) / classes);
    const point = at(label, Math.floor(i / classes), of);
    for (const k of [0, 1] as const) x[2 * i + k] = point[k] + noise * (off[2 * i + k] as number);
  }
  return { x, y, shape: [2], classes };
}
