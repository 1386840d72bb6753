import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, test } from "vitest";
import { preview } from "../../../engine/kernel/preview.ts";
import { globals } from "../../../engine/library.ts";
import type * as page from "../../../media/picker/payload.ts";
import type { Entry } from "../../../src/language/reference.ts";
import { drawingOf } from "../../../src/pickers/drawing.ts";
import { callOf, mistake, type Pick, picks, samples } from "../../../src/pickers/entries.ts";
import { type FromPicker, readPicked, type ToPicker } from "../../../src/pickers/messages.ts";
import type { Kind } from "../../../src/pickers/target.ts";

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../snippets/${name}.json`, import.meta.url), "utf8"));
const library = { reference: read("library"), snippets: read("dlnb"), drawings: read("thumbnails") };
const all = (kind: Kind, now: string | null = null) => picks(kind, library, now);
const one = (kind: Kind, name: string, now: string | null = null) =>
  all(kind, now).find((pick) => pick.name === name) as Pick;
const entry = (kind: Kind, name: string): Entry => library.reference[`${kind}.${name}`];
const call = (kind: Kind, name: string, values = {}, now: string | null = null) =>
  callOf(kind, one(kind, name, now), entry(kind, name), values);
const asked = (text: string) => preview({ call: text, experiment: null, epochs: 20, steps: null }, globals, null);

test("the page mirrors what the editor sends and takes", () => {
  expectTypeOf<page.ToPicker>().toEqualTypeOf<ToPicker>();
  expectTypeOf<page.FromPicker>().toEqualTypeOf<FromPicker>();
});

describe.each([
  ...all("schedule").map((pick) => ["schedule", pick] as const),
  ...all("init").map((pick) => ["init", pick] as const),
])("%s %s", (kind, pick) => {
  test("is drawn by the kernel as it comes", () => {
    const made = asked(callOf(kind, pick, entry(kind, pick.name), {}));
    expect(made.problem).toBeNull();
    const drawing = drawingOf(made);
    expect(drawing?.kind).toBe(kind === "schedule" ? "curve" : "density");
    expect(drawing?.paths[0]).toMatch(/^[\d. ,-]+$/);
    for (const field of pick.fields) expect(mistake(field, field.value)).toBeNull();
  });
});

describe("the call that is inserted", () => {
  test.each([
    ["schedule", "cosine", {}, "schedule.cosine()"],
    ["schedule", "cosine", { etaMin: " 1e-4 " }, "schedule.cosine({ etaMin: 1e-4 })"],
    ["schedule", "oneCycle", { maxLr: "0.2", per: '"step"' }, "schedule.oneCycle({ maxLr: 0.2 })"],
    ["schedule", "warmup", { length: "9" }, "schedule.warmup(9, schedule.cosine())"],
    ["schedule", "multiStep", { milestones: "[3, 6]" }, "schedule.multiStep({ milestones: [3, 6] })"],
    ["schedule", "plateau", { factor: "" }, "schedule.plateau()"],
    ["init", "constant", { value: "0.5" }, "init.constant(0.5)"],
    ["init", "kaimingNormal", { nonlinearity: '"relu"' }, 'init.kaimingNormal({ nonlinearity: "relu" })'],
  ] as const)("of %s %s with %o is %s", (kind, name, values, text) => {
    expect(call(kind, name, values)).toBe(text);
  });

  test("keeps what the one had that it takes the place of", () => {
    const now = "schedule.step({ stepSize: 7, gamma: base / 2 })";
    expect(call("schedule", "step", {}, now)).toBe("schedule.step({ stepSize: 7, gamma: base / 2 })");
    expect(call("schedule", "step", { stepSize: "8" }, now)).toBe("schedule.step({ stepSize: 8, gamma: base / 2 })");
    expect(call("schedule", "cosine", {}, now)).toBe("schedule.cosine()");
  });

  test("is drawn without code of the cell, which only runs with its cell", () => {
    const now = "schedule.lambda((t) => wipe(), { per: process.exit() })";
    const pick = one("schedule", "lambda", now);
    expect(callOf("schedule", pick, entry("schedule", "lambda"), {})).toContain("wipe()");
    const drawn = callOf("schedule", pick, entry("schedule", "lambda"), samples(pick, {}));
    expect(drawn).not.toMatch(/wipe|exit/);
    expect(asked(drawn).problem).toBeNull();
  });
});

test.each([
  ["oneCycle", "maxLr", "abc", /is not a number/],
  ["oneCycle", "maxLr", "process.exit()", /is not a number/],
  ["oneCycle", "maxLr", "", /must be given/],
  ["oneCycle", "maxLr", "1e-2", null],
  ["linear", "startFactor", "1 / 3", null],
  ["oneCycle", "annealStrategy", '"cube"', /is not one of/],
  ["oneCycle", "threePhase", "true", null],
  ["multiStep", "milestones", "[1, f()]", /is not a list/],
  ["lambda", "factor", "() => 2", /in the cell/],
] as const)("%s with %s %s", (name, option, value, problem) => {
  const field = one("schedule", name).fields.find((field) => field.name === option) as page.Field;
  const said = mistake(field, value);
  if (problem === null) expect(said).toBeNull();
  else expect(said).toMatch(problem);
});

test("a value out of range comes back as a problem that names it", () => {
  expect(asked("schedule.cosine({ etaMin: -1 })").problem).toMatch(/etaMin = -1 is outside/);
  expect(asked("optim.adam()").problem).toMatch(/neither/);
});

test("a run that is known is the one that is drawn, and a long one costs no more", () => {
  const known = preview({ call: "schedule.cosine()", experiment: null, epochs: null, steps: 50_000 }, globals, null);
  expect(known.run).toMatchObject({ steps: 50_000, known: false });
  expect(known.curve?.step.length).toBe(240);
  expect(known.curve?.step.at(-1)).toBe(49_999);
});

test("what a page says is read or left out", () => {
  expect(readPicked({ type: "insert", name: "a", values: { x: "1", y: 2 } })).toEqual({
    type: "insert",
    name: "a",
    values: { x: "1" },
  });
  for (const wrong of [
    null,
    1,
    "ready",
    { type: "run" },
    { type: "insert", name: 1, values: {} },
    { type: "preview", name: "a", values: {} },
  ])
    expect(readPicked(wrong)).toBeNull();
  expect(readPicked({ type: "insert", name: "a", values: { x: "1".repeat(20_000) } })).toMatchObject({ values: {} });
});
