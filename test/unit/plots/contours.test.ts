import { describe, expect, test } from "vitest";
import { contours, levelsOf, type SurfaceGrid } from "../../../engine/plots/contours.ts";

const gridOf = (f: (x: number, y: number) => number, n = 41): SurfaceGrid => ({
  x: [-2, 2],
  y: [-1, 1],
  nx: n,
  ny: n,
  values: Float64Array.from({ length: n * n }, (_, i) =>
    f(-2 + (4 * (i % n)) / (n - 1), -1 + (2 * Math.floor(i / n)) / (n - 1)),
  ),
});

const pointsOf = (points: readonly number[]) =>
  Array.from({ length: points.length / 2 }, (_, i) => [points[2 * i] as number, points[2 * i + 1] as number] as const);

describe("lines of equal value", () => {
  test("of a plane are straight, and what says nothing new is dropped", () => {
    const lines = contours(
      gridOf((x) => x),
      [-0.55, 0.33],
    );
    expect(lines.map(({ level }) => level)).toEqual([0, 1]);
    for (const { level, points } of lines) {
      expect(points.length).toBe(4);
      const want = [-0.55, 0.33][level] as number;
      for (const [x] of pointsOf(points)) expect(x).toBeCloseTo(want, 12);
    }
  });

  test("of a bowl are closed circles, right to the square of the grid's step", () => {
    const [circle, ...more] = contours(
      gridOf((x, y) => x * x + y * y, 81),
      [0.49],
      0,
    );
    expect(more).toEqual([]);
    const points = pointsOf(circle?.points ?? []);
    expect(points[0]).toEqual(points.at(-1));
    expect(points.length).toBeGreaterThan(50);
    for (const [x, y] of points) expect(Math.hypot(x, y)).toBeCloseTo(0.7, 2);
  });

  test("meet in no point at a saddle, and every cell is crossed once or twice", () => {
    const lines = contours(
      gridOf((x, y) => x * y, 40),
      [0.001, -0.001],
    );
    expect(lines.map(({ level }) => level)).toEqual([0, 0, 1, 1]);
  });

  test("leave out cells without a number", () => {
    const lines = contours(
      gridOf((x, y) => (Math.abs(y) < 0.2 ? Number.NaN : x)),
      [0],
    );
    expect(lines.length).toBe(2);
    for (const [, y] of lines.flatMap(({ points }) => pointsOf(points)))
      expect(Math.abs(y)).toBeGreaterThanOrEqual(0.2);
  });

  test("on every edge where the grid passes the level, and nowhere else: as many ends as crossings of the border", () => {
    const wave = gridOf((x, y) => Math.sin(3 * x) * Math.cos(4 * y), 31);
    const lines = contours(wave, [0.2], 0);
    for (const { points } of lines) {
      for (const [x, y] of pointsOf(points)) expect(Math.sin(3 * x) * Math.cos(4 * y)).toBeCloseTo(0.2, 1);
      const [first, last] = [pointsOf(points)[0], pointsOf(points).at(-1)] as [readonly number[], readonly number[]];
      const border = ([x = 0, y = 0]: readonly number[]) =>
        Math.abs(Math.abs(x) - 2) < 1e-9 || Math.abs(Math.abs(y) - 1) < 1e-9;
      expect(String(first) === String(last) || (border(first) && border(last))).toBe(true);
    }
  });
});

test("levels are evenly spaced, or in equal ratios", () => {
  const grid = gridOf((x, y) => x * x + y * y);
  const even = levelsOf(grid, 4, false);
  expect(even).toBeAllclose([1, 2, 3, 4]);
  const levels = levelsOf(grid, 5, true);
  const ratios = [...levels.slice(1), 5].map((level, i) => level / (levels[i] as number));
  expect(ratios).toBeAllclose(ratios.map(() => ratios[0] as number));
});
