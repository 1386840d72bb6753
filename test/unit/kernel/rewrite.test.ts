import { beforeAll, describe, expect, test } from "vitest";
import { CellSyntaxError } from "../../../engine/kernel/cells/problem.ts";
import { rewrite } from "../../../engine/kernel/cells/rewrite.ts";
import { loadStripper } from "../../../engine/kernel/cells/strip.ts";

beforeAll(loadStripper);

const problemOf = (text: string) => {
  try {
    rewrite(text);
  } catch (error) {
    if (error instanceof CellSyntaxError) return error.problem;
    throw error;
  }
  throw new Error(`no problem in ${text}`);
};

describe("a rewritten cell", () => {
  test.each([
    ["const a = 1; let b, c = 2", ["a", "b", "c"]],
    ["const { a, b: [c = 1, ...d], ...e } = o", ["a", "c", "d", "e"]],
    ["function f() { const inner = 1 }\nclass K {}\nasync function* g() {}", ["f", "K", "g"]],
    ["import a, { b as c, type T } from 'm'\nimport * as ns from 'n'\nimport 'side'", ["a", "c", "ns"]],
    ["import type { T } from 'm'\ninterface I {}\ntype U = 1\ndeclare const z: number", []],
    ["for (const i of [1]) { var v = i }", []],
  ])("declares the top-level names of %j", (text, names) => {
    expect(rewrite(text).declares.map(({ name }) => name)).toEqual(names);
  });

  test.each([
    "const x: number = 1",
    "let { a, b: [c = 2], ...rest } = o, q",
    "f();function f(n: number) { return n }",
    "const a = 1;function f(){}a",
    "for (;;) await x",
    "for await (const a of b) await (await (c))",
    "while (1) for (;;) if (a) b(); else do c(); while (d)",
    "label: for (const k in o) continue label",
    "let a = (await f()), b = async () => await a, c = function () {}, d = class {}",
    "const [x, [y]] = await z\n;(x)",
    "tag`a` + `b`",
    "({ a: 1 })\n;",
    "(1, 2) // c",
    "await import('x'), import.meta.url",
    "'use strict'",
    "// only a comment",
    "",
  ])("of %j is a script", (text) => {
    expect(() => new Function(`return ${rewrite(text).code}`)).not.toThrow();
  });

  test("keeps the position of every word of the cell", () => {
    const text = [
      "import { alpha } from 'm'",
      "const { beta, gamma: [delta = epsilon()] } = await zeta(eta)",
      "async function theta(iota: number): Promise<string[]> {",
      "  for (const kappa of lambda) await mu(kappa)",
      "  return [nu]",
      "}",
      "(await theta(xi)).omicron",
    ].join("\n");
    const { code, original } = rewrite(text);
    const lines = text.split("\n");
    // names of declarations and imports are written anew
    for (const word of ["epsilon", "zeta", "eta", "lambda", "mu", "nu", "xi", "omicron"]) {
      const at = new RegExp(`\\b${word}\\b`).exec(code)?.index ?? -1;
      const before = code.slice(0, at).split("\n");
      const place = original(before.length, (before.at(-1)?.length ?? 0) + 1);
      expect(lines[(place?.line ?? 0) - 1]?.slice((place?.column ?? 0) - 1), word).toMatch(new RegExp(`^${word}\\b`));
    }
  });

  test("takes an override in place of the initializer, whatever that was", () => {
    const { code } = rewrite("const lr = f(await g()), n = 1\nlet m", new Set(["lr", "m"]));
    expect(code).toContain('$dlnb.constant.lr = $dlnb.override("lr")');
    expect(code).toContain("$dlnb.constant.n = 1");
    expect(code).toContain('$dlnb.variable.m=$dlnb.override("m")');
  });
});

describe("a cell that is not erasable TypeScript", () => {
  test.each([
    [
      "const a = 1\nenum Mode { a }",
      2,
      1,
      "enum is not erasable; write `const Mode = { a: 0, b: 1 } as const` instead",
    ],
    ["namespace N { export const a = 1 }", 1, 1, /^namespace is not erasable; write `const N = /],
    [
      "class A {\n  constructor(private x: number) {}\n}",
      2,
      23,
      /^parameter properties are not erasable; declare the field/,
    ],
    ["class A { @log m() {} }", 1, 11, /^decorators are not erasable; call the function/],
    ["const a = <number>b", 1, 11, "`<T>value` is not erasable; write `value as T` instead"],
    ["import fs = require('fs')", 1, 1, /is not erasable; write `import x from "x"` instead/],
    ["export const a = 1", 1, 1, /^`export` has no use in a cell/],
    ["let a: = 1", 1, 8, /^unexpected token `=`$/],
    ["let a = 1\nlet a = 2", 2, 5, /already been declared/],
    ["return 1", 1, 1, /return/],
    ["const s = 'abc", 1, 11, /unterminated string/],
  ])("%j is refused where it stands, with the way out", (text, line, column, message) => {
    const problem = problemOf(text);
    expect(problem).toMatchObject({ line, column, severity: "error" });
    if (typeof message === "string") expect(problem.message).toBe(message);
    else expect(problem.message).toMatch(message);
  });
});
