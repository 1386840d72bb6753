/** Student's t distribution: P(T <= t) with `degrees` of freedom, which need not be whole; Infinity is the normal distribution. */
export function studentCdf(t: number, degrees: number): number {
  if (!Number.isFinite(degrees)) return normalCdf(t);
  const x = degrees / (degrees + t * t);
  const tail = 0.5 * incompleteBeta(x, degrees / 2, 0.5);
  return t > 0 ? 1 - tail : tail;
}

/**
 * What |T| stays below with probability `level`: 2.776 for 0.95 with 4 degrees. Found by halving, to 1e-10 of itself; NaN without
 * a degree of freedom.
 */
export function studentBound(level: number, degrees: number): number {
  if (!(degrees > 0)) return Number.NaN;
  const outside = (t: number) => 2 * (1 - studentCdf(t, degrees));
  let [low, high] = [0, 2];
  while (outside(high) > 1 - level && high < 1e12) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-10 * high; i++) {
    const middle = (low + high) / 2;
    if (outside(middle) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** As the limit of many degrees: the error of 1e7 of them is below 1e-7. */
const normalCdf = (t: number): number => studentCdf(t, 1e7);

/** The regularized incomplete beta function I_x(a, b), by Lentz's continued fraction: Press et al. 2007, Numerical Recipes, section 6.4. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const floor = 1e-300;
  const sound = (v: number) => (Math.abs(v) < floor ? floor : v);
  let c = 1;
  let d = 1 / sound(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / sound(1 + even * d);
    c = sound(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / sound(1 + odd * d);
    c = sound(1 + odd / c);
    const change = d * c;
    fraction *= change;
    if (Math.abs(change - 1) < 1e-15) break;
  }
  return front * fraction;
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** ln of the gamma function for x above 0, by Lanczos' series with g = 7. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const y = x - 1;
  const sum = LANCZOS.reduce((s, c, i) => (i === 0 ? c : s + c / (y + i)), 0);
  const t = y + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}
