import { expect, expectTypeOf, test } from "vitest";
import { axisEnd as kernelEnd } from "../../../engine/plots/axisEnd.ts";
import { ema as kernelEma } from "../../../engine/plots/ema.ts";
import { encodeColumns } from "../../../engine/plots/index.ts";
import { learningCurve } from "../../../engine/plots/learningCurve.ts";
import type * as protocol from "../../../engine/protocol/index.ts";
import * as mimes from "../../../engine/protocol/index.ts";
import { fileName, readable } from "../../../media/chart/format.ts";
import { withLogAxis } from "../../../media/chart/logAxis.ts";
import { logFields } from "../../../media/chart/logFields.ts";
import * as payload from "../../../media/chart/payload.ts";
import { axisEnd, ema, Table } from "../../../media/chart/table.ts";
import type * as compare from "../../../media/compare/payload.ts";
import type { FromCompare, ToCompare } from "../../../src/compare/messages.ts";

test("pages mirror the kernel's payloads exactly", () => {
  expectTypeOf<payload.Chart>().toEqualTypeOf<protocol.Chart>();
  expectTypeOf<payload.Columns>().toEqualTypeOf<protocol.Columns>();
  expectTypeOf<payload.ChartHints>().toEqualTypeOf<protocol.ChartHints>();
  expectTypeOf<payload.CellError>().toEqualTypeOf<protocol.CellError>();
  expectTypeOf<payload.Findings>().toEqualTypeOf<protocol.Findings>();
  expectTypeOf<payload.Gallery>().toEqualTypeOf<protocol.Gallery>();
  expectTypeOf<compare.ComparedRuns>().toEqualTypeOf<protocol.ComparedRuns>();
  expectTypeOf<compare.ToCompare>().toEqualTypeOf<ToCompare>();
  expectTypeOf<compare.FromCompare>().toEqualTypeOf<FromCompare>();
  const { CHART_MIME, FINDINGS_MIME, GALLERY_MIME, ERROR_MIME } = mimes;
  expect([payload.CHART_MIME, payload.ERROR_MIME]).toEqual([CHART_MIME, ERROR_MIME]);
  expect([payload.FINDINGS_MIME, payload.GALLERY_MIME]).toEqual([FINDINGS_MIME, GALLERY_MIME]);
});

test("a table reads what the kernel wrote, missing values too", () => {
  const table = new Table();
  table.append(encodeColumns({ step: [1, 2], loss: [0.1, Number.NaN] }));
  table.append(encodeColumns({ step: [3], loss: [-1e-300] }));
  expect(table.columns.get("step")).toEqual([1, 2, 3]);
  expect(table.columns.get("loss")).toEqual([0.1, Number.NaN, -1e-300]);
  expect(table.rows(2)).toEqual([{ step: 3, loss: -1e-300 }]);
});

test.each([
  [0, 0],
  [14, 0],
  [16, 1],
  [25, 1],
  [99, 2],
])("the row nearest to %d is %d", (x, row) => {
  const table = new Table();
  table.append(encodeColumns({ step: [10, 20, 30] }));
  expect(table.nearest("step", x)).toBe(row);
});

test("page and kernel smooth alike", () => {
  const values = [3, Number.NaN, 1, 2, 5];
  expect(ema(values, 0.8)).toEqual([...kernelEma(values, 0.8)]);
  expect(ema(values, 0)).toEqual(values);
});

test.each([
  [0, 400, 400],
  [0, 64_000, 1000],
  [999, 64_000, 1000],
  [1001, 64_000, 2000],
  [40_000, 64_000, 64_000],
])("after %d of %d steps the axis ends at %d", (done, planned, end) => {
  expect(axisEnd(done, planned)).toBe(end);
  expect(kernelEnd(done, planned)).toBe(end);
});

test("the log axis changes the loss panel only", () => {
  const { spec } = learningCurve.chart("c", learningCurve.example(), false);
  const panels = withLogAxis(spec, ["loss"]).vconcat as unknown[];
  expect(panels.map((panel) => JSON.stringify(panel).includes('"type":"log"'))).toEqual([true, false, false]);
  expect(logFields(spec, ["loss"])).toContainEqual({ dataset: "train", field: "low" });
});

test.each([
  [Number.NaN, "–"],
  [12_345, "12,345"],
  [0.123456, "0.1235"],
  [0.00123456, "0.00123"],
  [1.5e-7, "1.50e-7"],
  [3.21e8 + 0.5, "3.21e+8"],
])("%d reads %s", (value, text) => {
  expect(readable(value)).toBe(text);
});

test("a file name keeps to letters, digits and dashes", () => {
  expect(fileName("../loss 0.1: à la carte", "png")).toBe("loss-0-1-a-la-carte.png");
  expect(fileName("///", "svg")).toBe("chart.svg");
});

test("an output that is no chart is refused in words", () => {
  expect(() => payload.readChart({ id: 1 })).toThrow("not a chart");
});
