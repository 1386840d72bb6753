import { compile, type TopLevelSpec } from "vega-lite";
import { expect, test } from "vitest";
import * as page from "../../../media/chart/layout.ts";
import { lazyTooltips, tipSignal } from "../../../media/chart/lazyTooltips.ts";
import { vegaConfig } from "../../../media/chart/theme.ts";
import * as report from "../../../src/report/layout.ts";
import { config, LOOK } from "../../../src/report/theme.ts";

const x = { field: "a", type: "quantitative" };
const plot = (width?: unknown) => ({
  data: { name: "d" },
  ...(width === undefined ? {} : { width }),
  mark: "line",
  encoding: { x, y: { field: "b", type: "quantitative" } },
});
const compiled = (spec: object) =>
  compile({ datasets: { d: [] }, ...spec } as unknown as TopLevelSpec).spec as Record<string, unknown>;

test.each<[string, boolean, Record<string, unknown>]>([
  ["one plot", true, plot(600)],
  ["one plot of no width", true, plot()],
  ["a square", false, plot(300)],
  ["plots under each other", true, { vconcat: [plot(600), plot(600)] }],
  ["plots of other widths under each other", false, { vconcat: [plot(600), plot(300)] }],
  ["plots beside each other", false, { hconcat: [plot(280), plot(280)] }],
  ["nested plots", false, { vconcat: [plot(600), { hconcat: [plot(300), plot(300)] }] }],
  ["small multiples", false, { data: { name: "d" }, facet: { field: "l" }, columns: 3, spec: plot(180) }],
  [
    "as many columns as there are",
    false,
    { ...plot(), mark: "rect", encoding: { x: { field: "l", type: "nominal" }, y: x } },
  ],
])("%s: the pane's width is the plots' width is %s", (_, stretched, spec) => {
  expect(page.isStretched(spec, compiled(spec))).toBe(stretched);
  expect(report.isStretched(spec, compiled(spec))).toBe(stretched);
});

test("cells of a heat map are edged in their own colour, bars and outlined cells are not", () => {
  const cell = (mark: unknown) => ({
    data: { name: "d" },
    mark,
    encoding: { x: { ...x, bin: true }, y: { field: "l" }, color: { field: "v", type: "quantitative" } },
  });
  const edges = (spec: object) => JSON.stringify(page.sealed(compiled(spec)).marks).split('"strokeWidth"').length - 1;
  expect(edges({ layer: [cell("rect"), plot()] })).toBe(1);
  expect(edges(cell("bar"))).toBe(0);
  expect(edges(cell({ type: "rect", stroke: "red" }))).toBe(0);
  for (const mark of ["rect", "bar", "line"]) {
    expect(report.sealed(compiled(cell(mark)))).toEqual(page.sealed(compiled(cell(mark))));
  }
});

test("tooltips wait for the pointer, but for those that depend on where their mark stands", () => {
  const tips = (tooltip: unknown) => {
    const spec = lazyTooltips(compiled({ ...plot(), mark: "point", encoding: { ...plot().encoding, tooltip } }));
    const [mark] = spec.marks as { encode: { update: { tooltip: unknown } } }[];
    const signals = spec.signals as { name: string; update?: string }[];
    return [mark?.encode.update.tooltip, signals.find(({ name }) => name === tipSignal(0))?.update];
  };
  expect(tips([x, { field: "datum", type: "nominal", title: "my datum" }])).toEqual([
    { value: 0 },
    expect.stringMatching(/^\{"a": format\(dlnbPointed\["a"\], ""\), "my datum": isValid\(dlnbPointed\["datum"\]\)/),
  ]);
  expect(tips({ value: { expr: "width + datum.a" } })[0]).toEqual({ signal: "width + datum.a" });
  expect(tips({ value: { expr: "datum['a'].b" } })[0]).toEqual({ signal: "datum['a'].b" });
});

test("charts look alike in the editor and in reports, but for colours", () => {
  const ours = vegaConfig({ ...LOOK, kind: "light" }) as { range: object };
  const schemes: string[] = [];
  const theirs = config({ scheme: (name) => schemes.push(name), interpolateColors: (colours) => colours });
  expect(theirs).toEqual({ ...ours, range: { ...ours.range, ordinal: { scheme: schemes[0] } } });
});

test("shapes are counted by the rows that marks draw one by one", () => {
  const rows = (dataset: string) => ({ d: 1000, e: 10 })[dataset] ?? 0;
  expect(page.shapeCount(plot(), rows)).toBe(1);
  expect(page.shapeCount({ ...plot(), mark: { type: "line", point: { size: 3 } } }, rows)).toBe(1000);
  const layers = [{ mark: "rect" }, { mark: "text" }, { data: { name: "e" }, mark: "point" }];
  expect(page.shapeCount({ data: { name: "d" }, layer: layers }, rows)).toBe(2010);
  expect(page.shapeCount({ hconcat: [{ data: { name: "d" }, facet: {}, spec: { mark: "bar" } }, plot()] }, rows)).toBe(
    1001,
  );
});

test("rows of plots grow with the pane, all alike, where the widest is wide", () => {
  const wide = { vconcat: [plot(520), { hconcat: [plot(380), plot(110)] }] };
  const rows = page.rowsOf(wide, compiled(wide));
  expect([...(rows?.widths.values() ?? [])]).toEqual([520, 380, 110]);
  expect(rows?.widest).toBe(520);
  const narrow = { vconcat: [plot(300), { hconcat: [plot(150), plot(150)] }] };
  expect(page.rowsOf(narrow, compiled(narrow))).toBe(null);
  const alike = { vconcat: [plot(600), plot(600)] };
  expect(page.rowsOf(alike, compiled(alike))).toBe(null);
});
