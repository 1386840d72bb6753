import { describe, expect, test } from "vitest";
import type { Point } from "../../../engine/toys/definition.ts";
import { surfaces, toy } from "../../../engine/toys/index.ts";
import type { Surface } from "../../../engine/toys/surface.ts";

const all: [string, Surface][] = [
  ...Object.keys(surfaces).map((name): [string, Surface] => [name, toy.surface(name as "beale")]),
  ["turned ravine", toy.surface("ravine", { condition: 50, angle: 30 })],
  ["other rosenbrock", toy.surface("rosenbrock", { a: -0.5, b: 7 })],
  ["steep cliff", toy.surface("cliff", { height: 5, width: 0.1 })],
];

describe.each(all)("%s", (_name, surface) => {
  const { x, y } = surface.domain;
  const inside = ([a, b]: Point) => a > x[0] && a < x[1] && b > y[0] && b < y[1];
  const points: Point[] = Array.from({ length: 25 }, (_, i) => [
    x[0] + ((x[1] - x[0]) * (0.47 + (i % 5))) / 5,
    y[0] + ((y[1] - y[0]) * (0.47 + Math.floor(i / 5))) / 5,
  ]);

  test("has loss 0 and no slope at its minima, and nowhere on its map a lower loss", () => {
    for (const minimum of surface.minima) {
      expect(surface.loss(minimum)).toBeCloseTo(0, 12);
      expect(Math.hypot(...surface.gradient(minimum))).toBeLessThan(1e-10);
    }
    if (surface.minima.length) expect(surface.grid().values.every((v) => v >= 0)).toBe(true);
  });

  test("its gradient is the central difference of its loss, its Hessian that of its gradient", () => {
    const h = 1e-5;
    for (const [a, b] of points) {
      const along = (f: (point: Point) => number): Point => [
        (f([a + h, b]) - f([a - h, b])) / (2 * h),
        (f([a, b + h]) - f([a, b - h])) / (2 * h),
      ];
      const scale = Math.max(1, Math.abs(surface.loss([a, b])));
      expect(surface.gradient([a, b])).toBeAllclose(
        along((p) => surface.loss(p)),
        { rtol: 1e-6, atol: 1e-7 * scale },
      );
      for (const axis of [0, 1] as const) {
        const want = along((p) => surface.gradient(p)[axis]);
        expect(surface.hessian([a, b])[axis]).toBeAllclose(want, { rtol: 1e-5, atol: 1e-6 * scale });
      }
    }
  });

  test("its start and its minima are on its map", () => {
    expect([surface.start, ...surface.minima].every(inside)).toBe(true);
  });

  test("its formula in words is its loss", () => {
    const { formula } = surface;
    if (formula.includes("with u and v")) return;
    const code = formula
      .replaceAll("^", "**")
      .replace(/(\d|\b[xy](?:\*\*\d)?|\)) ?(?=[a-z(])/g, "$1*")
      .replace(/\b(x)(y)/g, "$1*$2")
      .replace(/(exp|sqrt|max)\*\(/g, "Math.$1(")
      .replace(/\b(exp|sqrt|max)\(/g, "Math.$1(")
      .replaceAll("Math.Math.", "Math.")
      .replace(/Math\.exp\(-(Math\.max\([^)]*\)\*\*2)/, "Math.exp(-($1)");
    const f = new Function("x", "y", `return ${code};`) as (x: number, y: number) => number;
    for (const [a, b] of points) expect(f(a, b), code).toBeCloseTo(surface.loss([a, b]), 8);
  });
});

test("closed forms: curvatures at the minima, the saddle and the wall", () => {
  expect(toy.surface("ravine", { condition: 25, angle: 40 }).curvatures([0, 0])).toBeAllclose([1, 25]);
  expect(toy.surface("quadratic", { curvature: 3 }).hessian([1, 2])[0]).toBeAllclose([3, 0]);
  expect(toy.surface("saddle").curvatures([0.3, -1])).toBeAllclose([-2, 2]);
  // Hessian of Rosenbrock at (1, 1): [[802, -400], [-400, 200]]
  expect(toy.surface("rosenbrock").hessian([1, 1])[0]).toBeAllclose([802, -400]);
  // the steepest place of a wall of height h and width w is w up it: h / (w sqrt(e)), here with the way's slope of 1
  const [dx] = toy.surface("cliff", { height: 20, width: 0.4 }).gradient([0.4, 0]);
  expect(dx).toBeCloseTo(20 / (0.4 * Math.sqrt(Math.E)) + 0.4 / Math.hypot(0.4, 0.05), 10);
});

test("a surface is what was written, and shows its map", () => {
  const ravine = toy.surface("ravine");
  expect(ravine.options).toEqual({ condition: 10, angle: 0 });
  expect(String(ravine)).toBe("ravine: (x^2 + 10 y^2) / 2; lowest at (0, 0); races begin at (-5, 2)");
  const show = (ravine as unknown as Record<symbol, () => { data: { title: string } }[]>)[Symbol.for("dlnb.display")];
  const [chart, text] = show?.call(ravine) ?? [];
  expect(chart?.data.title).toBe(
    "Ravine: curvature 1 one way and 10 the other at its minimum (0, 0): plain gradient descent is stable there below lr 0.2",
  );
  expect(String(text?.data)).toContain("races begin at (-5, 2)");
});

test("mistakes are named", () => {
  expect(() => toy.surface("ravin" as "ravine")).toThrow('no surface "ravin"; did you mean "ravine"?');
  expect(() => toy.surface("toString" as "ravine")).toThrow('no surface "toString"; there is "beale"');
  expect(() => toy.surface("ravine", { condition: 0.5 })).toThrow("ravine: condition = 0.5 is outside [1, inf)");
});
