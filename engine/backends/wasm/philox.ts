import { KEY_1, MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from "../../random/index.ts";
import { type Func, i32x4, i64x2, type V128, v128 } from "./assembler.ts";

/** Word `index % 4` of Philox block `index / 4` in every lane; random/philox.ts is the definition. */
export function philox(w: Func, seed: V128, step: V128, stream: number, index: V128): V128 {
  const [w0, w1, w2, w3] = blocks(w, seed, step, stream, w.let(i32x4.shrU(index, 2)));
  const bit = (n: number) => i32x4.ne(v128.and(index, i32x4.const(n)), i32x4.const(0));
  const odd = w.let(bit(1));
  return w.let(v128.bitselect(v128.bitselect(w3, w2, odd), v128.bitselect(w1, w0, odd), bit(2)));
}

/** Words `index` to `index + 15` as four vectors; `index`, the same in every lane, is a multiple of four. */
export function philox16(w: Func, seed: V128, step: V128, stream: number, index: V128): V128[] {
  const counter = w.let(i32x4.shrU(i32x4.add(index, v128.const([0, 4, 8, 12])), 2)); // indices wrap, counters do not
  const [a, b, c, d] = blocks(w, seed, step, stream, counter);
  const pairs = (x: V128, y: V128) =>
    [w.let(v128.shuffle(x, y, [0, 4, 1, 5])), w.let(v128.shuffle(x, y, [2, 6, 3, 7]))] as const;
  const [low, high] = [pairs(a, b), pairs(c, d)];
  return [0, 1].flatMap((half) =>
    (
      [
        [0, 1, 4, 5],
        [2, 3, 6, 7],
      ] as const
    ).map((lanes) => w.let(v128.shuffle(low[half] as V128, high[half] as V128, lanes))),
  );
}

/** The four words of the blocks with the given counters. */
function blocks(w: Func, seed: V128, step: V128, stream: number, counter: V128): [V128, V128, V128, V128] {
  let c0 = counter;
  let c1: V128 = step;
  let c2: V128 = i32x4.const(stream);
  let c3: V128 = i32x4.const(0);
  let k0: V128 = seed;
  let k1 = KEY_1;
  for (let round = 0; round < ROUNDS; round++) {
    const [high0, low0] = product(w, c0, MULTIPLIER_0);
    const [high1, low1] = product(w, c2, MULTIPLIER_1);
    c0 = w.let(v128.xor(v128.xor(high1, c1), k0));
    c2 = w.let(v128.xor(v128.xor(high0, c3), i32x4.const(k1)));
    c1 = low1;
    c3 = low0;
    k0 = w.let(i32x4.add(k0, i32x4.const(WEYL_0)));
    k1 = (k1 + WEYL_1) | 0;
  }
  return [c0, c1, c2, c3];
}

/** High and low words of the u32 products with a constant. */
function product(w: Func, a: V128, multiplier: number): [V128, V128] {
  const x = w.let(a);
  const by = i32x4.const(multiplier);
  const even = w.let(i64x2.mulLowU(x, by));
  const odd = w.let(i64x2.mulHighU(x, by));
  return [w.let(v128.shuffle(even, odd, [1, 3, 5, 7])), w.let(v128.shuffle(even, odd, [0, 2, 4, 6]))];
}
