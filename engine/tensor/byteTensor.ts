import { ShapeError } from "../errors/index.ts";
import { HostTensor } from "./hostTensor.ts";
import { withOrigin } from "./origin.ts";
import { type Shape, show, sizeOf } from "./shape.ts";

/** Values that a byte can stand for. */
export const LEVELS = 256;

/** Rows of a piece. */
const PIECE = 2048;

/** Bytes as the numbers 0 to 1: b / 255, rounded to f32, as PyTorch's ToTensor. */
export const unitLevels = (): Float32Array => Float32Array.from({ length: LEVELS }, (_, byte) => byte / (LEVELS - 1));

/**
 * f32 numbers of which there are few different ones, kept as a byte each, on the host and on the device: pictures take a
 * quarter of the memory. What a byte stands for is looked up in a table, so that scaling changes the table alone and no number
 * differs from what f32 storage would hold. `data` spreads them out whenever it is asked for.
 */
export class ByteTensor extends HostTensor {
  readonly bytes: Uint8Array;
  /** [groups, 256]: the places of a row, divided evenly among the groups, and what each byte stands for there. */
  readonly levels: Float32Array;
  #expanded: WeakRef<Float32Array> | undefined;

  /** Keeps `bytes`. Throws ShapeError when they do not fill the shape, or the groups do not divide a row. */
  constructor(shape: Shape, bytes: Uint8Array, levels: Float32Array) {
    super(shape, "f32", "later");
    if (bytes.length !== sizeOf(shape)) {
      throw new ShapeError(`tensor: ${bytes.length} bytes do not fill ${show(shape)}, which has ${sizeOf(shape)}`);
    }
    this.bytes = bytes;
    this.levels = levels;
    if (!Number.isInteger(this.#each)) {
      throw new ShapeError(`tensor: ${this.groups} groups do not divide the places of a row of ${show(shape)}`);
    }
  }

  get groups(): number {
    return this.levels.length / LEVELS;
  }

  /** Places of a row that share a group. */
  get #each(): number {
    return sizeOf(this.shape.slice(1)) / this.groups;
  }

  override value(word: number): number {
    const group = this.groups === 1 ? 0 : Math.floor(word / this.#each) % this.groups;
    return this.levels[group * LEVELS + (this.bytes[word] as number)] as number;
  }

  protected override expanded(): Float32Array {
    const known = this.#expanded?.deref();
    if (known) return known;
    const out = this.spread();
    this.#expanded = new WeakRef(out);
    return out;
  }

  /** The numbers, anew at each call: what is kept weakly stays until the code that runs now is done, however much that is. */
  spread(): Float32Array {
    const { bytes, levels, groups } = this;
    const each = this.#each;
    const out = new Float32Array(bytes.length);
    for (let from = 0, group = 0; from < out.length; from += each, group = (group + 1) % groups) {
      const base = group * LEVELS;
      for (let i = from; i < from + each; i++) out[i] = levels[base + (bytes[i] as number)] as number;
    }
    return out;
  }

  override scaled(groups: number, change: (value: number, group: number) => number): HostTensor {
    const row = sizeOf(this.shape.slice(1));
    // the coarser division that both fit into
    const finest = groups % this.groups === 0 ? groups : this.groups % groups === 0 ? this.groups : row;
    // a table of its own for every place of few rows takes more than the numbers do
    if (finest * LEVELS > this.size) return super.scaled(groups, change);
    const levels = new Float32Array(finest * LEVELS);
    for (let group = 0; group < finest; group++) {
      const [own, other] = [this.groups, groups].map((n) => Math.floor((group * n) / finest)) as [number, number];
      for (let byte = 0; byte < LEVELS; byte++) {
        levels[group * LEVELS + byte] = change(this.levels[own * LEVELS + byte] as number, other);
      }
    }
    return new ByteTensor(this.shape, this.bytes, levels);
  }

  override *pieces(): Generator<HostTensor> {
    const [count = 0, ...row] = this.shape;
    const length = sizeOf(row);
    for (let from = 0; from < count; from += PIECE) {
      const to = Math.min(count, from + PIECE);
      const piece = new ByteTensor([to - from, ...row], this.bytes.subarray(from * length, to * length), this.levels);
      yield new HostTensor(piece.shape, "f32", piece.spread());
    }
  }

  protected override shaped(shape: Shape): HostTensor {
    const alike = this.groups === 1 || shape[0] === this.shape[0];
    return alike ? new ByteTensor(shape, this.bytes, this.levels) : super.shaped(shape);
  }

  override rows(order: ArrayLike<number>): ByteTensor {
    const [count = 0, ...row] = this.shape;
    const length = sizeOf(row);
    const bytes = new Uint8Array(order.length * length);
    for (let i = 0; i < order.length; i++) {
      const r = order[i] as number;
      if (!(r >= 0 && r < count))
        throw new ShapeError(`rows: ${r} is outside the ${count} rows of ${show(this.shape)}`);
      bytes.set(this.bytes.subarray(r * length, (r + 1) * length), i * length);
    }
    return withOrigin(this, new ByteTensor([order.length, ...row], bytes, this.levels));
  }
}
