import { words } from "../../engine/random/index.ts";

/** Choices that a seed makes: the same seed, the same choices. */
export class Dice {
  readonly #seed: number;
  #page = 0;
  #drawn: Uint32Array = new Uint32Array(0);
  #next = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** A number in [0, 1). */
  unit(): number {
    if (this.#next === this.#drawn.length) {
      this.#drawn = words(this.#seed, 0xd1ce, this.#page++, 256);
      this.#next = 0;
    }
    return (this.#drawn[this.#next++] as number) / 2 ** 32;
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  chance(p: number): boolean {
    return this.unit() < p;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(0, from.length - 1)] as T;
  }

  shuffled<T>(from: readonly T[]): T[] {
    const rest = [...from];
    return from.map(() => rest.splice(this.int(0, rest.length - 1), 1)[0] as T);
  }

  /** `n` numbers in [-1, 1), f32. */
  floats(n: number): Float32Array {
    return Float32Array.from({ length: n }, () => this.unit() * 2 - 1);
  }
}
