import { beforeAll, describe, expect, test } from "vitest";
import { rewrite } from "../../../engine/kernel/cells/rewrite.ts";
import { loadStripper } from "../../../engine/kernel/cells/strip.ts";
import { digestOf, usesOf } from "../../../engine/kernel/cells/uses.ts";

beforeAll(loadStripper);

const of = (text: string) => usesOf(rewrite(text).program);

describe("a cell uses", () => {
  test.each([
    ["what its statements read", "const b = a + c.d.e; f(g)", ["a", "c", "f", "g"]],
    ["no name that it declares, wherever that stands", "use(x); const x = 1; function use(v) { return v + y }", ["y"]],
    [
      "what its functions read when they are called later",
      "const f = () => { const local = 1; return local * scale }",
      ["scale"],
    ],
    [
      "no parameters, with defaults and patterns read",
      "const f = ({ a, b: [c = d] }, ...rest) => a + c + rest.length",
      ["d"],
    ],
    ["the name that a block shadows, outside of the block", "{ const x = 1; x } x", ["x"]],
    ["the name that a function shadows, outside of it", "const f = (x) => x; f(x)", ["x"]],
    ["no let of a block above its declaration", "{ g(); let y = 1; function g() { return y } }", []],
    ["no var of a nested block or loop", "if (on) { var v = 1 } for (var i = 0; i < 2; i++) v", ["on"]],
    [
      "no names of loops",
      "for (const [k, v] of entries) k + v; for (let i = 0, n = m; i < n; i++) i; k",
      ["entries", "m", "k"],
    ],
    ["no labels", "outer: for (;;) { break outer }", []],
    [
      "no keys and members, unless computed",
      "const o = { key: 1, [dyn]: 2, short, m() { return key2 } }; o.member; o[index]",
      ["dyn", "short", "key2", "index"],
    ],
    [
      "no types",
      "const x: Foo<Bar> = y as Baz; function f(a: A): B { return a satisfies C }; type T = typeof z",
      ["y"],
    ],
    [
      "what a class reads",
      "class A extends B { static s = t; #p = q; [k] = 1; m() { return this.#p + A.s + r } }",
      ["B", "t", "q", "k", "r"],
    ],
    [
      "no name of a function expression inside it",
      "const f = function rec(n) { return rec(n - 1) + arguments.length }",
      [],
    ],
    ["no error that it catches", "try { a() } catch ({ message }) { message } finally { b }", ["a", "b"]],
    ["no names that it imports", "import x, { y as z } from 'm'; x(z, y)", ["y"]],
    ["what templates and tags read", "`\x24{a} \x24{(() => b)()}`; tag`x`", ["a", "b", "tag"]],
    ["what an arm of a switch reads", "switch (kind) { case one: let q = 1; break; default: q }", ["kind", "one"]],
    ["what it changes within", "exp.config.x = 1; list.push(2); o[i]++; delete p.q", ["exp", "list", "o", "i", "p"]],
    [
      "what it waits for",
      "const r = await exp.fit(); for await (const x of s) x; await using h = open()",
      ["exp", "s", "open"],
    ],
    ["no meta property", "import.meta.url; function F() { return new.target }", []],
    ["the value of a destructured assignment's defaults", "({ a = d, [k]: b.c } = o)", ["d", "k", "b", "o"]],
  ])("%s", (_, text, uses) => {
    expect(of(text).uses).toEqual(uses);
  });

  test.each([
    ["x = 1", [], ["x"]],
    ["x += y", ["x", "y"], ["x"]],
    ["n++", ["n"], ["n"]],
    ["[a, b.c, { d: [e] }] = f", ["b", "f"], ["a", "e"]],
    ["({ a, ...b } = c)", ["c"], ["a", "b"]],
    ["for (k of list) k", ["list", "k"], ["k"]],
    ["const f = () => { total = 0 }", [], ["total"]],
    ["let own = 1; own = 2; (() => { let x; x = 1 })()", [], []],
  ])("and sets, in %j", (text, uses, assigns) => {
    expect(of(text)).toEqual({ uses, assigns });
  });
});

test("the digest of a cell is of what it computes", () => {
  const digest = (text: string) => digestOf(rewrite(text).program);
  const plain = digest("const a = f('x', 1000)");
  expect(digest('// why\nconst a: Foo = f(\n  "x", // here\n  1e3,\n);')).toBe(plain);
  expect(digest("const a = f('x', 1001)")).not.toBe(plain);
  expect(digest("let a = f('x', 1000)")).not.toBe(plain);
  expect(digest("const a = f(`x`, 1000)")).not.toBe(plain);
  expect(digest("const r = /a/g, n = 1n")).not.toBe(digest("const r = /a/i, n = 1n"));
  expect(digest("const n = 1n")).not.toBe(digest("const n = 2n"));
});
