import { describe, expect, test } from "vitest";
import { readMessage } from "../../../src/controller/messages.ts";
import { readAction, readFindings, readGallery } from "../../../src/outputs/read.ts";

const set = {
  label: "Insert 3.2e-3",
  title: "Put 3.2e-3 where the rate is",
  do: { kind: "set-option", options: ["lr"], value: 3.2e-3, experiment: null },
};
const insert = { label: "Insert a cell", title: "t", do: { kind: "insert-cell", text: "exp.fit()" } };

test.each([
  { type: "ready" },
  { type: "words" },
  { type: "sync", chart: "c" },
  { type: "open", chart: "c" },
  { type: "reveal", cell: "a", line: 1, column: 2 },
  { type: "openFile", file: "/folder/lib.ts", line: 1, column: 2 },
  { type: "rerun", cell: "a" },
  { type: "act", cell: "a", action: set },
  { type: "act", cell: "a", action: insert },
  { type: "act", action: insert },
  { type: "act", cell: "a", action: { ...insert, do: { kind: "go-back", how: "branch", file: "f", step: 3 } } },
  ...["pause", "resume", "stop-after-epoch", "keep-going", "follow-plan"].map((what) => ({
    type: "control",
    run: "r",
    change: { do: what },
  })),
  { type: "control", run: "r", change: { do: "set-lr", value: 0.1 } },
  { type: "control", run: "r", change: { do: "set-schedule", points: [[1, 0.1]] } },
  ...["svg", "png", "obj", "ply"].map((kind) => ({ type: "save", name: `loss.${kind}`, base64: "AA==" })),
])("a page may say %j", (message) => {
  expect(readMessage({ ...message, more: 1 })).toEqual(message);
});

test.each([
  null,
  "ready",
  { type: "run" },
  { type: "sync" },
  { type: "reveal", cell: "a", line: 0, column: 1 },
  { type: "openFile", file: "/folder/lib.ts", line: 0, column: 2 },
  { type: "rerun" },
  { type: "act", cell: 3, action: set },
  { type: "act", cell: "a", action: { ...set, do: { kind: "run", text: "x" } } },
  { type: "act", cell: "a", action: { ...set, do: { kind: "go-back", how: "delete", file: "f", step: 3 } } },
  { type: "act", cell: "a", action: { ...set, do: { kind: "go-back", how: "branch", file: 3, step: 3 } } },
  { type: "control", change: { do: "pause" } },
  { type: "control", run: "r", change: { do: "explode" } },
  { type: "control", run: "r", change: { do: "set-lr", value: "0.1" } },
  { type: "control", run: "r", change: { do: "set-lr", value: Number.NaN } },
  { type: "control", run: "r", change: { do: "set-schedule", points: [[1, "0.1"]] } },
  { type: "control", run: "r", change: { do: "set-schedule", points: Array(1001).fill([1, 1]) } },
  { type: "save", name: "../loss.svg", base64: "" },
  { type: "save", name: "loss.html", base64: "" },
  { type: "save", name: "loss.obj" },
])("a page may not say %j", (message) => {
  expect(readMessage(message)).toBe(null);
});

describe("an action", () => {
  test("is taken without what does not belong to it", () => {
    expect(readAction({ ...set, do: { ...set.do, text: "x" }, shell: "rm" })).toEqual(set);
  });

  test.each([
    { ...set, label: "x".repeat(201) },
    { ...set, title: 3 },
    { ...set, do: { ...set.do, options: [] } },
    { ...set, do: { ...set.do, options: Array.from({ length: 9 }, () => "lr") } },
    { ...set, do: { ...set.do, options: ["x".repeat(201)] } },
    { ...set, do: { ...set.do, value: Number.POSITIVE_INFINITY } },
    { ...set, do: { ...set.do, value: "0.1" } },
    { ...set, do: { ...set.do, experiment: 3 } },
    { ...insert, do: { kind: "insert-cell", text: "x".repeat(10_001) } },
    { ...insert, do: { kind: "insert-cell" } },
  ])("is refused when a part is missing, wrong or too long (%#)", (action) => {
    expect(readAction(action)).toBe(null);
  });
});

const finding = {
  rule: "dead-relu",
  severity: "warning",
  title: "t",
  saw: "s",
  why: "w",
  tries: [{ text: "x", action: set }],
};

test.each([
  ["mark", 2],
  ["paper", "p"],
  ["tries", []],
])("findings are read whole, with %s as well", (name, value) => {
  const whole = { id: "f", title: "t", findings: [{ ...finding, [name]: value }] };
  expect(readFindings(whole)).toEqual(whole);
});

test.each([
  { severity: "fatal" },
  { saw: 3 },
  { tries: [{ text: "x", action: { label: "y" } }] },
  { tries: "x" },
  { mark: "1" },
  { title: "x".repeat(10_001) },
])("findings with a damaged part are none: %#", (damage) => {
  expect(readFindings({ id: "f", title: "t", findings: [{ ...finding, ...damage }] })).toBe(null);
});

const picture = { caption: "7", detail: "d", width: 2, height: 2, channels: 1, pixels: "AAAAAA==" };

test("a gallery is read whole, with and without warmth and rows", () => {
  const whole = { id: "g", title: "t", text: "x", pictures: [picture, { ...picture, heat: picture.pixels }] };
  expect(readGallery(whole)).toEqual(whole);
  expect(readGallery({ ...whole, columns: 2 })).toEqual({ ...whole, columns: 2 });
  expect(readGallery({ ...whole, columns: 0 })).toBe(null);
});

test.each([
  { width: 0 },
  { width: 3 },
  { width: 1e6, height: 1e6 },
  { channels: 4 },
  { channels: 3 },
  { pixels: "<script>" },
  { pixels: `${picture.pixels} ` },
  { heat: "AA==" },
])("a gallery whose picture is not as large as it says is none: %j", (damage) => {
  expect(readGallery({ id: "g", title: "t", text: "x", pictures: [{ ...picture, ...damage }] })).toBe(null);
});
