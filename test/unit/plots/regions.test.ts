import { describe, expect, test } from "vitest";
import type { SurfaceGrid } from "../../../engine/plots/contours.ts";
import { regions, type Span } from "../../../engine/plots/regions.ts";

const gridOf = (f: (x: number, y: number) => number, n = 201): SurfaceGrid => ({
  x: [-2, 2],
  y: [-1, 1],
  nx: n,
  ny: n,
  values: Float64Array.from({ length: n * n }, (_, i) =>
    f(-2 + (4 * (i % n)) / (n - 1), -1 + (2 * Math.floor(i / n)) / (n - 1)),
  ),
});

/** Area of all pieces together: what is covered twice counts twice. */
const area = (pieces: readonly (readonly Span[])[]): number =>
  pieces
    .flatMap((piece) =>
      piece.slice(1).map((span, i) => {
        const { x, low, high } = piece[i] as Span;
        return ((span.x - x) * (high - low + span.high - span.low)) / 2;
      }),
    )
    .reduce((sum, part) => sum + part, 0);

const coarsely = { rtol: 5e-3 };

describe("regions above a level", () => {
  test("a disc is one piece, what is around it four, and together they are the whole", () => {
    const disc = regions(
      gridOf((x, y) => -Math.hypot(x, y)),
      -0.7,
    );
    expect(disc).toHaveLength(1);
    expect([area(disc)]).toBeAllclose([Math.PI * 0.49], coarsely);
    const around = regions(
      gridOf((x, y) => Math.hypot(x, y)),
      0.7,
    );
    // left of it, below and above it, right of it
    expect(around).toHaveLength(4);
    expect([area(around)]).toBeAllclose([8 - Math.PI * 0.49], coarsely);
  });

  test("pieces go from left to right without a gap, and are never upside down", () => {
    const pieces = regions(
      gridOf((x, y) => Math.sin(5 * x) * Math.cos(7 * y + x)),
      0.1,
      0,
    );
    expect(pieces.length).toBeGreaterThan(10);
    for (const piece of pieces) {
      for (const [i, { x, low, high }] of piece.entries()) {
        expect(high).toBeGreaterThanOrEqual(low);
        if (i > 0) expect(x - (piece[i - 1] as Span).x).toBeGreaterThan(0.019);
      }
    }
  });

  test.each([0, 1.5e-3])("what is above and what is below are the whole, thinned to %d of the axis", (fineness) => {
    const wave = (x: number, y: number) => Math.sin(5 * x) * Math.cos(7 * y + x);
    const above = area(regions(gridOf(wave), 0.1, fineness));
    const below = area(
      regions(
        gridOf((x, y) => -wave(x, y)),
        -0.1,
        fineness,
      ),
    );
    expect([above + below]).toBeAllclose([8], { rtol: 1e-2 });
  });

  test("everything, nothing, and what is no number", () => {
    expect(
      area(
        regions(
          gridOf(() => 1),
          0,
        ),
      ),
    ).toBeCloseTo(8, 12);
    expect(
      regions(
        gridOf(() => 0),
        0,
      ),
    ).toEqual([]);
    const half = regions(
      gridOf((x) => (x > 0 ? 1 : Number.NaN)),
      0,
    );
    expect([area(half)]).toBeAllclose([4], { rtol: 2e-2 });
  });
});
