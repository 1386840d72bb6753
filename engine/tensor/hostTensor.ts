import { ConfigError, ShapeError } from "../errors/index.ts";
import { DTYPES, type DType, hostArray, type TypedArray } from "./dtype.ts";
import { withOrigin } from "./origin.ts";
import { print } from "./print.ts";
import { rowMajor, type Shape, show, sizeOf } from "./shape.ts";

/** Numbers in nested lists, as deep as the tensor has axes. */
export type Nested = number | boolean | readonly Nested[];

/** Rows of a piece. */
const PIECE = 2048;

/** A tensor with its numbers on the host, row-major. Prints as PyTorch's do, with its shape and dtype. */
export class HostTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  declare readonly data: TypedArray;

  /**
   * Keeps `data`, does not copy it; with "later" it is what `expanded` gives whenever it is asked for. Throws ShapeError
   * when its length is not that of the shape.
   */
  constructor(shape: Shape, dtype: DType, data: TypedArray | "later") {
    this.shape = shape;
    this.dtype = dtype;
    if (data === "later") {
      Object.defineProperty(this, "data", { enumerable: true, get: () => this.expanded() });
      return;
    }
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(`tensor: ${data.length} values do not fill ${show(shape)}, which has ${sizeOf(shape)}`);
    }
    this.data = data;
  }

  /** The numbers of a tensor that keeps them in another form. */
  protected expanded(): TypedArray {
    return this.data;
  }

  /** The number at a row-major place. */
  value(word: number): number {
    return this.data[word] as number;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** The only number of a tensor of size 1. */
  item(): number {
    if (this.size !== 1) throw new ShapeError(`item: ${show(this.shape)} has ${this.size} values, not one`);
    return this.value(0);
  }

  /** One number by its coordinates, negative ones counted from the end. */
  at(...index: readonly number[]): number {
    if (index.length !== this.rank) {
      throw new ShapeError(`at: ${index.length} coordinates for ${show(this.shape)}, which has ${this.rank} axes`);
    }
    const strides = rowMajor(this.shape);
    let word = 0;
    index.forEach((given, axis) => {
      const length = this.shape[axis] as number;
      const i = given < 0 ? given + length : given;
      if (!Number.isInteger(i) || i < 0 || i >= length) {
        throw new ShapeError(`at: index ${given} is outside axis ${axis} of ${show(this.shape)}`);
      }
      word += i * (strides[axis] as number);
    });
    return this.value(word);
  }

  /** The same numbers in another shape; one size may be -1. Shares the data. */
  reshape(shape: Shape): HostTensor {
    const known = shape.reduce((n, d) => (d === -1 ? n : n * d), 1);
    const filled = shape.map((d) => (d === -1 ? this.size / known : d));
    if (shape.filter((d) => d === -1).length > 1 || sizeOf(filled) !== this.size || !filled.every(Number.isInteger)) {
      throw new ShapeError(`reshape: ${show(this.shape)} has ${this.size} values, which do not fill ${show(shape)}`);
    }
    return withOrigin(this, this.shaped(filled));
  }

  protected shaped(shape: Shape): HostTensor {
    return new HostTensor(shape, this.dtype, this.data);
  }

  /**
   * Every number changed, by what it is and where in its row it stands: the places of a row, divided evenly, make
   * `groups` that are treated alike, and `change` is called with the number of the group.
   */
  scaled(groups: number, change: (value: number, group: number) => number): HostTensor {
    const row = sizeOf(this.shape.slice(1));
    const each = row / groups;
    const data = new Float32Array(this.size);
    for (let i = 0; i < data.length; i++) data[i] = change(this.data[i] as number, Math.floor((i % row) / each));
    return new HostTensor(this.shape, "f32", data);
  }

  /** All rows, some at a time and in their order, so that they need not be in memory or in this form together. */
  *pieces(): Generator<HostTensor> {
    const [count = 0, ...row] = this.shape;
    const length = sizeOf(row);
    for (let from = 0; from < count; from += PIECE) {
      const rows = Math.min(PIECE, count - from);
      yield new HostTensor([rows, ...row], this.dtype, this.data.subarray(from * length, (from + rows) * length));
    }
  }

  /** Rows of the first axis, in the order given. Throws ShapeError for a row that is not there. */
  rows(order: ArrayLike<number>): HostTensor {
    const [count = 0, ...row] = this.shape;
    const length = sizeOf(row);
    const data = hostArray(this.dtype, order.length * length);
    for (let i = 0; i < order.length; i++) {
      const r = order[i] as number;
      if (!(r >= 0 && r < count))
        throw new ShapeError(`rows: ${r} is outside the ${count} rows of ${show(this.shape)}`);
      data.set(this.data.subarray(r * length, (r + 1) * length), i * length);
    }
    return withOrigin(this, new HostTensor([order.length, ...row], this.dtype, data));
  }

  /** The numbers in nested lists; bools as true and false. */
  // biome-ignore lint/suspicious/noExplicitAny: how deep the lists are is known by those who call it
  toArray(): any {
    const value = (word: number): Nested => (this.dtype === "bool" ? this.value(word) !== 0 : this.value(word));
    const nest = (axis: number, start: number, size: number): Nested => {
      if (axis === this.rank) return value(start);
      const length = this.shape[axis] as number;
      return Array.from({ length }, (_, i) => nest(axis + 1, start + (i * size) / length, size / length));
    };
    return nest(0, 0, this.size);
  }

  toJSON(): { shape: Shape; dtype: DType; data: Nested } {
    return { shape: this.shape, dtype: this.dtype, data: this.toArray() };
  }

  toString(): string {
    return print(this);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return print(this);
  }
}

/**
 * A host tensor from nested lists: numbers are f32, true and false bool, unless `dtype` says otherwise.
 *
 *   tensor([[1, 2], [3, 4]])  ->  [2, 2] f32
 *
 * Throws ShapeError when lists of one depth differ in length, or an element is not a number or does not fit the dtype;
 * ConfigError for other options.
 */
export function tensor(values: Nested | ArrayLike<number>, options: { dtype?: DType } = {}): HostTensor {
  checkOptions(options);
  const shape: number[] = [];
  for (let v: unknown = values; isList(v); v = v[0]) shape.push(v.length);
  const flat: (number | boolean)[] = [];
  const walk = (v: unknown, path: readonly number[]): void => {
    const depth = path.length;
    if (!isList(v)) {
      if (depth < shape.length) throw ragged(path, "a single value", `${shape[depth]} values`);
      if (typeof v !== "number" && typeof v !== "boolean") {
        throw new ShapeError(`tensor: element ${show(path)} is ${JSON.stringify(v)}, not a number`);
      }
      flat.push(v);
      return;
    }
    if (depth === shape.length) throw ragged(path, `a list of ${v.length}`, "a single value");
    if (v.length !== shape[depth]) throw ragged(path, `${v.length} values`, `${shape[depth]}`);
    for (let i = 0; i < v.length; i++) walk(v[i], [...path, i]);
  };
  walk(values, []);
  const dtype = options.dtype ?? (flat.length > 0 && flat.every((x) => typeof x === "boolean") ? "bool" : "f32");
  const data = hostArray(dtype, flat.length);
  flat.forEach((x, i) => {
    if (!fits(Number(x), dtype)) throw new ShapeError(`tensor: element ${i} is ${x}, which is no ${dtype}`);
    data[i] = dtype === "bool" ? Number(Boolean(x)) : Number(x);
  });
  return new HostTensor(shape, dtype, data);
}

function checkOptions(given: unknown): void {
  const { dtype, ...others } = (typeof given === "object" && given !== null ? given : { given }) as { dtype?: unknown };
  const [unknown] = Object.entries(others);
  if (unknown === undefined && (dtype === undefined || DTYPES.includes(dtype))) return;
  const what = unknown
    ? unknown[0] === "given"
      ? JSON.stringify(given)
      : `option "${unknown[0]}"`
    : `dtype "${dtype}"`;
  throw new ConfigError(`tensor: no ${what}; there is { dtype: "f32" | "i32" | "u32" | "bool" }`);
}

function fits(x: number, dtype: DType): boolean {
  if (dtype === "f32" || dtype === "bool") return true;
  return dtype === "i32" ? (x | 0) === x : x >>> 0 === x;
}

function ragged(path: readonly number[], is: string, first: string): ShapeError {
  return new ShapeError(
    `tensor: ${show(path)} is ${is} where the first of its depth has ${first}; rows must be equally long`,
  );
}

function isList(v: unknown): v is ArrayLike<unknown> {
  return Array.isArray(v) || (ArrayBuffer.isView(v) && "length" in v);
}
