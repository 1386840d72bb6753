/** What of jax-js is used here: it is installed apart from the project, and the project is checked without it. */
export interface Jax {
  readonly numpy: Numpy;
  readonly nn: Nn;
  readonly lax: Lax;
  readonly tree: Trees;
  init(device: Device): Promise<readonly string[]>;
  defaultDevice(device: Device): void;
  jit<A extends unknown[], R>(f: (...args: A) => R): ((...args: A) => R) & { dispose(): void };
  valueAndGrad<A extends unknown[], V>(
    f: (...args: A) => readonly [JaxArray, V],
    options: { hasAux: true },
  ): (...args: A) => [readonly [JaxArray, V], A[0]];
  blockUntilReady(tree: unknown): Promise<unknown>;
}

type Device = "wasm" | "webgpu";

/** A call uses up the arrays it is given; `ref` is one more use. */
export interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: readonly number[];
  readonly size: number;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

type Axis = number | readonly number[];

interface Numpy {
  readonly float32: unknown;
  readonly int32: unknown;
  array(values: number | ArrayLike<number>, options?: { shape?: readonly number[]; dtype?: unknown }): JaxArray;
  zerosLike(x: JaxArray): JaxArray;
  matmul(a: JaxArray, b: JaxArray): JaxArray;
  transpose(x: JaxArray): JaxArray;
  mean(x: JaxArray, axis?: Axis, options?: { keepdims?: boolean }): JaxArray;
  std(x: JaxArray): JaxArray;
  sum(x: JaxArray, axis?: Axis): JaxArray;
  max(x: JaxArray, axis?: Axis): JaxArray;
  square(x: JaxArray): JaxArray;
  sqrt(x: JaxArray): JaxArray;
  tanh(x: JaxArray): JaxArray;
  power(x: number, y: JaxArray): JaxArray;
  subtract(x: number, y: JaxArray): JaxArray;
  stack(arrays: readonly JaxArray[]): JaxArray;
  split(x: JaxArray, parts: number, axis: number): JaxArray[];
  take(table: JaxArray, indices: JaxArray, axis: number): JaxArray;
}

interface Nn {
  relu(x: JaxArray): JaxArray;
  gelu(x: JaxArray, options: { approximate: boolean }): JaxArray;
  logSoftmax(x: JaxArray): JaxArray;
  oneHot(x: JaxArray, classes: number): JaxArray;
  standardize(x: JaxArray, axis: number, options: { epsilon: number }): JaxArray;
  dotProductAttention(q: JaxArray, k: JaxArray, v: JaxArray, options: { isCausal: boolean }): JaxArray;
}

interface Lax {
  convGeneralDilated(
    x: JaxArray,
    weight: JaxArray,
    strides: readonly number[],
    padding: readonly (readonly [number, number])[],
  ): JaxArray;
  stopGradient(x: JaxArray): JaxArray;
}

interface Trees {
  map<T extends Readonly<Record<string, JaxArray>>>(
    f: (...leaves: [JaxArray, ...JaxArray[]]) => JaxArray,
    ...trees: T[]
  ): T;
  ref<T>(tree: T): T;
  dispose(tree: unknown): void;
}
