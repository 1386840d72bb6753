import { describe, expect, test } from "vitest";
import { Analyst } from "../../../engine/language/index.ts";
import { load, mistakes, of } from "../../support/mistakes.ts";
import { analyzed } from "./analyzed.ts";

const analyst = new Analyst();

describe("a mistake is marked where it is", () => {
  test.each(mistakes)("$text", async ({ text, code, message, mended, severity = "error" }) => {
    const start = text.indexOf("«");
    const end = text.indexOf("»") - 1;
    const cell = text.replace(/[«»]/g, "");
    const [before, after] = await analyzed([load, cell], analyst);
    expect(before?.problems).toEqual([]);
    expect(after?.problems).toEqual([expect.objectContaining({ start, end, code, severity })]);
    const [problem] = after?.problems ?? [];
    expect(problem?.message).toMatch(message);
    if (mended === undefined) return;
    const [edit] = problem?.fixes[0]?.edits ?? [];
    expect(edit?.cell).toBe("c1");
    const fixed = `${cell.slice(0, edit?.start)}${edit?.text}${cell.slice(edit?.end)}`;
    expect(fixed).toBe(mended);
    const [, then] = await analyzed([load, fixed], analyst);
    expect(then?.problems.filter((one) => one.message === problem?.message)).toEqual([]);
  });
});

test("a mistake of a value from another cell is marked and mended there", async () => {
  const [first, second] = await analyzed(["const slow = { lr: -1 };", "const optimizer = optim.sgd(slow);"], analyst);
  expect(first?.problems).toEqual([expect.objectContaining({ start: 19, end: 21, code: "range" })]);
  expect(second?.problems).toEqual([]);
});

test("a name that holds the number is marked in the call, and the number is not touched", async () => {
  const [cell] = await analyzed(["const lr = -1;\nconst optimizer = optim.sgd({ lr });"], analyst);
  expect(cell?.problems).toEqual([expect.objectContaining({ start: 45, end: 47, code: "range", fixes: [] })]);
});

test("names that are imported from the library are the library's", async () => {
  const [cell] = await analyzed(['import { nn as layers } from "dlnb";\nlayers.linear(-1);'], analyst);
  expect(cell?.problems).toEqual([expect.objectContaining({ start: 51, end: 53, code: "range" })]);
});

test("the layers before one that does not fit have their hints", async () => {
  const model = of("nn.sequential(nn.linear(7), nn.conv2d(3, { kernelSize: 3 }), nn.linear(10))");
  const [, cell] = await analyzed([load, model], analyst);
  expect(cell?.hints.map(({ text }) => text)).toEqual(["→ 7 · 455"]);
});

test("a function that makes layers for several models has what each of them became", async () => {
  const [, cell] = await analyzed(
    [load, `for (const width of [4, 8]) ${of("nn.sequential(nn.linear(width), nn.linear(10))")}`],
    analyst,
  );
  expect(cell?.hints.map(({ text }) => text)).toContain("2 layers: 4 · 260, 8 · 520");
});
