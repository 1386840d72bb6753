import { type Func, f32x4, f64x2, i32x4, i64x2, type V128, v128 } from "./assembler.ts";

/**
 * Elementary functions on four f32 lanes, as straight-line code without branches: results are the same in every lane and
 * every tail. Errors are at most 3 units in the last place (tested against f64). Polynomials: Cephes (Moshier) for exp,
 * log, tanh, sin and cos; erf after N. Juffa; pow goes through f64.
 */

const f = f32x4.const;
/** ln 2 and pi / 2 in two parts, the first with so few bits that a product with a small integer is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = 2.1219444005469057e-4;
const HALF_PI_HIGH = 1.5707963267341256;
const HALF_PI_LOW = 6.077100506506192e-11;
const ROUNDER = 1.5 * 2 ** 23;
const SIGN = () => i32x4.const(0x80000000);
const NAN = () => f(Number.NaN);

/** Horner's scheme, highest power first; `x` must be a local. */
function polynomial(x: V128, coefficients: readonly number[]): V128 {
  return coefficients.slice(1).reduce((sum, c) => f32x4.add(f32x4.mul(sum, x), f(c)), f(coefficients[0] as number));
}

function polynomial64(x: V128, coefficients: readonly number[]): V128 {
  const c = f64x2.const;
  return coefficients.slice(1).reduce((sum, k) => f64x2.add(f64x2.mul(sum, x), c(k)), c(coefficients[0] as number));
}

/** 2^n for i32 lanes n in [-126, 127]. */
const power2 = (n: V128) => i32x4.shl(i32x4.add(n, i32x4.const(127)), 23);

/** exp(x) = 2^n exp(r), |r| <= ln(2) / 2; 2^n in two factors, so that results below 2^-126 round once. */
export function exp(w: Func, a: V128): V128 {
  const x = w.let(f32x4.pmax(f32x4.pmin(a, f(89)), f(-105)));
  // adding 1.5 * 2^23 leaves the nearest integer in the low bits
  const shifted = w.let(f32x4.add(f32x4.mul(x, f(Math.LOG2E)), f(ROUNDER)));
  const n = w.let(f32x4.sub(shifted, f(ROUNDER)));
  const r = w.let(f32x4.sub(f32x4.sub(x, f32x4.mul(n, f(LN2_HIGH))), f32x4.mul(n, f(-LN2_LOW))));
  const p = polynomial(
    r,
    [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1],
  );
  const y = w.let(f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f(1)));
  const k = w.let(i32x4.sub(shifted, f(ROUNDER)));
  const half = w.let(i32x4.shrS(k, 1));
  return w.let(f32x4.mul(f32x4.mul(y, power2(half)), power2(i32x4.sub(k, half))));
}

/** log(m 2^e) with m in [sqrt(1/2), sqrt(2)); subnormal arguments are scaled by 2^23 first. */
export function log(w: Func, a: V128): V128 {
  const tiny = w.let(f32x4.lt(a, f(2 ** -126)));
  const x = w.let(v128.bitselect(f32x4.mul(a, f(2 ** 23)), a, tiny));
  const shifted = w.let(i32x4.sub(x, i32x4.const(0x3f3504f3)));
  const e = w.let(i32x4.sub(i32x4.shrS(shifted, 23), v128.and(tiny, i32x4.const(23))));
  const m = v128.and(shifted, i32x4.const(0x007fffff));
  const t = w.let(f32x4.sub(i32x4.add(m, i32x4.const(0x3f3504f3)), f(1)));
  const z = w.let(f32x4.mul(t, t));
  const p = polynomial(
    t,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const n = w.let(f32x4.convertS(e));
  const low = f32x4.sub(f32x4.add(f32x4.mul(f32x4.mul(p, t), z), f32x4.mul(n, f(-LN2_LOW))), f32x4.mul(z, f(0.5)));
  const y = w.let(f32x4.add(f32x4.add(t, low), f32x4.mul(n, f(LN2_HIGH))));
  const infinite = f32x4.eq(a, f(Infinity));
  const finite = w.let(v128.bitselect(a, y, infinite));
  const zero = w.let(v128.bitselect(f(-Infinity), finite, f32x4.eq(a, f(0))));
  return w.let(v128.bitselect(zero, NAN(), f32x4.ge(a, f(0))));
}

/** Odd polynomial below 0.625, 1 - 2 / (exp(2 |x|) + 1) above. */
export function tanh(w: Func, a: V128): V128 {
  const size = w.let(f32x4.abs(a));
  const z = w.let(f32x4.mul(a, a));
  const p = polynomial(
    z,
    [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
  );
  const small = w.let(withSign(f32x4.add(f32x4.mul(f32x4.mul(p, z), a), a), a)); // -0 stays -0
  const grown = exp(w, w.let(f32x4.add(size, size)));
  const large = f32x4.sub(f(1), f32x4.div(f(2), f32x4.add(grown, f(1))));
  return w.let(v128.bitselect(small, withSign(large, a), f32x4.lt(size, f(0.625))));
}

/** 1 / (1 + exp(-x)), from exp(-|x|) so that small results keep their digits. */
export function sigmoid(w: Func, a: V128): V128 {
  const e = exp(w, w.let(f32x4.neg(f32x4.abs(a))));
  const top = v128.bitselect(e, f(1), f32x4.lt(a, f(0)));
  return w.let(f32x4.div(top, f32x4.add(e, f(1))));
}

export function erf(w: Func, a: V128): V128 {
  const s = w.let(f32x4.mul(a, a));
  const p = polynomial(
    s,
    [-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1],
  );
  const small = w.let(f32x4.add(f32x4.mul(p, a), a));
  const t = w.let(f32x4.pmin(f32x4.abs(a), f(4)));
  const q = polynomial(
    t,
    [-1.7285347e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1],
  );
  const tail = exp(w, w.let(f32x4.sub(f32x4.mul(q, t), t)));
  const large = withSign(f32x4.sub(f(1), tail), a);
  return w.let(v128.bitselect(large, small, f32x4.gt(f32x4.abs(a), f(0.927734375))));
}

export const sin = (w: Func, a: V128): V128 => sine(w, a, 0);
export const cos = (w: Func, a: V128): V128 => sine(w, a, 1);

/**
 * sin(x + quarter * pi / 2). Reduced by multiples of pi / 2 in f64, where the first 33 bits of pi / 2 times the multiple
 * are exact below 1.6e6; further out the argument loses digits, and the result stays within [-1, 1].
 */
function sine(w: Func, a: V128, quarter: 0 | 1): V128 {
  const halves = pair(a).map((x) => {
    const wide = w.let(f64x2.promoteLow(x));
    const n = w.let(f64x2.nearest(f64x2.mul(wide, f64x2.const(2 / Math.PI))));
    const high = f64x2.sub(wide, f64x2.mul(n, f64x2.const(HALF_PI_HIGH)));
    const r = f64x2.sub(high, f64x2.mul(n, f64x2.const(HALF_PI_LOW)));
    const turns = f64x2.mul(f64x2.const(4), f64x2.floor(f64x2.mul(n, f64x2.const(0.25))));
    return { r: w.let(f32x4.demoteF64(r)), n: w.let(i32x4.truncF64S(f64x2.sub(n, turns))) };
  });
  const join = (key: "r" | "n") =>
    joinLow((halves[0] as (typeof halves)[0])[key], (halves[1] as (typeof halves)[0])[key]);
  const limit = 0.7853982;
  const r = w.let(f32x4.pmax(f32x4.pmin(join("r"), f(limit)), f(-limit)));
  const n = w.let(i32x4.add(join("n"), i32x4.const(quarter)));
  const z = w.let(f32x4.mul(r, r));
  const sinPart = polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  const s = w.let(f32x4.add(f32x4.mul(f32x4.mul(sinPart, z), r), r));
  const cosPart = polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
  const c = w.let(f32x4.add(f32x4.sub(f32x4.mul(f32x4.mul(cosPart, z), z), f32x4.mul(z, f(0.5))), f(1)));
  const odd = i32x4.ne(v128.and(n, i32x4.const(1)), i32x4.const(0));
  const flip = i32x4.shl(v128.and(n, i32x4.const(2)), 30);
  return w.let(v128.xor(v128.bitselect(c, s, odd), flip));
}

/** x^y = 2^(y log2 |x|) in f64, with the sign of x where y is odd and NaN where x < 0 and y is no integer. */
export function pow(w: Func, x: V128, y: V128): V128 {
  const size = w.let(f32x4.abs(x));
  const exponents = pair(y);
  const halves = pair(size).map((part, i) => {
    const power = f64x2.mul(log2Wide(w, w.let(f64x2.promoteLow(part))), f64x2.promoteLow(exponents[i] as V128));
    return w.let(f32x4.demoteF64(exp2Wide(w, w.let(power))));
  });
  const raw = w.let(joinLow(halves[0] as V128, halves[1] as V128));
  const whole = w.let(f32x4.eq(f32x4.floor(y), y));
  const half = w.let(f32x4.mul(y, f(0.5)));
  const odd = v128.andNot(whole, f32x4.eq(f32x4.floor(half), half));
  const signed = w.let(v128.xor(raw, v128.and(v128.and(odd, x), SIGN())));
  const bad = v128.andNot(v128.andNot(f32x4.lt(x, f(0)), whole), f32x4.eq(size, f(Infinity)));
  const real = w.let(v128.bitselect(NAN(), signed, bad));
  return w.let(v128.bitselect(f(1), real, f32x4.eq(y, f(0))));
}

/** log2 of f64 lanes that came from f32, hence never subnormal; relative error below 1e-11. 0 gives -inf, inf inf. */
function log2Wide(w: Func, x: V128): V128 {
  const half = v128.const([0, 0x3fe6a09e, 0, 0x3fe6a09e]); // sqrt(1/2), lower word cleared
  const shifted = w.let(i64x2.sub(x, half));
  const mask = v128.const([0xffffffff, 0x000fffff, 0xffffffff, 0x000fffff]);
  const m = w.let(i64x2.add(v128.and(shifted, mask), half));
  const e = v128.shuffle(i32x4.shrS(shifted, 20), i32x4.const(0), [1, 3, 4, 4]);
  const one = f64x2.const(1);
  const s = w.let(f64x2.div(f64x2.sub(m, one), f64x2.add(m, one)));
  const z = w.let(f64x2.mul(s, s));
  const series = polynomial64(z, [1 / 15, 1 / 13, 1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3, 1]);
  const ln = f64x2.mul(f64x2.mul(series, s), f64x2.const(2 * Math.LOG2E));
  const y = w.let(f64x2.add(ln, f64x2.convertLowS(e)));
  const tiny = f64x2.lt(x, f64x2.const(2 ** -200));
  const low = w.let(v128.bitselect(f64x2.const(-Infinity), y, tiny));
  const huge = w.let(f64x2.lt(x, f64x2.const(2 ** 200))); // false for inf and NaN: the argument itself
  return w.let(v128.bitselect(low, x, huge));
}

/** 2^x of f64 lanes, for results that will be f32: x is clamped to [-200, 200]. */
function exp2Wide(w: Func, power: V128): V128 {
  const x = w.let(f64x2.pmax(f64x2.pmin(power, f64x2.const(200)), f64x2.const(-200)));
  const n = w.let(f64x2.nearest(x));
  const r = w.let(f64x2.mul(f64x2.sub(x, n), f64x2.const(Math.LN2)));
  const factorial = [1, 1, 2, 6, 24, 120, 720, 5040, 40320, 362880, 3628800];
  const y = polynomial64(r, factorial.map((k) => 1 / k).reverse());
  const k = v128.shuffle(i32x4.truncF64S(n), i32x4.const(0), [0, 4, 1, 4]);
  const scale = i64x2.shl(i64x2.add(k, v128.const([1023, 0, 1023, 0])), 52);
  return f64x2.mul(y, scale);
}

/** The vector, and the vector with its two high lanes moved down. */
const pair = (x: V128): [V128, V128] => [x, v128.shuffle(x, x, [2, 3, 2, 3])];
const joinLow = (a: V128, b: V128) => v128.shuffle(a, b, [0, 1, 4, 5]);
const withSign = (size: V128, from: V128) => v128.or(size, v128.and(from, SIGN()));
