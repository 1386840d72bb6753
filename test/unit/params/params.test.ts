import { describe, expect, expectTypeOf, test } from "vitest";
import {
  bool,
  type Checked,
  check,
  choice,
  either,
  func,
  int,
  ints,
  nullable,
  num,
  nums,
  type Options,
  optional,
  perAxis,
  range,
  required,
  value,
} from "../../../engine/params/index.ts";

const params = {
  lr: num(1e-3, "[0, inf)", "Step size."),
  betas: nums([0.9, 0.999], "[0, 1)", "Decays."),
  features: int(required, "[1, inf)", "Outputs."),
  mode: choice("fanIn", ["fanIn", "fanOut"], "Which fan."),
  bias: bool(true, "Adds a bias."),
  size: perAxis(2, 2, "[1, inf)", "Window."),
  momentum: nullable(num(0.1, "[0, 1]", "Weight of the new value.")),
  seed: optional(int(0, "[0, inf)", "Seed.")),
  milestones: ints([], "[0, inf)", "Steps."),
  padding: either(perAxis(2, 0, "[0, inf)", "Zeros around."), choice("same", ["same"], "")),
  at: func<(step: number) => number>(() => 1, "(step) => number", "Rate."),
  shape: value<Date | string>("now", { type: "Date", noun: "a date", accepts: (d) => d instanceof Date }, "When."),
};
const read = (given: unknown) => check(params, { features: 3, ...(given as object) }, "thing");

test("what is not given has its default", () => {
  expect(check(params, { features: 3 }, "thing")).toMatchObject({
    lr: 1e-3,
    betas: [0.9, 0.999],
    features: 3,
    mode: "fanIn",
    bias: true,
    size: [2, 2],
    momentum: 0.1,
    seed: null,
    padding: [0, 0],
  });
  expect(read({ lr: undefined, momentum: null, size: 3, padding: "same" })).toMatchObject({
    lr: 1e-3,
    momentum: null,
    size: [3, 3],
    padding: "same",
  });
});

test.each([
  [{ lr: -1 }, "thing: lr = -1 is outside [0, inf)"],
  [{ lr: Number.NaN }, "thing: lr = NaN is outside [0, inf)"],
  [{ lr: Infinity }, "thing: lr = Infinity is outside [0, inf)"],
  [{ lr: "0.1" }, 'thing: lr must be a number, not "0.1"'],
  [{ lr: null }, "thing: lr must be a number, not null"],
  [{ lrr: 1 }, 'thing: unknown option "lrr"; did you mean "lr"?'],
  [{ betas: [1.5, 0.9] }, "thing: betas[0] = 1.5 is outside [0, 1)"],
  [{ betas: [0.9] }, "thing: betas takes 2 numbers, not 1: [0.9]"],
  [{ betas: 0.9 }, "thing: betas must be a list of numbers, not 0.9"],
  [{ features: 2.5 }, "thing: features must be a whole number, not 2.5"],
  [{ features: 0 }, "thing: features = 0 is outside [1, inf)"],
  [{ features: undefined }, "thing: features is missing; give features: number in [1, inf)"],
  [{ mode: "fan_in" }, 'thing: mode = "fan_in" is not one of "fanIn" | "fanOut"; did you mean "fanIn"?'],
  [{ mode: 1 }, 'thing: mode must be one of "fanIn" | "fanOut", not 1'],
  [{ bias: 1 }, "thing: bias must be true or false, not 1"],
  [{ size: [1, 2, 3] }, "thing: size must be a whole number or [height, width], not [1, 2, 3]"],
  [{ size: [1, 0] }, "thing: size[1] = 0 is outside [1, inf)"],
  [{ milestones: [1, -2] }, "thing: milestones[1] = -2 is outside [0, inf)"],
  [{ padding: "sane" }, 'thing: padding = "sane" is not one of "same"; did you mean "same"?'],
  [{ at: 3 }, "thing: at must be a function (step) => number, not 3"],
  [{ shape: {} }, "thing: shape must be a date, not {  }"],
])("%j is refused by name, value and way out", (given, message) => {
  expect(() => read(given)).toThrow(message);
});

test("options that are not an object say how to write them", () => {
  expect(() => check(params, 0.1, "thing")).toThrow("thing: options are an object, not 0.1; write { lr: 0.1 }");
  expect(() => check({}, { a: 1 }, "relu")).toThrow('relu: unknown option "a"; it takes none');
});

test("the declaration is the type", () => {
  type O = Options<typeof params>;
  expectTypeOf<{ features: 3 }>().toExtend<O>();
  expectTypeOf<{ features: 3; betas: [0.1, 0.2]; mode: "fanOut"; size: [1, 2]; momentum: null }>().toExtend<O>();
  expectTypeOf<{ features: 3; padding: 1 }>().toExtend<O>();
  expectTypeOf<{ features: 3; padding: "some" }>().not.toExtend<O>();
  expectTypeOf<Record<never, never>>().not.toExtend<O>();
  expectTypeOf<{ features: 3; betas: [0.1] }>().not.toExtend<O>();
  expectTypeOf<{ features: 3; mode: "fan" }>().not.toExtend<O>();
  expectTypeOf<Checked<typeof params>["size"]>().toEqualTypeOf<readonly [number, number]>();
  expectTypeOf<Checked<typeof params>["momentum"]>().toEqualTypeOf<number | null>();
  expectTypeOf<Checked<typeof params>["mode"]>().toEqualTypeOf<"fanIn" | "fanOut">();
});

describe("range", () => {
  test("an end is in or out as its bracket says", () => {
    expect([0, 0.5, 1].map(range("[0, 1)").contains)).toEqual([true, true, false]);
    expect([0, 0.5, 1].map(range("(0, 1]").contains)).toEqual([false, true, true]);
    expect([-Infinity, -1e300, 0].map(range("(-inf, inf)").contains)).toEqual([false, true, true]);
  });

  test("a slip in a declaration is found when it is loaded", () => {
    expect(() => range("0..1")).toThrow('range "0..1" is not an interval such as "[0, inf)"');
    expect(() => range("[1, 0]")).toThrow("not an interval");
    expect(() => range("[a, 0]")).toThrow("not an interval");
  });
});
