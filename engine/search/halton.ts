/**
 * Points `from` to `from + count - 1` of the Halton sequence in [0, 1)^dimensions, row by row: digit by digit, the place of a point in base
 * 2, 3, 5, ... is turned around the point. The first is 0; unscrambled, as scipy.stats.qmc.Halton(d, scramble=False).
 * Halton 1960, Numerische Mathematik 2.
 */
export function halton(count: number, dimensions: number, from = 0): Float64Array {
  const out = new Float64Array(count * dimensions);
  for (const [d, base] of primes(dimensions).entries()) {
    for (let i = 0; i < count; i++) out[i * dimensions + d] = turned(from + i, base);
  }
  return out;
}

/** The van der Corput sequence. */
function turned(place: number, base: number): number {
  let value = 0;
  let unit = 1 / base;
  for (let rest = place; rest > 0; rest = Math.floor(rest / base)) {
    value += (rest % base) * unit;
    unit /= base;
  }
  return value;
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((p) => n % p !== 0)) found.push(n);
  return found;
}
