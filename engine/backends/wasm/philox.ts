import { KEY_1, MULTIPLIER_0, MULTIPLIER_1, ROUNDS, WEYL_0, WEYL_1 } from "../../random/index.ts";
import { type Func, i32x4, i64x2, type V128, v128 } from "./assembler.ts";

/** Word `index % 4` of Philox block `index / 4` in every lane; random/philox.ts is the definition. */
export function philox(w: Func, seed: V128, step: V128, stream: number, index: V128): V128 {
  let c0: V128 = w.let(i32x4.shrU(index, 2));
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
  const bit = (n: number) => i32x4.ne(v128.and(index, i32x4.const(n)), i32x4.const(0));
  const odd = w.let(bit(1));
  return w.let(v128.bitselect(v128.bitselect(c3, c2, odd), v128.bitselect(c1, c0, odd), bit(2)));
}

/** High and low words of the u32 products with a constant. */
function product(w: Func, a: V128, multiplier: number): [V128, V128] {
  const x = w.let(a);
  const by = i32x4.const(multiplier);
  const even = w.let(i64x2.mulLowU(x, by));
  const odd = w.let(i64x2.mulHighU(x, by));
  return [w.let(v128.shuffle(even, odd, [1, 3, 5, 7])), w.let(v128.shuffle(even, odd, [0, 2, 4, 6]))];
}
