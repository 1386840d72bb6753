/**
 * Philox4x32-10, a counter-based generator: every random word is a function of (seed, stream, step, index) alone, so
 * it can be drawn anywhere, in any order, on host and device, with the same result.
 * Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.2; constants as in Random123.
 *
 * Here: key = (seed, KEY_1), counter = (index / 4, step, stream, 0), word = index % 4.
 */

export const MULTIPLIER_0 = 0xd2511f53;
export const MULTIPLIER_1 = 0xcd9e8d57;
/** What a round adds to the key: the golden ratio and sqrt(3) - 1, as 32-bit fractions. */
export const WEYL_0 = 0x9e3779b9;
export const WEYL_1 = 0xbb67ae85;
export const ROUNDS = 10;
/** Second word of every key. */
export const KEY_1 = 0x1bd11bda;

export type Words4 = readonly [number, number, number, number];

/** One block of four u32 words. `counter` and `key` are taken modulo 2^32. */
export function philox4x32(counter: Words4, key: readonly [number, number]): [number, number, number, number] {
  const out = new Uint32Array(4);
  block(counter[0], counter[1], counter[2], counter[3], key[0], key[1], out, 0);
  return [out[0] as number, out[1] as number, out[2] as number, out[3] as number];
}

/** Words 0 to n - 1 of (seed, stream, step). Seed, stream and step are taken modulo 2^32. */
export function words(seed: number, stream: number, step: number, n: number): Uint32Array {
  const out = new Uint32Array(Math.ceil(n / 4) * 4);
  for (let i = 0; i < out.length; i += 4) block(i / 4, step, stream, 0, seed, KEY_1, out, i);
  return out.subarray(0, n);
}

/** n numbers in [0, 1), multiples of 2^-24: the upper 24 bits of each word at step 0. */
export function uniform(seed: number, stream: number, n: number): Float32Array {
  const source = words(seed, stream, 0, n);
  const out = new Float32Array(n);
  for (let i = 0; i < n; i++) out[i] = ((source[i] as number) >>> 8) * 2 ** -24;
  return out;
}

/**
 * n standard normal numbers at step 0, by the Box-Muller transform in f64: words (2j, 2j + 1) give numbers (2j, 2j + 1)
 *   r = sqrt(-2 ln((w0 + 1) / 2^32)),  angle = 2 pi w1 / 2^32  ->  r cos(angle), r sin(angle)
 */
export function normal(seed: number, stream: number, n: number): Float32Array {
  const source = words(seed, stream, 0, n + (n % 2));
  const out = new Float32Array(n);
  for (let i = 0; i < n; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((source[i] as number) + 1) * 2 ** -32));
    const angle = 2 * Math.PI * (source[i + 1] as number) * 2 ** -32;
    out[i] = radius * Math.cos(angle);
    if (i + 1 < n) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** A permutation of 0 to n - 1: Fisher-Yates from the end, position i drawn as floor(word * (i + 1) / 2^32). */
export function permutation(seed: number, stream: number, step: number, n: number): Int32Array {
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  const source = words(seed, stream, step, n);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor((source[i] as number) * 2 ** -32 * (i + 1));
    const moved = out[i] as number;
    out[i] = out[j] as number;
    out[j] = moved;
  }
  return out;
}

function block(c0: number, c1: number, c2: number, c3: number, k0: number, k1: number, out: Uint32Array, at: number) {
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = multiplyHigh(MULTIPLIER_0, c0);
    const high1 = multiplyHigh(MULTIPLIER_1, c2);
    const low0 = Math.imul(MULTIPLIER_0, c0);
    const low1 = Math.imul(MULTIPLIER_1, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[at] = c0;
  out[at + 1] = c1;
  out[at + 2] = c2;
  out[at + 3] = c3;
}

/** Upper 32 bits of the u32 product, from 16-bit halves: no partial sum leaves 2^53. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const middle2 = aLow * bHigh + (middle % 0x10000);
  return (aHigh * bHigh + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000)) | 0;
}
