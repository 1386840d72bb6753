import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KEY_1, normal, permutation, philox4x32, uniform, words } from "../../../engine/random/index.ts";

describe("philox4x32", () => {
  test("gives the known answers of Random123 (kat_vectors, philox4x32 10)", () => {
    expect(philox4x32([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    const ones = 0xffffffff;
    expect(philox4x32([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ]);
    const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;
    expect(philox4x32(pi, [0xa4093822, 0x299f31d0])).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
  });

  test("words are blocks in order, with counter (index / 4, step, stream, 0) and key (seed, KEY_1)", () => {
    const got = words(7, 3, 11, 9);
    expect(got.length).toBe(9);
    const want = [0, 1, 2].flatMap((i) => philox4x32([i, 11, 3, 0], [7, KEY_1]));
    expect([...got]).toEqual(want.slice(0, 9));
  });
});

test("uniform stays in [0, 1), with mean 1/2 and variance 1/12", () => {
  const u = uniform(1, 2, 100_000);
  expect(u.every((x) => x >= 0 && x < 1)).toBe(true);
  const { mean, variance } = moments(u);
  expect(mean).toBeCloseTo(0.5, 2);
  expect(variance).toBeCloseTo(1 / 12, 2);
});

test("normal has mean 0, variance 1, fourth moment 3, and a prefix does not depend on n", () => {
  const z = normal(1, 2, 100_000);
  const { mean, variance } = moments(z);
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
  const fourth = z.reduce((sum, x) => sum + x ** 4, 0) / z.length;
  expect(Math.abs(fourth - 3)).toBeLessThan(0.1);
  expect(normal(1, 2, 7)).toEqual(z.slice(0, 7));
});

test("permutation holds every position once and changes with seed, stream and step", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 300 }), (seed, n) => {
      expect([...permutation(seed, 0, 0, n)].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }),
  );
  const base = permutation(1, 2, 3, 50).join();
  expect(permutation(1, 2, 3, 50).join()).toBe(base);
  for (const [seed, stream, step] of [
    [2, 2, 3],
    [1, 3, 3],
    [1, 2, 4],
  ] as const) {
    expect(permutation(seed, stream, step, 50).join()).not.toBe(base);
  }
});

test("every position of a permutation of 4 is as likely", () => {
  const counts = Array.from({ length: 16 }, () => 0);
  for (let step = 0; step < 8000; step++) {
    permutation(5, 0, step, 4).forEach((value, at) => {
      counts[at * 4 + value] = (counts[at * 4 + value] as number) + 1;
    });
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});

function moments(x: Float32Array): { mean: number; variance: number } {
  const mean = x.reduce((sum, v) => sum + v, 0) / x.length;
  return { mean, variance: x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length };
}
