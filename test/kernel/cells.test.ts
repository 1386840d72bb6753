import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testKernel } from "../support/kernel.ts";

describe("names", () => {
  test("persist across cells, and closures of earlier cells see what later cells make of them", async () => {
    const { value, run } = await testKernel();
    await run(
      "const base: number = 1; let factor = 2\nfunction scaled(x: number) { return helper(x) * factor + base }",
    );
    await run("const helper = (x: number) => x");
    expect(await value("scaled(10)")).toBe("21");
    await run("factor = 3");
    expect(await value("scaled(10)")).toBe("31");
    await run("const base = 100; const { factor, ...rest } = { factor: 1, a: 2 }");
    expect(await value("[scaled(10), rest.a, helper.name]")).toBe("[ 110, 2, 'helper' ]");
  });

  test("that the runtime itself uses may be taken by a notebook", async () => {
    const { value, run } = await testKernel();
    await run("const performance = 5, process = 'p'; let window = 3; const data = [1]");
    expect(await value("[performance, process, window, data]")).toBe("[ 5, 'p', 3, [ 1 ] ]");
    await run("window += 1");
    expect(await value("[window, typeof globalThis.performance]")).toBe("[ 4, 'object' ]");
  });

  test("keep their constancy and are listed with their types", async () => {
    const { run, process } = await testKernel();
    await run("const a = 1; class K {}; let t = tensor([1, 2])");
    expect((await run("a = 2")).error).toMatchObject({
      name: "TypeError",
      message: 'cannot assign to "a": it is a constant',
    });
    const { variables } = await process.request("variables", {});
    expect(variables.map(({ name, type }) => `${name}: ${type}`)).toEqual(["a: number", "K: class", "t: Tensor 2 f32"]);
  });
});

describe("what a cell shows", () => {
  test("is its last expression, awaited, and nothing for undefined", async () => {
    const { value, events, run } = await testKernel();
    expect(await value("1 + 1")).toBe("2");
    expect(await value("Promise.resolve({ a: [1] });")).toBe("{ a: [ 1 ] }");
    expect(await value("'text'")).toBe("'text'");
    const before = events.filter(({ event }) => event === "output").length;
    await run("undefined");
    await run("const x = 1");
    expect(events.filter(({ event }) => event === "output")).toHaveLength(before);
  });

  test("may be rich, and display() shows more than one value", async () => {
    const { run, events } = await testKernel();
    await run("display(1); ({ [Symbol.for('dlnb.display')]: () => [{ mime: 'text/html', data: '<b>x</b>' }] })");
    const outputs = events.flatMap((e) => (e.event === "output" ? [e.output.items.map(({ mime }) => mime)] : []));
    expect(outputs).toEqual([["text/plain"], ["text/html", "text/plain"]]);
  });

  test("comes in the order in which it was printed", async () => {
    const { run, events, printed } = await testKernel();
    await run(
      "console.log('a', { b: 1 }); console.error('e'); display(1); process.stdout.write('raw'); console.table([{ c: 2 }]); undefined",
    );
    const order = events.flatMap((e) => (e.event === "text" ? [e.stream] : e.event === "output" ? ["output"] : []));
    expect(order).toEqual(["stdout", "stderr", "output", "stdout"]);
    expect(printed()).toMatch(/^a \{ b: 1 \}\ne\nraw┌/);
  });

  test("is bounded, however much a loop displays", async () => {
    const { run, events, printed } = await testKernel();
    await run("for (let i = 0; i < 2000; i++) display(i); undefined");
    expect(events.filter(({ event }) => event === "output")).toHaveLength(500);
    expect(printed()).toMatch(/at most 500 outputs/);
  });

  test("of tensors reads like numbers", async () => {
    const { run, printed } = await testKernel();
    await run("console.log(tensor([[1, 2], [3, 4]]))");
    expect(printed()).toContain("[3., 4.]");
  });
});

describe("errors", () => {
  test("name the line and column of the cell, and frames of user code only", async () => {
    const { run } = await testKernel();
    await run("function fail(): never {\n  throw new TypeError('oops')\n}");
    const { error } = await run("const a: number = 1\n\n  fail()");
    expect(error).toEqual({
      name: "TypeError",
      message: "oops",
      line: 3,
      column: 3,
      stack: "at fail (cell 1:2:9)\nat cell 2:3:3",
      cells: { 1: "cell1", 2: "cell2" },
    });
    await run("const lerningRate = 1");
    expect((await run("learningRate")).error?.remedy).toBe("did you mean lerningRate?");
    expect((await run("await null\nawait (async () => { await null; nosuch })()")).error).toMatchObject({
      line: 2,
      column: 34,
    });
    expect((await run("const z = 1; nosuch()")).error).toMatchObject({ line: 1, column: 14 });
    expect((await run("\nnosuch()")).error).toMatchObject({ line: 2, column: 1 });
    expect((await run("optim.adam({ lr: -1 })")).error).toMatchObject({ name: "ConfigError", line: 1 });
    expect((await run("let x = 1\nx.\n")).error).toMatchObject({ name: "SyntaxError", line: 2 });
  });

  test("in what a cell throws besides errors are told as they are", async () => {
    const { run } = await testKernel();
    expect((await run("throw { code: 5 }")).error).toMatchObject({ message: "{ code: 5 }" });
    expect((await run("throw new Error('outer', { cause: new Error('inner') })")).error?.message).toBe(
      "outer\ncaused by Error: inner",
    );
    expect((await run("function f(): any { return f() }\nf()")).error).toMatchObject({ name: "RangeError" });
  });

  test("that nobody waits for are shown under their cell, and the kernel goes on", async () => {
    const { run, seen, value } = await testKernel();
    await run("Promise.reject(new Error('stray')); setTimeout(() => { throw new Error('late') }, 1); 0", "guilty");
    const stray = await seen((e) => e.event === "text" && e.text.includes("stray"));
    const late = await seen((e) => e.event === "text" && e.text.includes("late"));
    expect(stray).toMatchObject({ cell: "guilty", stream: "stderr" });
    expect(late).toMatchObject({ cell: "guilty", stream: "stderr" });
    expect(await value("1")).toBe("1");
  });

  test("keep what the cell declared before them", async () => {
    const { run, value } = await testKernel();
    await run("const before = 1; throw new Error('x')");
    expect(await value("before")).toBe("1");
    expect((await run("process.exit(1)")).error?.message).toMatch(/would end the kernel/);
  });

  test("shows an error that it prints with its own frames only", async () => {
    const { value } = await testKernel();
    await value("function fail() {\n  return new Error('kept');\n}");
    expect(await value("fail()")).toBe("Error: kept\n    at fail (cell 1:2:10)\n    at cell 2:1:1");
  });

  test("cannot take the kernel's own input away: a cell's stdin is empty", async () => {
    const { value } = await testKernel();
    expect(
      await value("process.stdin.read(); let lines = 0; for await (const _ of process.stdin) lines++; lines"),
    ).toBe("0");
    for (const n of ["1", "2", "3"]) expect(await value(n)).toBe(n);
  });

  test("point at the cell's line for what a file holds, and for examples that do not fit a run", async () => {
    const { run } = await testKernel({ files: { "a.csv": "a,y\n1,0\n2,1\nx,1\n", "b.csv": "a,y\n1,0\n2,1\n" } });
    expect((await run('// one\nconst set = await data.csv("a.csv", { target: "y" });')).error).toMatchObject({
      line: 2,
      message:
        'a.csv, line 4, column "a": "x" is not a number; mend it, leave the column out, or read it as categories: ["a"]',
    });
    expect((await run('\n\nawait data.csv("a.csv", { target: "z" })')).error).toMatchObject({
      name: "DataError",
      line: 3,
    });
    await run(`const exp = experiment({
      data: await data.csv("b.csv", { target: "y" }), model: nn.linear(2), loss: loss.crossEntropy(), optimizer: optim.sgd(), batchSize: 2,
    });
    const trained = await exp.fit({ steps: 1 });`);
    expect((await run("\nawait trained.predict(tensor([[1, 2]]))")).error).toMatchObject({
      name: "ShapeError",
      line: 2,
    });
    expect((await run('await trained.save(".")')).error?.message).toMatch(/it is a folder; give the name of a file/);
  });
});

describe("imports", () => {
  test("bring local TypeScript, JSON, built-in modules, packages of the folder and the library", async () => {
    const kernel = await testKernel({
      files: {
        "helper.ts":
          "import { half } from './half';\nexport const four: number = 4;\nexport default half(four);\nexport type T = 1;\n",
        "half.ts": "export const half = (x: number) => x / 2;\n",
        "config.json": '{ "lr": 0.1 }',
      },
    });
    const pack = join(kernel.folder, "node_modules", "pack");
    mkdirSync(pack, { recursive: true });
    writeFileSync(join(pack, "package.json"), '{ "name": "pack", "main": "index.cjs" }');
    writeFileSync(join(pack, "index.cjs"), "exports.packed = 7");
    expect(
      await kernel.value(
        "import two, { four, type T } from './helper.ts'\nimport config from './config.json'\nimport * as os from 'node:os'\n" +
          "import { packed } from 'pack'\nimport { nn } from 'dlnb'\n[two, four, config.lr, typeof os.cpus, packed, nn === globalThis.nn]",
      ),
    ).toBe("[ 2, 4, 0.1, 'function', 7, true ]");
    expect(await kernel.value("(await import('./half')).half(two)")).toBe("1");
  });

  test("of files that changed, or whose imports did, are loaded anew", async () => {
    const kernel = await testKernel({
      files: { "a.ts": "export { b } from './b.ts';\nexport const id = {};\n", "b.ts": "export const b = 1;\n" },
    });
    const cell = "import { b, id } from './a.ts'\nb";
    expect(await kernel.value(`${cell}`)).toBe("1");
    await kernel.run("const first = id");
    expect(await kernel.value(`${cell}; id === first`)).toBe("true");
    writeFileSync(join(kernel.folder, "b.ts"), "export const b = 22;\n");
    expect(await kernel.value(cell)).toBe("22");
  });

  test("that fail say what is missing and how to mend it, at the line", async () => {
    const { run, folder, value } = await testKernel({
      files: { "bad.ts": "\nenum A { a }\n", "good.ts": "export const good = 1;\n" },
    });
    const errorOf = async (text: string) => (await run(text)).error;
    expect(await errorOf("1\nimport x from 'no-such-package'")).toMatchObject({
      line: 2,
      message: `cannot find the package "no-such-package" from ${folder}; install it there: npm install no-such-package`,
    });
    expect((await errorOf("import x from './nowhere.ts'"))?.message).toMatch(/^cannot find .*nowhere\.ts/);
    expect((await errorOf("import { god } from './good.ts'"))?.message).toMatch(/no export "god".*; it exports good/);
    expect((await errorOf("import good from './good.ts'"))?.message).toMatch(/no default export/);
    expect((await errorOf("import './bad.ts'"))?.message).toMatch(/^bad\.ts, line 2: enum is not erasable/);
    writeFileSync(join(folder, "bad.ts"), "export const mended = 2;\n");
    expect(await value("import { mended } from './bad.ts'\nmended")).toBe("2");
  });
});

test("overrides replace a name's first declaration, in the cell that has it", async () => {
  const { value, run } = await testKernel({ overrides: { lr: 0.5, name: "x" } });
  await run("const lr = nosuch(), other = 1", "first");
  expect(await value("[lr, other]")).toBe("[ 0.5, 1 ]");
  await run("const lr = 2", "second");
  expect(await value("lr")).toBe("2");
});

test("check finds problems and names without running anything", async () => {
  const { process, value } = await testKernel();
  expect(await process.request("check", { cell: "a", text: "globalThis.ran = 1\nconst b = c" })).toEqual({
    problems: [],
    declares: [{ name: "b", line: 2 }],
    uses: ["globalThis", "c"],
    assigns: [],
    digest: expect.stringMatching(/^[\w-]{22}$/),
  });
  const { problems } = await process.request("check", { cell: "a", text: "enum A {}" });
  expect(problems).toMatchObject([{ line: 1, severity: "error" }]);
  expect(await value("typeof globalThis.ran")).toBe("'undefined'");
});
