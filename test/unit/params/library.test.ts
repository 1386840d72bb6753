import { inspect } from "node:util";
import { expect, expectTypeOf, test } from "vitest";
import { instance, isInstance, library, num, required } from "../../../engine/params/index.ts";

const all = {
  adam: { summary: "Adam.", params: { lr: num(1e-3, "[0, inf)", "Step size.") } },
  constant: { summary: "One number.", positional: "value", params: { value: num(required, "(-inf, inf)", "It.") } },
  conv: {
    summary: "A kernel.",
    positional: "channels",
    params: { channels: num(required, "[1, inf)", "How many."), size: num(required, "[1, inf)", "How large.") },
  },
} as const;
const optim = library("optimizer", all);

test("an instance is its name and all its options, and prints as that", () => {
  const adam = optim.adam({ lr: 0.1 });
  expect(adam).toEqual({ type: "adam", options: { lr: 0.1 } });
  expect(inspect(adam)).toBe("{ type: 'adam', options: { lr: 0.1 } }");
  expect(adam.definition).toBe(all.adam);
  expect(optim.adam().options.lr).toBe(1e-3);
});

test("a positional option comes first", () => {
  expect(optim.constant(3).options).toEqual({ value: 3 });
  expect(optim.constant({ value: 3 }).options).toEqual({ value: 3 });
  expectTypeOf(optim.constant).parameter(0).toExtend<number | { value: number }>();
  expect(() => (optim.constant as () => unknown)()).toThrow("constant: value is missing");
  expect(() => (optim.constant as (...a: unknown[]) => unknown)(1, 2)).toThrow(
    "constant: takes value alone; write constant(1)",
  );
  const conv = (...a: unknown[]) => (optim.conv as (...a: unknown[]) => unknown)(...a);
  expect(() => conv(8, 3)).toThrow("conv: takes channels and an object of options; write conv(8, { size: 3 })");
  expect(() => conv(8, [3, 3])).toThrow("write conv(8, { size: ... })");
  expect(() => conv(8, 3, { pad: 1 })).toThrow("write conv(8, { size: 3 })");
  expect(conv({ channels: 8, size: 3 })).toEqual(conv(8, { size: 3 }));
});

test("an unknown name says which is near", () => {
  expect(() => (optim as Record<string, unknown>).adamm).toThrow('no optimizer "adamm"; did you mean "adam"?');
});

test("too many arguments are refused", () => {
  expect(() => (optim.adam as (...a: unknown[]) => unknown)({}, {})).toThrow("adam: takes options, not 2 arguments");
});

test("instances are known by their definition", () => {
  expect(isInstance(all, optim.adam())).toBe(true);
  expect(isInstance(all, instance("adam", { ...all.adam }, {}))).toBe(false);
  expect(isInstance(all, { type: "adam" })).toBe(false);
  expect(isInstance(all, undefined)).toBe(false);
});
