// Elementary functions for four lanes. The text is used twice: as it is, and with every vec4 type made scalar and
// every name's _4 made _1. WGSL's own exp, log, sin, tanh are allowed errors of 1e-5 and more, may overflow to NaN,
// and compilers may assume that there is no NaN: so these are written out, and NaN is recognized by its bits.

fn nan_4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u);
}

fn is_finite_4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7f800000u)) != vec4u(0x7f800000u);
}

// max and min in which NaN wins; the sum of two numbers, one of which is NaN, is NaN.
fn max_4(a: vec4f, b: vec4f) -> vec4f {
  return select(max(a, b), a + b, nan_4(a) | nan_4(b));
}

fn min_4(a: vec4f, b: vec4f) -> vec4f {
  return select(min(a, b), a + b, nan_4(a) | nan_4(b));
}

// The same where b is known to be a number.
fn max_number_4(a: vec4f, b: vec4f) -> vec4f {
  return select(max(a, b), a, nan_4(a));
}

fn min_number_4(a: vec4f, b: vec4f) -> vec4f {
  return select(min(a, b), a, nan_4(a));
}

// Whether v takes the place of the maximum so far: the first NaN wins and stays.
fn better_4(v: vec4f, best: vec4f) -> vec4<bool> {
  return !nan_4(best) & ((v > best) | nan_4(v));
}

fn to_i32_4(x: vec4f) -> vec4i {
  return select(select(vec4i(x), vec4i(0x7fffffff), x >= vec4f(2147483648.0)), vec4i(0), nan_4(x));
}

fn to_u32_4(x: vec4f) -> vec4u {
  return select(select(vec4u(x), vec4u(0xffffffffu), x >= vec4f(4294967296.0)), vec4u(0), nan_4(x));
}

fn to_bool_4(x: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) != vec4u(0u);
}

fn sign_4(x: vec4f) -> vec4f {
  return select(sign(x), x, nan_4(x));
}

// 2^n for integral n in [-126, 127].
fn power_of_two_4(n: vec4i) -> vec4f {
  return bitcast<vec4f>((n + vec4i(127)) << vec4u(23u));
}

// exp: x = n ln 2 + r, then Cephes' polynomial for e^r. 2^n in two factors, for results below the normal range.
fn exp_4(x: vec4f) -> vec4f {
  let c = clamp(x, vec4f(-104.0), vec4f(89.0));
  let n = round(c * vec4f(1.44269504));
  let r = fma(n, vec4f(2.12194440e-4), fma(n, vec4f(-0.693359375), c));
  var p = fma(vec4f(1.9875691500e-4), r, vec4f(1.3981999507e-3));
  p = fma(p, r, vec4f(8.3334519073e-3));
  p = fma(p, r, vec4f(4.1665795894e-2));
  p = fma(p, r, vec4f(1.6666665459e-1));
  p = fma(p, r, vec4f(5.0000001201e-1));
  let e = fma(p * r, r, r) + vec4f(1.0);
  let low = vec4i(n) >> vec4u(1u);
  let y = e * power_of_two_4(low) * power_of_two_4(vec4i(n) - low);
  return select(y, x, nan_4(x));
}

// log: x = 2^n m with m in [sqrt(1/2), sqrt(2)), then Cephes' polynomial for log(1 + (m - 1)).
fn log_4(x: vec4f) -> vec4f {
  let small = x < vec4f(1.17549435e-38);
  let bits = bitcast<vec4i>(select(x, x * vec4f(8388608.0), small));
  let shifted = bits - vec4i(0x3f3504f3);
  let n = vec4f((shifted >> vec4u(23u)) - select(vec4i(0), vec4i(23), small));
  let f = bitcast<vec4f>((shifted & vec4i(0x007fffff)) + vec4i(0x3f3504f3)) - vec4f(1.0);
  var p = fma(vec4f(7.0376836292e-2), f, vec4f(-1.1514610310e-1));
  p = fma(p, f, vec4f(1.1676998740e-1));
  p = fma(p, f, vec4f(-1.2420140846e-1));
  p = fma(p, f, vec4f(1.4249322787e-1));
  p = fma(p, f, vec4f(-1.6668057665e-1));
  p = fma(p, f, vec4f(2.0000714765e-1));
  p = fma(p, f, vec4f(-2.4999993993e-1));
  p = fma(p, f, vec4f(3.3333331174e-1));
  let square = f * f;
  let y = fma(n, vec4f(-2.12194440e-4), p * f * square) - vec4f(0.5) * square;
  let number = fma(n, vec4f(0.693359375), f + y);
  let infinity = bitcast<vec4f>(vec4u(0x7f800000u) | (bitcast<vec4u>(x) & vec4u(0u)));
  let quiet = bitcast<vec4f>(vec4u(0x7fc00000u) | (bitcast<vec4u>(x) & vec4u(0u)));
  let positive = select(number, x, (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) >= vec4u(0x7f800000u));
  return select(select(positive, -infinity, x == vec4f(0.0)), select(quiet, x, nan_4(x)), nan_4(x) | (x < vec4f(0.0)));
}

// x^y as C does it: a negative base has a power where y is an integer, and x^0 is 1.
fn pow_4(x: vec4f, y: vec4f) -> vec4f {
  let size = exp_4(y * log_4(abs(x)));
  let whole = floor(y) == y;
  let odd = whole & (floor(y * vec4f(0.5)) * vec4f(2.0) != y);
  let quiet = bitcast<vec4f>(vec4u(0x7fc00000u) | (bitcast<vec4u>(x) & vec4u(0u)));
  let negative = select(select(size, -size, odd), quiet, !whole);
  return select(select(size, negative, x < vec4f(0.0)), vec4f(1.0), (y == vec4f(0.0)) | (x == vec4f(1.0)));
}

fn sigmoid_4(x: vec4f) -> vec4f {
  let e = exp_4(-abs(x));
  return select(e, vec4f(1.0), x >= vec4f(0.0)) / (vec4f(1.0) + e);
}

// tanh: Cephes' polynomial near 0, where 1 - 2 / (e^2x + 1) cancels.
fn tanh_4(x: vec4f) -> vec4f {
  let a = min(abs(x), vec4f(10.0));
  let z = x * x;
  var p = fma(vec4f(-5.70498872745e-3), z, vec4f(2.06390887954e-2));
  p = fma(p, z, vec4f(-5.37397155531e-2));
  p = fma(p, z, vec4f(1.33314422036e-1));
  p = fma(p, z, vec4f(-3.33332819422e-1));
  let near = fma(p * z, x, x);
  let far = vec4f(1.0) - vec4f(2.0) / (exp_4(vec4f(2.0) * a) + vec4f(1.0));
  return select(select(near, select(far, -far, x < vec4f(0.0)), a > vec4f(0.625)), x, nan_4(x));
}

// erf: N. Juffa's two polynomials, within an ulp of the true value.
fn erf_4(x: vec4f) -> vec4f {
  let t = min(abs(x), vec4f(4.0));
  let s = t * t;
  var p = fma(vec4f(-1.72853470e-5), t, vec4f(3.83197126e-4));
  p = fma(p, s, fma(vec4f(-3.88396438e-3), t, vec4f(2.42546219e-2)));
  p = fma(p, t, vec4f(-1.06777877e-1));
  p = fma(p, t, vec4f(-6.34846687e-1));
  p = fma(p, t, vec4f(-1.28717512e-1));
  let far = vec4f(1.0) - exp_4(fma(p, t, -t));
  var q = fma(vec4f(-5.96761703e-4), s, vec4f(4.99119423e-3));
  q = fma(q, s, vec4f(-2.67681349e-2));
  q = fma(q, s, vec4f(1.12819925e-1));
  q = fma(q, s, vec4f(-3.76125336e-1));
  q = fma(q, s, vec4f(1.28379166e-1));
  let near = fma(q, x, x);
  return select(select(near, select(far, -far, x < vec4f(0.0)), t > vec4f(0.927734375)), x, nan_4(x));
}

// sin(x + quarter * pi / 2): x less a multiple of pi / 2 in three parts, then Cephes' polynomials on [-pi / 4, pi / 4].
fn sine_4(x: vec4f, quarter: i32) -> vec4f {
  let n = round(x * vec4f(0.636619772));
  let r = fma(n, vec4f(-7.549790126e-8), fma(n, vec4f(-4.837512970e-4), fma(n, vec4f(-1.5703125), x)));
  let z = r * r;
  let s = fma(fma(fma(vec4f(-1.9515295891e-4), z, vec4f(8.3321608736e-3)), z, vec4f(-1.6666654611e-1)) * z, r, r);
  let c = fma(fma(fma(vec4f(2.443315711809948e-5), z, vec4f(-1.388731625493765e-3)), z, vec4f(4.166664568298827e-2)) * z, z, fma(vec4f(-0.5), z, vec4f(1.0)));
  let turn = (to_i32_4(n) + vec4i(quarter)) & vec4i(3);
  let value = select(s, c, (turn & vec4i(1)) == vec4i(1));
  return select(select(value, -value, turn >= vec4i(2)), x - x, !is_finite_4(x));
}

fn sin_4(x: vec4f) -> vec4f {
  return sine_4(x, 0);
}

fn cos_4(x: vec4f) -> vec4f {
  return sine_4(x, 1);
}
