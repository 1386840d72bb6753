import { describe, expect, test } from "vitest";
import { codeOf, declared, lastCall, trains } from "../../../src/notebook/cellCode.ts";

describe("code without what is not code", () => {
  test("keeps its positions and its lines", () => {
    const text = 'a; // one\nb("two"); /* three\nfour */ c(`fi\nve`); d(/si"x/);';
    const code = codeOf(text);
    expect(code.length).toBe(text.length);
    expect(code.split("\n").length).toBe(text.split("\n").length);
    expect(code.replaceAll(/\s+/g, " ")).toBe("a; b( ); c( ); d( );");
  });

  test("takes a division for what it is", () => {
    expect(codeOf("const a = b / c / d; x = y / 2 // half")).toBe("const a = b / c / d; x = y / 2        ");
  });

  test("bears half-written strings and comments", () => {
    expect(codeOf('f("half\ng()')).toBe("f(     \ng()");
    expect(codeOf("f() /* half").trim()).toBe("f()");
  });
});

describe("what a cell makes", () => {
  test.each([
    [
      "const make = (lr = 0.1) => experiment({ a: { lr } });\nconst expé = make(3);\nconst $b = await other(1);",
      [{ name: "expé", kind: "experiment", of: null, by: "make" }],
    ],
    [
      "function net(width) {\n  return experiment({ width });\n}\nconst exp = net(8);\nconst two = width(net);",
      [{ name: "exp", kind: "experiment", of: null, by: "net" }],
    ],
    [
      "const exp = experiment({});\nconst f = () => 1;\nconst x = f();",
      [{ name: "exp", kind: "experiment", of: null, by: null }],
    ],
    ["const exp = experiment({ data });", [{ name: "exp", kind: "experiment", of: null, by: null }]],
    ["let exp: Experiment = experiment({})", [{ name: "exp", kind: "experiment", of: null, by: null }]],
    ["exp = experiment({})", [{ name: "exp", kind: "experiment", of: null, by: null }]],
    [
      "const a = experiment({}), b = experiment({})",
      ["a", "b"].map((name) => ({ name, kind: "experiment", of: null, by: null })),
    ],
    ["const run =\n  await exp.fit({ epochs: 3 });", [{ name: "run", kind: "run", of: "exp", by: null }]],
    ['const run = exp.load("model.safetensors")', [{ name: "run", kind: "run", of: "exp", by: null }]],
    [
      "const exp = experiment({ a: { b: 1 } });\nconst run = await exp.fit();",
      [
        { name: "exp", kind: "experiment", of: null, by: null },
        { name: "run", kind: "run", of: "exp", by: null },
      ],
    ],
  ])("%s", (text, made) => {
    expect(declared(text)).toEqual(made);
  });

  test.each([
    "// const exp = experiment({})",
    'const text = "const exp = experiment({})"',
    "const make = () => experiment({})",
    "function make() {\n  const inner = experiment({});\n}",
    "await exp.fit()",
    "const experimental = experiments(3)",
    "",
  ])("is nothing of a name: %s", (text) => {
    expect(declared(text)).toEqual([]);
  });
});

test("training is seen in code and not in words", () => {
  expect(trains("const run = await exp.fit()")).toBe(true);
  expect(trains("// then exp.fit()")).toBe(false);
});

test("the last awaited call is found, and on what it is called", () => {
  expect(lastCall("const a = 1;\nawait exp.preflight();\n// await nothing")).toEqual({ line: 1, on: "exp" });
  expect(lastCall("const run = await exp.fit();\nawait run.inspect\n  .gradients()")).toEqual({ line: 1, on: "run" });
  expect(lastCall("1 + 1")).toBe(null);
});
