import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNotebook } from "../../../src/notebook/read.ts";
import { accepted, snippets } from "../../support/snippets.ts";
import { cellFile, folderWith, makeTypes, Server } from "./server.ts";

let types: Awaited<ReturnType<typeof makeTypes>>;
const open = () => new Server(types.folder);

beforeAll(async () => {
  types = await makeTypes();
}, 60_000);
afterAll(() => types.remove());

describe("a cell", () => {
  test("sees the library, Node's names and what the notebook's other cells declare", () => {
    const server = open();
    const [a, b] = server.notebook(
      "/n/a.dlnb",
      "const width = 16; const net = nn.linear(width); function half(n: number) { return n / 2; }",
      'console.log(half(width), net.type, process.version, await fetch("x"), Buffer.from("x"));',
    ) as [string, string];
    expect([...server.errors(a), ...server.errors(b)]).toEqual([]);
    expect(server.hover(b, "net|")).toBe("const net: Layer");
    expect(server.hover(b, "half|(1)")).toBe("function half(n: number): number");
  });

  test("does not see another notebook's names, and plain files see no cell's", () => {
    const server = open();
    server.notebook("/n/a.dlnb", "const width = 16;");
    const [other] = server.notebook("/n/b.dlnb", "width") as [string];
    expect(server.errors(other)).toEqual(["width: Cannot find name 'width'."]);
    expect(server.completions(other, "wid|").map(({ name }) => name)).not.toContain("width");
    server.write("/n/plain.ts", "export const x = optim.sgd();");
    expect(server.service.getSemanticDiagnostics("/n/plain.ts").map(({ code }) => code)).toEqual([2304]);
  });

  test("that declares a name again gives those behind it the newer type", () => {
    const server = open();
    const [, two, three, four] = server.notebook("/n/a.dlnb", "const x = 1;", "x", 'const x = "s";', "x") as [
      string,
      string,
      string,
      string,
    ];
    expect(server.hover(two, "x|")).toBe("const x: 1");
    expect(server.hover(four, "x|")).toBe('const x: "s"');
    server.write(three, "const x = [true];");
    expect(server.hover(four, "x|")).toBe("const x: boolean[]");
    expect(server.errors(three)).toEqual([]);
  });

  test("may use in a function what a later cell declares", () => {
    const server = open();
    const [one] = server.notebook("/n/a.dlnb", "const later = () => size * 2;", "const size = 3;") as [string];
    expect(server.errors(one)).toEqual([]);
  });

  test("stands where the editor says that it stands", () => {
    const server = open();
    const [, two, three] = server.notebook("/n/a.dlnb", "const x = 1;", "x", 'const x = "s";') as [
      string,
      string,
      string,
    ];
    server.arrange("/n/a.dlnb", [three, cellFile("/n/a.dlnb", 0), two]);
    expect(server.hover(two, "x|")).toBe("const x: 1");
    server.arrange("/n/a.dlnb", [cellFile("/n/a.dlnb", 0), three, two]);
    server.write(two, "x ");
    expect(server.hover(two, "x|")).toBe('const x: "s"');
  });

  test("awaits at its top level, and sets what another declares with let", () => {
    const server = open();
    const [, two] = server.notebook(
      "/n/a.dlnb",
      "let best = 0; const fixed = 1;",
      "best = await Promise.resolve(3); best += 1; for await (const x of [best]) console.log(x);",
    ) as [string, string];
    expect(server.errors(two)).toEqual([]);
    server.write(two, "fixed = 2");
    expect(server.errors(two)).toEqual(["fixed: Cannot assign to 'fixed' because it is a constant."]);
  });

  test("imports Node's modules, files beside the notebook and the library by its name", () => {
    const folder = folderWith({ "helper.ts": "export const twice = (n: number): number => 2 * n;" });
    const server = open();
    const [one, two] = server.notebook(
      join(folder, "a.dlnb"),
      'import { readFileSync } from "node:fs";\nimport { twice } from "./helper.ts";\nimport { nn as layers } from "dlnb";\ntwice("a"); layers.relu();',
      "readFileSync(twice(1))",
    ) as [string, string];
    expect(server.errors(one)).toEqual([
      "\"a\": Argument of type 'string' is not assignable to parameter of type 'number'.",
    ]);
    expect(server.errors(two)).toEqual([]);
    server.write(one, 'import { none } from "./missing.ts";');
    expect(server.errors(one)).toEqual([
      "\"./missing.ts\": Cannot find module './missing.ts' or its corresponding type declarations.",
    ]);
    rmSync(folder, { recursive: true });
  });

  test("of an untitled notebook has its types", () => {
    const server = open();
    const file = cellFile("Untitled-1.dlnb", 0, "untitled");
    server.write(file, 'const n: number = "a";');
    expect(server.errors(file)).toEqual(["n: Type 'string' is not assignable to type 'number'."]);
  });

  test("of another kind of notebook is left to the server", () => {
    const server = open();
    const file = cellFile("/n/other.ipynb", 0);
    server.write(file, "optim.sgd(");
    expect(server.errors(file)).toEqual([": ')' expected."]);
    expect(server.service.getSemanticDiagnostics(file).map(({ code }) => code)).toEqual([2304]);
  });
});

describe("errors", () => {
  test("are where they are, in words that people know", () => {
    const server = open();
    const [one] = server.notebook("/n/a.dlnb", 'const a = 1;\nconst o = optim.adamw({ lr: "fast" });') as [string];
    expect(server.errors(one)).toEqual(["lr: Type 'string' is not assignable to type 'number'."]);
    server.write(one, "experiment({ model: optim.sgd() })");
    expect(server.errors(one)[0]).toContain("Type 'Optimizer'");
    server.write(one, "nn.linaer(3)");
    expect(server.errors(one)).toEqual(["linaer: nn has no 'linaer'. Did you mean 'linear'?"]);
  });

  test("of a cell follow what it uses, and go with it", () => {
    const server = open();
    const [one, two] = server.notebook("/n/a.dlnb", "const x = 1;", "x.toPrecision(2)") as [string, string];
    expect(server.errors(two)).toEqual([]);
    server.write(one, 'const x = "s";');
    expect(server.errors(two)).toEqual(["toPrecision: Property 'toPrecision' does not exist on type '\"s\"'."]);
    server.write(one, "const x = 2;");
    expect(server.errors(two)).toEqual([]);
    server.close(one);
    expect(server.errors(two)).toEqual(["x: Cannot find name 'x'."]);
  });

  test("of the types wait until the cell parses", () => {
    const server = open();
    const [one] = server.notebook("/n/a.dlnb", 'const x: number = "a"; nn.linear(') as [string];
    expect(server.errors(one)).toEqual([": ')' expected."]);
  });

  test("are none for a function of tensors that is given numbers, and for the options of what was made", () => {
    const server = open();
    const [one] = server.notebook(
      "/n/a.dlnb",
      "const f = (x: Tensor) => x.mul(2); f(tensor([1])); const o = optim.adam(); o.options.lr * 2;",
    ) as [string];
    expect(server.errors(one)).toEqual([]);
    server.write(one, 'const f = (x: Tensor) => x.mul(2); f("a");');
    expect(server.errors(one)).toHaveLength(1);
  });

  test("are none for missing annotations, last expressions and names declared again from themselves", () => {
    const server = open();
    const [one, two] = server.notebook(
      "/n/a.dlnb",
      "const f = (a, b) => a + b; const list = []; list.push(1); let later; later = f; list; later",
      "const list = list.map((n) => n + 1); list",
    ) as [string, string];
    expect([...server.errors(one), ...server.errors(two)]).toEqual([]);
  });
});

describe("what runs has no error:", () => {
  test.each([
    [
      "await within an expression and in loops",
      "for (const n of [1, 2]) { const x = await Promise.resolve(n); x.toFixed(); }",
    ],
    [
      "an object that is filled later",
      "const history = {}; history.loss = []; history.loss.push(1); for (const k in history) history[k];",
    ],
    ["a list that is filled later", "const all = []; for (let i = 0; i < 3; i++) all.push({ i }); all[0].i;"],
    [
      "functions without types",
      "function f(a, b = 2, ...rest) { return a * b + rest.length; } f(1); const g = (x) => x?.y ?? null; g({});",
    ],
    ["a variable that is set later, and var", "let best; var n = 1; var n = 2; if (n) best = n; best;"],
    ["what is caught", "try { JSON.parse('{'); } catch (error) { console.log(error.message); }"],
    [
      "classes with fields",
      "class Counter { n = 0; #secret = 1; static all = []; add() { this.n += this.#secret; return this; } } new Counter().add().n;",
    ],
    [
      "using",
      "using file = { [Symbol.dispose]() {} }; { await using other = { async [Symbol.asyncDispose]() {} }; other; } file;",
    ],
    [
      "Node's modules",
      "import { join } from 'node:path'; import fs from 'node:fs'; const { cpus } = await import('node:os'); cpus().length; fs.existsSync(join('a', 'b'));",
    ],
    [
      "what JSON and requests bring",
      "const found = JSON.parse('{}'); found.a.b; const got = await (await fetch('x')).json(); (got as { a: number }).a;",
    ],
    [
      "what is left out of a test part",
      "const sets = data.moons().split({ valid: 0.2 }); sets.test.x.shape; sets.valid.x.at(0, 0);",
    ],
    [
      "the library's values by destructuring",
      "const { adamw, sgd } = optim; const { linear } = nn; [adamw(), sgd({ lr: 1 })]; linear(3);",
    ],
    [
      "choices held in variables",
      "const optimizers = { sgd: optim.sgd({ lr: 0.1 }), adam: optim.adam() }; for (const [name, one] of Object.entries(optimizers)) console.log(name, one);",
    ],
    [
      "layers in lists and loops",
      "const layers = []; for (const width of [8, 4]) layers.push(nn.linear(width), nn.relu()); nn.sequential(...layers, nn.linear(2));",
    ],
    [
      "layers chosen by a condition",
      "const wide = true; nn.sequential(wide ? nn.linear(3) : nn.dropout(0.1), ...(wide ? [nn.relu()] : []));",
    ],
    [
      "a module of one's own",
      "const block = nn.module({ a: nn.linear(3), b: nn.linear(3) }, ({ a, b }, x) => a(x).relu().add(b(x))); nn.sequential(block);",
    ],
    [
      "tagged templates, generators, labels, bigint",
      "function* ids() { let i = 0n; while (true) yield i++; } outer: for (const a of ids()) { if (a > 3n) break outer; } String.raw`\\a`;",
    ],
    ["expressions by themselves", "1 + 1; [1, 2]; ({ a: 1 }); `text`; undefined; null; 5;"],
    ["a comparison and an assignment chain", "let a, b; a = b = 3; a > b && console.log(a); (a, b);"],
    [
      "types of one's own",
      "interface Row { x: number } type Rows = Row[]; const rows: Rows = []; rows satisfies Row[]; rows as unknown as string;",
    ],
    ["display and console", "display(3); await display(nn.relu()); console.table([{ a: 1 }]);"],
    [
      "timers and globals of Node",
      "setTimeout(() => {}, 1); process.env.HOME; structuredClone({}); performance.now(); new URL('a:b'); Buffer.from([1]);",
    ],
  ])("%s", (_, text) => {
    const server = open();
    const [one] = server.notebook("/n/a.dlnb", text) as [string];
    expect(server.errors(one)).toEqual([]);
  });
});

test.each([
  ["schedule.oneCylce({ maxLr: 1 })", "oneCylce: schedule has no 'oneCylce'. Did you mean 'oneCycle'?"],
  ["nn.liner(3)", "liner: nn has no 'liner'. Did you mean 'linear'?"],
  ["data\n  .csvv('x')", "csvv: data has no 'csvv'. Did you mean 'csv'?"],
  ["nn.linear()", "nn.linear(): Expected at least 1 argument, but got 0."],
  ["nn.linear('a')", "'a': Type 'string' is not assignable to type 'number'."],
  [
    "nn.linear(8, { init: 3 })",
    "init: Object literal may only specify known properties, and 'init' does not exist in type 'Options'.",
  ],
  ["nn.sequential(nn.linear(3), 5)", "nn.linear(3), 5: Type 'number' is not assignable to type 'Layer'."],
  ["const it = { a: 1 }; it.b", "b: Property 'b' does not exist on type '{ a: number; }'."],
])("the mistake in %s is told without types that fill a screen", (text, said) => {
  const server = open();
  const [file] = server.notebook("/n/a.dlnb", text) as [string];
  expect(server.errors(file)).toEqual([said]);
});

/** What stands in the cells of every notebook that comes with the library. */
const comes = ["examples", "media/templates"].flatMap((folder) => {
  const path = join(import.meta.dirname, "../../..", folder);
  const names = readdirSync(path).filter((name) => name.endsWith(".dlnb"));
  return names.map((name) => ({ name: `${folder}/${name}`, path: join(path, name) }));
});

test.each(comes)("$name has no type error", ({ path }) => {
  const server = open();
  const cells = readNotebook(readFileSync(path, "utf8")).cells.filter(({ kind }) => kind === "code");
  const files = server.notebook(path, ...cells.map(({ text }) => text));
  expect(files.length).toBeGreaterThan(1);
  expect(files.flatMap((file) => server.errors(file))).toEqual([]);
});

test("no snippet has a type error", { timeout: 60_000 }, () => {
  const server = open();
  const names = Object.keys(snippets);
  const before =
    "const exp = experiment({} as any); const run = await exp.fit(); const dataset = data.moons(); const sets = dataset.split({ valid: 0.2 });";
  const texts = names.map((name) => accepted(snippets[name] as (typeof snippets)[string]));
  const [, ...files] = server.notebook("/n/s.dlnb", before, ...texts);
  expect(files.flatMap((file, i) => server.errors(file).map((error) => `${names[i]}: ${error}`))).toEqual([]);
});
