import { type Eigen, tridiagonalEigen } from "../../linalg/index.ts";
import { addTo, dot, length, scaled, type Vector } from "./vectors.ts";

/** A symmetric matrix that is known by what it does to vectors. */
export type Product = (v: Vector) => Promise<Vector>;

/** An eigenvalue that was found: the matrix has one within `error` of `value`. */
export interface Eigenvalue {
  readonly value: number;
  /** Norm of the residual H v - value v, as computed: rounding of the products in f32 comes on top. */
  readonly error: number;
}

/** Memory for the basis; longer vectors have fewer of them. */
const MOST_BYTES = 256 * 2 ** 20;
/** Below this share of the largest number in the matrix a new direction is rounding noise: the space is exhausted. */
const EXHAUSTED = 1e-6;

/**
 * Krylov space of a symmetric matrix, one product at a time. Basis vectors are made orthogonal to all before them, twice
 * (Parlett 1998, The Symmetric Eigenvalue Problem, sections 6.9 and 13), in f64; they are kept in f32, as the device
 * multiplies them. Golub & Van Loan, Matrix Computations, algorithm 10.1.1.
 */
export class Lanczos {
  readonly #product: Product;
  readonly #basis: Float32Array[] = [];
  readonly #diagonal: number[] = [];
  readonly #off: number[] = [];
  readonly #most: number;
  #next: Float64Array | null;
  #eigen: Eigen | null = null;

  /** From a vector that is not 0. */
  constructor(product: Product, start: Vector) {
    this.#product = product;
    this.#next = scaled(start, 1 / length(start));
    this.#most = Math.max(8, Math.floor(MOST_BYTES / (4 * start.length)));
  }

  /** Products so far. */
  get size(): number {
    return this.#diagonal.length;
  }

  /** No more can be learnt from this start, or kept in memory. */
  get exhausted(): boolean {
    return this.#next === null || this.size >= this.#most;
  }

  /** One product more. */
  async step(): Promise<void> {
    if (this.#next === null) return;
    const q = Float32Array.from(this.#next);
    const w = Float64Array.from(await this.#product(q));
    this.#basis.push(q);
    this.#diagonal.push(dot(q, w));
    for (let round = 0; round < 2; round++) for (const b of this.#basis) addTo(w, b, -dot(b, w));
    const rest = length(w);
    this.#off.push(rest);
    this.#eigen = null;
    const largest = Math.max(...this.#diagonal.map(Math.abs), ...this.#off);
    this.#next = rest > EXHAUSTED * largest ? scaled(w, 1 / rest) : null;
  }

  /** Eigenvalues of the matrix as far as this space shows them, ascending. */
  get values(): readonly Eigenvalue[] {
    const { values, vectors } = this.#ritz;
    const rest = this.#next === null ? 0 : (this.#off.at(-1) ?? 0);
    return Array.from(values, (value, k) => ({
      value,
      error: rest * Math.abs((vectors[k] as Float64Array).at(-1) as number),
    }));
  }

  /** How much of the start lies along each of `values`: shares that add up to 1. */
  get weights(): readonly number[] {
    return this.#ritz.vectors.map((v) => (v[0] as number) ** 2);
  }

  /** The unit vector that belongs to `values[k]`. */
  vector(k: number): Float64Array {
    const shares = this.#ritz.vectors[k] as Float64Array;
    const out = new Float64Array((this.#basis[0] as Float32Array).length);
    for (const [i, b] of this.#basis.entries()) addTo(out, b, shares[i] as number);
    return scaled(out, 1 / length(out));
  }

  get #ritz(): Eigen {
    this.#eigen ??= tridiagonalEigen(this.#diagonal, this.#off.slice(0, -1));
    return this.#eigen;
  }
}

/**
 * The eigenvalue of largest magnitude by power iteration: v <- H v / |H v|. `rayleigh[i]` is v'Hv of the unit vector
 * before product i + 1. Ends after `iterations` products, or once the residual is below `tolerance` of the value.
 */
export async function powerIteration(
  product: Product,
  start: Vector,
  { iterations, tolerance }: { iterations: number; tolerance: number },
): Promise<Eigenvalue & { readonly rayleigh: readonly number[]; readonly vector: Float64Array }> {
  let v = scaled(start, 1 / length(start));
  const rayleigh: number[] = [];
  for (;;) {
    const w = await product(v);
    const value = dot(v, w);
    rayleigh.push(value);
    const size = length(w);
    const error = Math.sqrt(Math.max(0, size * size - value * value));
    if (rayleigh.length >= iterations || error < tolerance * Math.abs(value) || size === 0) {
      return { value, error, rayleigh, vector: v };
    }
    v = scaled(w, 1 / size);
  }
}
