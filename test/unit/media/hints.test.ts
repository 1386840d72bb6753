import { expect, test } from "vitest";
import type { ChartHints } from "../../../engine/protocol/index.ts";
import { hintsOf, readAction } from "../../../media/chart/hints.ts";

const whole: Required<ChartHints> = {
  x: { field: "step", label: "step", end: { param: "end", planned: 10 } },
  log: ["loss"],
  smooth: { dataset: "d", field: "loss", as: "smoothed", weight: 0.8 },
  values: [{ dataset: "d", field: "loss", label: "loss", series: null }],
  link: { field: "layer", param: "on" },
  scrub: { param: "step", label: "step", values: [0, 10], start: 1, perSecond: 5 },
  choose: [{ param: "unit", label: "show", choices: [{ label: "share", value: "share" }] }],
  surface: {
    dataset: "grid",
    x: "x",
    y: "y",
    z: "loss",
    labels: { x: "a", y: "b", z: "c" },
    log: true,
    path: { dataset: "p", x: "x", y: "y", z: "loss" },
  },
  actions: [
    { label: "Insert", title: "t", do: { kind: "set-option", options: ["lr"], value: 0.1, experiment: null } },
    { label: "Insert", title: "t", do: { kind: "insert-cell", text: "x" } },
  ],
  pick: { kind: "checkpoint", dataset: "checkpoints", field: "step", file: "file", label: "label" },
  run: "run-1",
};
const chart = (dlnb: unknown) => ({ spec: { usermeta: { dlnb } } });

test("hints come through as the kernel gave them", () => {
  expect(hintsOf(chart(whole))).toEqual(whole);
  expect(hintsOf({ spec: {} })).toEqual({});
});

test.each([
  ["x", { field: 3, label: "step" }],
  ["log", "loss"],
  ["smooth", { ...whole.smooth, weight: "0.8" }],
  ["values", [{ dataset: "d" }]],
  ["link", { field: "layer" }],
  ["scrub", { ...whole.scrub, values: [] }],
  ["scrub", { ...whole.scrub, start: 2 }],
  ["scrub", { ...whole.scrub, values: [0, "10"] }],
  ["choose", [{ param: "unit", label: "show", choices: [] }]],
  ["surface", { ...whole.surface, log: 1 }],
  ["surface", { ...whole.surface, labels: { x: "a", y: "b" } }],
  ["actions", "insert"],
  ["pick", { ...whole.pick, kind: "file" }],
  ["run", 1],
])("of hints, a part that is not as it should be is left out: %s %j", (part, value) => {
  const { [part as "x"]: _, ...others } = whole;
  expect(hintsOf(chart({ ...whole, [part]: value }))).toEqual(others);
});

test("a surface keeps its grid when its path is damaged", () => {
  const { path: _, ...surface } = whole.surface;
  expect(hintsOf(chart({ surface: { ...surface, path: { dataset: "p" } } }))).toEqual({ surface });
});

test.each([
  null,
  { label: "x", title: "t" },
  { label: "x", title: "t", do: { kind: "run-program", text: "x" } },
  { label: "x", title: "t", do: { kind: "insert-cell", text: 3 } },
  { label: "x", title: "t", do: { kind: "set-option", options: ["lr"], value: Number.NaN, experiment: null } },
])("what cannot be understood is no button: %j", (value) => {
  expect(readAction(value)).toBeUndefined();
});
