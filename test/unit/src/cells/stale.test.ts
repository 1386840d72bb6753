import { beforeAll, describe, expect, test } from "vitest";
import { rewrite } from "../../../../engine/kernel/cells/rewrite.ts";
import { loadStripper } from "../../../../engine/kernel/cells/strip.ts";
import { digestOf, usesOf } from "../../../../engine/kernel/cells/uses.ts";
import { type Code, History, planOf, type Stale, staleCells } from "../../../../src/cells/stale.ts";

beforeAll(loadStripper);

function codeOf(text: string): Code {
  const { declares, program } = rewrite(text);
  return { declares: declares.map(({ name }) => name), ...usesOf(program), digest: digestOf(program) };
}

/** A notebook whose cells are known by their first place, from 1, and a kernel in which nothing happens but the bookkeeping. */
class Book {
  readonly history = new History();
  readonly cells: { key: string; text: string }[];
  readonly #ran = new Map<string, string>();
  #order = 0;

  constructor(...texts: string[]) {
    this.cells = texts.map((text, i) => ({ key: String(i + 1), text }));
  }

  run(...keys: number[]): this {
    for (const key of keys.length > 0 ? keys.map(String) : this.cells.map(({ key }) => key)) this.#run(key, true);
    return this;
  }

  fail(key: number): this {
    this.#run(String(key), false);
    return this;
  }

  edit(key: number, text: string): this {
    (this.cells.find((cell) => cell.key === String(key)) as { text: string }).text = text;
    return this;
  }

  delete(key: number): this {
    this.cells.splice(
      this.cells.findIndex((cell) => cell.key === String(key)),
      1,
    );
    return this;
  }

  #run(key: string, ok: boolean): void {
    const { text } = this.cells.find((cell) => cell.key === key) as { text: string };
    this.#ran.set(key, text);
    this.history.add(key, { order: ++this.#order, ok, code: codeOf(text) });
  }

  now() {
    return this.cells.map(({ key, text }, i) => {
      const code = codeOf(text);
      const ran = this.#ran.get(key);
      return { key, index: i + 1, code, changed: ran !== undefined && codeOf(ran).digest !== code.digest };
    });
  }

  get stale(): Record<string, string> {
    const words = ([key, stale]: [string, Stale]) => [
      key,
      [stale.why, "name" in stale ? stale.name : "", "by" in stale ? `by ${stale.by}` : ""].filter(Boolean).join(" "),
    ];
    return Object.fromEntries([...staleCells(this.now(), this.history)].map(words));
  }

  plan(...wanted: number[]): string {
    const keys = wanted.length > 0 ? wanted.map(String) : Object.keys(this.stale);
    return planOf(keys, this.now(), this.history).join(" ");
  }
}

const chain = () =>
  new Book(
    "const sets = data.blobs()",
    "const exp = experiment({ data: sets })",
    "const run = await exp.fit()",
    "lone()",
  );

describe("a cell is stale", () => {
  test("when its own text changed, and fresh again when it is changed back; layout and comments are no change", () => {
    const book = chain().run();
    expect(book.stale).toEqual({});
    book.edit(4, "lone( ) // why");
    expect(book.stale).toEqual({});
    book.edit(4, "other()");
    expect(book.stale).toEqual({ 4: "changed" });
    book.edit(4, "lone()");
    expect(book.stale).toEqual({});
  });

  test("when what it uses was defined again, with all that follows from it", () => {
    const book = chain().run().run(1);
    expect(book.stale).toEqual({ 2: "redefined sets by 1", 3: "source stale exp by 2" });
    book.run(2);
    expect(book.stale).toEqual({ 3: "redefined exp by 2" });
    book.run(3);
    expect(book.stale).toEqual({});
  });

  test("when a cell that it depends on was edited", () => {
    const book = chain().run().edit(1, "const sets = data.moons()");
    expect(book.stale).toEqual({ 1: "changed", 2: "source changed sets by 1", 3: "source stale exp by 2" });
  });

  test("when what it uses was deleted, or has another name now", () => {
    const book = chain().run().delete(2);
    expect(book.stale).toEqual({ 3: "gone exp" });
    const renamed = chain().run().edit(2, "const experiment2 = experiment({ data: sets })");
    expect(renamed.stale).toEqual({ 2: "changed", 3: "gone exp" });
    expect(renamed.run(2).stale).toEqual({ 3: "gone exp" });
  });

  test("when the cell that defines what it uses failed since", () => {
    expect(chain().run().fail(2).stale).toEqual({ 3: "failed exp by 2" });
  });

  test("when it failed for want of a name that is there now", () => {
    const book = new Book("use(late)", "const late = 1").fail(1).run(2);
    expect(book.stale).toEqual({ 1: "redefined late by 2" });
    expect(book.run(1).stale).toEqual({});
  });

  test("when a name that it uses was set to another value above", () => {
    const book = new Book("let lr = 1", "lr = 2", "use(lr)").run();
    expect(book.stale).toEqual({});
    expect(book.run(2).stale).toEqual({ 3: "redefined lr by 2" });
    expect(book.run(3).run(1).stale).toEqual({ 3: "redefined lr by 1" });
  });
});

describe("no cell is stale", () => {
  test.each([
    ["that ran with all others, from first to last", chain()],
    ["where names are defined twice", new Book("const run = 1", "show(run)", "const run = 2", "show(run)")],
    ["where a name is set below", new Book("let best = 0", "show(best)", "best = 1", "show(best)")],
    [
      "where functions call functions of cells below",
      new Book("function f() { return g() }", "function g() {}", "f()"),
    ],
    ["where functions call one another", new Book("const f = () => g()", "const g = () => f()", "f()")],
    ["where a cell counts up", new Book("let n = 0", "n += 1", "n += 1", "show(n)")],
    ["where values change within", new Book("const list = []", "list.push(1)", "list.push(2)", "show(list)")],
  ])("%s", (_, book) => {
    expect(book.run().stale).toEqual({});
    expect(book.run().stale).toEqual({});
  });

  test("that never ran", () => {
    expect(chain().run(1).run(1).stale).toEqual({});
  });
});

test("what a function reads when it is called counts for the cell that calls it", () => {
  const book = new Book("const f = () => g()", "const g = () => 1", "show(f())").run();
  expect(book.run(2).stale).toEqual({ 3: "redefined g by 2" });
});

describe("the cells to run", () => {
  test("are those that are stale, in the notebook's order", () => {
    expect(chain().run().run(1).plan()).toBe("2 3");
    expect(chain().run().edit(1, "const sets = 1").plan()).toBe("1 2 3");
    expect(chain().run().plan()).toBe("");
  });

  test("and what they need that did not run, nearest above first", () => {
    const book = new Book("const a = 1", "const b = 1", "const b = a", "show(b)", "const b = 3").run(4);
    expect(book.edit(4, "show(b, 1)").plan()).toBe("1 3 4");
    expect(new Book("show(b)", "const b = 2").plan(1)).toBe("2 1");
    expect(new Book("const f = () => g()", "const g = () => f()", "f()").plan(3)).toBe("2 1 3");
  });

  test("for one cell, with the stale ones that it depends on", () => {
    const book = chain().run().run(1);
    expect(book.plan(3)).toBe("2 3");
    expect(book.plan(4)).toBe("4");
  });
});

test("two hundred cells that depend on each other take a moment", () => {
  const texts = Array.from(
    { length: 200 },
    (_, i) => `const x${i} = f(${Array.from({ length: Math.min(i, 8) }, (_, k) => `x${i - k - 1}`)})`,
  );
  const book = new Book(...texts).run().run(1);
  const cells = book.now();
  const began = performance.now();
  expect(staleCells(cells, book.history).size).toBe(199);
  expect(performance.now() - began).toBeLessThan(100);
});
