import { ConfigError } from "../errors/index.ts";

const BITS = 30;

/**
 * The first `count` points of the Sobol sequence in [0, 1)^dimensions, row by row, in Gray code's order; the first is 0.
 * Unscrambled, as scipy.stats.qmc.Sobol(d, scramble=False). Best with a count that is a power of 2.
 *
 * Antonov & Saleev 1979; Joe & Kuo 2008, SIAM J. Sci. Comput. 30(5): their direction numbers, new-joe-kuo-6.21201.
 * Throws ConfigError for more dimensions than the table has, or more points than there are.
 */
export function sobol(count: number, dimensions: number): Float64Array {
  if (dimensions > DIRECTIONS.length + 1) {
    throw new ConfigError(
      `sobol: ${dimensions} dimensions are more than the ${DIRECTIONS.length + 1} there are; take halton`,
    );
  }
  if (count > 2 ** BITS) throw new ConfigError(`sobol: ${count} points are more than the 2^${BITS} there are`);
  const directions = Array.from({ length: dimensions }, (_, d) => directionsOf(d));
  const out = new Float64Array(count * dimensions);
  const at = new Int32Array(dimensions);
  for (let i = 1; i < count; i++) {
    const bit = 31 - Math.clz32(i & -i);
    for (let d = 0; d < dimensions; d++) {
      at[d] = (at[d] as number) ^ (directions[d]?.[bit] as number);
      out[i * dimensions + d] = (at[d] as number) * 2 ** -BITS;
    }
  }
  return out;
}

/** v_1 to v_30 of a dimension, as whole numbers of 2^-30: what is exclusive-or-ed when bit j of the Gray code changes. */
function directionsOf(dimension: number): Int32Array {
  if (dimension === 0) return Int32Array.from({ length: BITS }, (_, j) => 1 << (BITS - 1 - j));
  const [polynomial, ...m] = DIRECTIONS[dimension - 1] as readonly [number, ...number[]];
  const degree = m.length;
  for (let j = degree; j < BITS; j++) {
    let next = (m[j - degree] as number) ^ ((m[j - degree] as number) << degree);
    for (let k = 1; k < degree; k++) {
      if ((polynomial >> (degree - k)) & 1) next ^= (m[j - k] as number) << k;
    }
    m.push(next);
  }
  return Int32Array.from(m, (value, j) => value << (BITS - 1 - j));
}

/** For dimensions 2 to 64: the primitive polynomial's bits, then the first m. */
const DIRECTIONS: readonly (readonly [polynomial: number, ...m: number[]])[] = [
  [3, 1],
  [7, 1, 3],
  [11, 1, 3, 1],
  [13, 1, 1, 1],
  [19, 1, 1, 3, 3],
  [25, 1, 3, 5, 13],
  [37, 1, 1, 5, 5, 17],
  [41, 1, 1, 5, 5, 5],
  [47, 1, 1, 7, 11, 19],
  [55, 1, 1, 5, 1, 1],
  [59, 1, 1, 1, 3, 11],
  [61, 1, 3, 5, 5, 31],
  [67, 1, 3, 3, 9, 7, 49],
  [91, 1, 1, 1, 15, 21, 21],
  [97, 1, 3, 1, 13, 27, 49],
  [103, 1, 1, 1, 15, 7, 5],
  [109, 1, 3, 1, 15, 13, 25],
  [115, 1, 1, 5, 5, 19, 61],
  [131, 1, 3, 7, 11, 23, 15, 103],
  [137, 1, 3, 7, 13, 13, 15, 69],
  [143, 1, 1, 3, 13, 7, 35, 63],
  [145, 1, 3, 5, 9, 1, 25, 53],
  [157, 1, 3, 1, 13, 9, 35, 107],
  [167, 1, 3, 1, 5, 27, 61, 31],
  [171, 1, 1, 5, 11, 19, 41, 61],
  [185, 1, 3, 5, 3, 3, 13, 69],
  [191, 1, 1, 7, 13, 1, 19, 1],
  [193, 1, 3, 7, 5, 13, 19, 59],
  [203, 1, 1, 3, 9, 25, 29, 41],
  [211, 1, 3, 5, 13, 23, 1, 55],
  [213, 1, 3, 7, 3, 13, 59, 17],
  [229, 1, 3, 1, 3, 5, 53, 69],
  [239, 1, 1, 5, 5, 23, 33, 13],
  [241, 1, 1, 7, 7, 1, 61, 123],
  [247, 1, 1, 7, 9, 13, 61, 49],
  [253, 1, 3, 3, 5, 3, 55, 33],
  [285, 1, 3, 1, 15, 31, 13, 49, 245],
  [299, 1, 3, 5, 15, 31, 59, 63, 97],
  [301, 1, 3, 1, 11, 11, 11, 77, 249],
  [333, 1, 3, 1, 11, 27, 43, 71, 9],
  [351, 1, 1, 7, 15, 21, 11, 81, 45],
  [355, 1, 3, 7, 3, 25, 31, 65, 79],
  [357, 1, 3, 1, 1, 19, 11, 3, 205],
  [361, 1, 1, 5, 9, 19, 21, 29, 157],
  [369, 1, 3, 7, 11, 1, 33, 89, 185],
  [391, 1, 3, 3, 3, 15, 9, 79, 71],
  [397, 1, 3, 7, 11, 15, 39, 119, 27],
  [425, 1, 1, 3, 1, 11, 31, 97, 225],
  [451, 1, 1, 1, 3, 23, 43, 57, 177],
  [463, 1, 3, 7, 7, 17, 17, 37, 71],
  [487, 1, 3, 1, 5, 27, 63, 123, 213],
  [501, 1, 1, 3, 5, 11, 43, 53, 133],
  [529, 1, 3, 5, 5, 29, 17, 47, 173, 479],
  [539, 1, 3, 3, 11, 3, 1, 109, 9, 69],
  [545, 1, 1, 1, 5, 17, 39, 23, 5, 343],
  [557, 1, 3, 1, 5, 25, 15, 31, 103, 499],
  [563, 1, 1, 1, 11, 11, 17, 63, 105, 183],
  [601, 1, 1, 5, 11, 9, 29, 97, 231, 363],
  [607, 1, 1, 5, 15, 19, 45, 41, 7, 383],
  [617, 1, 3, 7, 7, 31, 19, 83, 137, 221],
  [623, 1, 1, 1, 3, 23, 15, 111, 223, 83],
  [631, 1, 1, 5, 13, 31, 15, 55, 25, 161],
  [637, 1, 1, 3, 13, 25, 47, 39, 87, 257],
];
