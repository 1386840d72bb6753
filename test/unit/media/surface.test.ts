import { describe, expect, test } from "vitest";
import { encodeColumns } from "../../../engine/plots/index.ts";
import { Table } from "../../../media/chart/table.ts";
import { moved, project, readCamera, START } from "../../../media/surface/camera.ts";
import { type Grid, readGrid } from "../../../media/surface/grid.ts";
import { meshOf, toObj, toPly } from "../../../media/surface/mesh.ts";
import { logTicks, ticks } from "../../../media/surface/ticks.ts";

const labels = { x: "first", y: "second", z: "loss" };
const hint = { dataset: "grid", x: "x", y: "y", z: "loss", labels, log: false };

function tables(columns: Record<string, number[]>, path: Record<string, number[]> = {}): Map<string, Table> {
  const grid = new Table();
  grid.append(encodeColumns(columns));
  const line = new Table();
  line.append(encodeColumns(path));
  return new Map([
    ["grid", grid],
    ["path", line],
  ]);
}

/** Three by two points, in no order, the last one without a height. */
const scattered = { x: [2, 0, 1, 0, 1, 2], y: [5, 3, 3, 5, 5, 3], loss: [100, 1, 10, 10, 1, Number.NaN] };

describe("a grid", () => {
  test("is read from rows in any order, with holes", () => {
    const grid = readGrid(hint, tables(scattered)) as Grid;
    expect([grid.xs, grid.ys]).toEqual([
      [0, 1, 2],
      [3, 5],
    ]);
    expect(grid.z).toEqual([1, 10, Number.NaN, 10, 1, 100]);
    expect([grid.low, grid.high]).toEqual([1, 100]);
  });

  test("has logarithmic heights, where values without a logarithm are holes", () => {
    const grid = readGrid({ ...hint, log: true }, tables({ ...scattered, loss: [100, 1, 10, -1, 0, 1] })) as Grid;
    expect(grid.z).toEqual([0, 1, 0, Number.NaN, Number.NaN, 2]);
  });

  test("is none with one row, or nothing finite", () => {
    expect(readGrid(hint, tables({ x: [0, 1], y: [0, 0], loss: [1, 2] }))).toBe(null);
    expect(readGrid(hint, tables({ ...scattered, loss: scattered.x.map(() => Number.NaN) }))).toBe(null);
    expect(readGrid(hint, new Map())).toBe(null);
  });
});

describe("a mesh", () => {
  const path = { dataset: "path", x: "x", y: "y", z: "loss" };
  const grid = readGrid(
    { ...hint, path },
    tables(scattered, { x: [0, 1, 1, 2], y: [3, 3, Number.NaN, 5], loss: [1, 10, 3, 4] }),
  ) as Grid;

  test("has a vertex per height and two triangles per whole cell, facing up", () => {
    const { vertices, triangles } = meshOf(grid);
    expect(vertices).toEqual([
      [0, 3, 1],
      [1, 3, 10],
      [0, 5, 10],
      [1, 5, 1],
      [2, 5, 100],
    ]);
    expect(triangles).toEqual([
      [0, 1, 3],
      [0, 3, 2],
    ]);
    for (const corners of triangles) {
      const [a, b, c] = corners.map((k) => vertices[k] as readonly number[]) as [number[], number[], number[]];
      const turn = (b[0]! - a[0]!) * (c[1]! - a[1]!) - (b[1]! - a[1]!) * (c[0]! - a[0]!);
      expect(turn).toBeGreaterThan(0);
    }
  });

  test("is counted from one in OBJ, with the path between its gaps as lines", () => {
    expect(toObj(grid, { labels }).split("\n")).toEqual([
      "# made by dlnb",
      "# x: first",
      "# y: second",
      "# z: loss",
      "o surface",
      ...["v 0 3 1", "v 1 3 10", "v 0 5 10", "v 1 5 1", "v 2 5 100", "v 0 3 1", "v 1 3 10"],
      "f 1 2 4",
      "f 1 4 3",
      "o path",
      "l 6 7",
      "",
    ]);
  });

  test("has as many vertices and faces in PLY as its head says, coloured by height", () => {
    const lines = toPly(grid, { labels: { ...labels, z: "lo\nss" } }, ["#000000", "#ffffff"]).split("\n");
    const head = lines.indexOf("end_header");
    expect(lines.slice(0, 2)).toEqual(["ply", "format ascii 1.0"]);
    expect(lines).toContain("comment z: lo ss");
    expect(lines.slice(0, head)).toEqual(expect.arrayContaining(["element vertex 5", "element face 2"]));
    expect(lines.slice(head + 1)).toEqual([
      "0 3 1 0 0 0",
      "1 3 10 23 23 23",
      "0 5 10 23 23 23",
      "1 5 1 0 0 0",
      "2 5 100 255 255 255",
      "3 0 1 3",
      "3 0 3 2",
      "",
    ]);
  });
});

describe("a camera", () => {
  test("sees x to the right and z up from the front, y up from above", () => {
    const front = { azimuth: 0, elevation: 0, zoom: 1 };
    expect(project(front, 1, 0, 0)).toMatchObject({ right: 1, near: 0 });
    expect(project(front, 0, 0, 1).down).toBe(-1);
    expect(project(front, 0, 1, 0).near).toBe(-1);
    const above = project({ ...front, elevation: Math.PI / 2 }, 0, 1, 0);
    expect(above.down).toBeCloseTo(-1, 12);
  });

  test("stays above the floor and within its zoom", () => {
    expect(moved(START, 0, 9, 100)).toMatchObject({ elevation: Math.PI / 2, zoom: 8 });
    expect(moved(START, 0, -9, 0.001)).toMatchObject({ elevation: 0.05, zoom: 0.5 });
  });

  test.each([null, {}, { azimuth: 1, elevation: "1", zoom: 1 }, { azimuth: Number.NaN, elevation: 1, zoom: 1 }])(
    "that was not kept well is the first one: %j",
    (kept) => {
      expect(readCamera(kept)).toEqual(START);
    },
  );
});

test.each([
  [0, 1, 4, ["0", "0.5", "1"]],
  [-1, 1, 4, ["-1", "-0.5", "0", "0.5", "1"]],
  [0.3, 7.9, 4, ["2", "4", "6"]],
  [3, 3, 4, ["3"]],
])("between %d and %d stand round numbers", (low, high, count, texts) => {
  expect(ticks(low, high, count).map(({ text }) => text)).toEqual(texts);
});

test.each([
  [-3, 3, 4, ["0.01", "1", "100"]],
  [-0.5, 0.9, 4, ["0.5", "1", "2", "5"]],
  [0.1, 0.2, 4, ["1.259", "1.585"]],
])("between 10^%d and 10^%d stand powers", (low, high, count, texts) => {
  expect(logTicks(low, high, count).map(({ text }) => text)).toEqual(texts);
});
