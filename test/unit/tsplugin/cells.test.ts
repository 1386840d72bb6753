import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readNotebook } from "../../../src/notebook/read.ts";
import { cellFile, example, folderWith, makeTypes, Server } from "./server.ts";

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
    expect(server.errors(one)[0]).toContain("linaer: Property 'linaer' does not exist");
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

test.each(readdirSync(join(import.meta.dirname, "../../../examples")).filter((name) => name.endsWith(".dlnb")))(
  "the example %s has no type error",
  (name) => {
    const server = open();
    const folder = join(import.meta.dirname, "../../../examples");
    const cells = readNotebook(example(name)).cells.filter(({ kind }) => kind === "code");
    const files = server.notebook(join(folder, name), ...cells.map(({ text }) => text));
    expect(files.flatMap((file) => server.errors(file))).toEqual([]);
  },
);
