import { beforeAll, describe, expect, test } from "vitest";
import { locateOptions } from "../../../engine/kernel/cells/locate.ts";
import { loadStripper } from "../../../engine/kernel/cells/strip.ts";

beforeAll(loadStripper);

const located = (text: string, ...options: string[]) => locateOptions([{ cell: "c1", text }], options);

describe("a number that a cell gives an option", () => {
  test("is found with its place, the calls around it and the name it goes to", () => {
    const text = `const exp = experiment({
  optimizer: optim.adamw({ lr: 1e-3, weightDecay: 0.1 }),
});`;
    const start = text.indexOf("1e-3");
    expect(located(text, "lr")).toEqual([
      {
        cell: "c1",
        option: "lr",
        text: "1e-3",
        start,
        end: start + 4,
        within: ["experiment", "optim.adamw"],
        declares: "exp",
      },
    ]);
  });

  test("is found behind types and outside of any declaration, quoted names and signs included", () => {
    const text = 'const rate: number = 3;\nawait exp.fit({ "lr": -2 } as never);';
    expect(
      located("await exp.fit({ 'lr': -2, schedule: schedule.oneCycle({ maxLr: 0.1 }) })", "maxLr", "lr"),
    ).toMatchObject([
      { option: "lr", text: "-2", within: ["exp.fit"], declares: null },
      { option: "maxLr", text: "0.1", within: ["exp.fit", "schedule.oneCycle"] },
    ]);
    const [found] = located(text, "lr");
    expect(text.slice(found?.start, found?.end)).toBe("-2");
  });

  test("is counted in UTF-16 units, as editors count", () => {
    const text = 'const label: "🙂 é" | "中" = "🙂 é"; optim.sgd({ lr: 0.5 })';
    const [found] = located(text, "lr");
    expect(text.slice(found?.start, found?.end)).toBe("0.5");
  });

  test("comes once for each place, in the order of the cells and their text", () => {
    const cells = [
      { cell: "a", text: "optim.sgd({ lr: 1 }); optim.adam({ lr: 2 })" },
      { cell: "b", text: "optim.sgd({ lr: 3 })" },
    ];
    expect(locateOptions(cells, ["lr"]).map(({ cell, text }) => cell + text)).toEqual(["a1", "a2", "b3"]);
  });
});

describe("an option that is given by a name", () => {
  test("has the number that the name is declared with, and stands where it is used", () => {
    const cells = [
      { cell: "a", text: "const maxLr = 9; const rate = 0.1;" },
      { cell: "b", text: "const maxLr: number = 3e-3;\nawait exp.fit({ schedule: schedule.oneCycle({ maxLr }) });" },
      { cell: "c", text: "const exp = experiment({ optimizer: optim.sgd({ lr: rate }) })" },
    ];
    expect(locateOptions(cells, ["maxLr", "lr"])).toMatchObject([
      { cell: "b", option: "maxLr", text: "3e-3", start: 22, within: ["exp.fit", "schedule.oneCycle"], declares: null },
      { cell: "a", option: "lr", text: "0.1", within: ["experiment", "optim.sgd"], declares: "exp" },
    ]);
  });

  test("has none when the name is computed, or declared only below", () => {
    const cells = (...texts: string[]) => texts.map((text, i) => ({ cell: `c${i}`, text }));
    const use = "optim.sgd({ lr: rate })";
    expect(locateOptions(cells("const rate = 2 * 0.1;", use), ["lr"])).toEqual([]);
    expect(locateOptions(cells(use, "const rate = 0.1;"), ["lr"])).toEqual([]);
    expect(locateOptions(cells("const rate = 0.1;", "const rate = pick();", use), ["lr"])).toEqual([]);
  });
});

test.each([
  ["a name", "optim.sgd({ lr })"],
  ["a variable", "optim.sgd({ lr: rate })"],
  ["a product", "optim.sgd({ lr: 2 * 0.1 })"],
  ["a string", 'optim.sgd({ lr: "0.1" })'],
  ["a computed name", "optim.sgd({ [lr]: 0.1 })"],
  ["a default of a pattern", "const { lr = 0.1 } = options"],
  ["a comment", "// lr: 0.1"],
  ["another option", "optim.sgd({ momentum: 0.9 })"],
])("%s is no plain number of the option", (_, text) => {
  expect(located(text, "lr")).toEqual([]);
});

test("a cell that does not parse has none, and the others are searched all the same", () => {
  const cells = [
    { cell: "half", text: "optim.sgd({ lr: 0.1 " },
    { cell: "enum", text: "enum Colour { red }" },
    { cell: "whole", text: "optim.sgd({ lr: 0.2 })" },
  ];
  expect(locateOptions(cells, ["lr"]).map(({ cell }) => cell)).toEqual(["whole"]);
});

test("where one value declares several names there is no one name", () => {
  expect(
    located("const [a, b] = [optim.sgd({ lr: 1 }), optim.sgd({ lr: 2 })]", "lr").map(({ declares }) => declares),
  ).toEqual([null, null]);
});
