import { expect, test } from "vitest";
import { loadStripper, stripTypes } from "../../../engine/kernel/cells/strip.ts";
import { Analyst } from "../../../engine/language/index.ts";
import { globals } from "../../../engine/library.ts";
import { Experiment, inContext, type RunContext } from "../../../engine/session/index.ts";
import { sizeOf } from "../../../engine/tensor/index.ts";
import { examples, notebooks } from "./analyzed.ts";

const analyze = ({ path, cells }: (typeof notebooks)[number]) =>
  new Analyst().analyze({ notebook: path, folder: examples, cells });

test.each(notebooks)(
  "$name has no problems",
  async (notebook) => {
    const { cells } = await analyze(notebook);
    expect(cells.filter(({ parsed }) => !parsed)).toEqual([]);
    expect(cells.flatMap(({ problems }) => problems.map(({ message }) => message))).toEqual([]);
  },
  20_000,
);

/** Where the calls of layers in a text end. */
function layerCalls(text: string): { call: string; end: number }[] {
  return [...text.matchAll(/\bnn\.\w+\(/g)].map(({ index }) => {
    let end = index;
    for (let depth = 0; ; end++) {
      if (text[end] === "(") depth++;
      if (text[end] === ")" && --depth === 0) break;
    }
    return { call: text.slice(index, end + 1), end: end + 1 };
  });
}

test.each(notebooks)(
  "each layer of $name has a hint",
  async (notebook) => {
    const { cells } = await analyze(notebook);
    const without = notebook.cells.flatMap(({ text }, i) => {
      const at = new Set(cells[i]?.hints.map(({ offset }) => offset));
      return layerCalls(text).filter(({ end }) => !at.has(end));
    });
    expect(without.map(({ call }) => call)).toEqual([]);
  },
  20_000,
);

test.each(notebooks)(
  "what hints of $name count is what its experiments have",
  async (notebook) => {
    const { cells } = await analyze(notebook);
    const told = cells
      .flatMap(({ hints }) => hints)
      .flatMap(({ tooltip }) => [...tooltip.matchAll(/([\d,]+) parameters in /g)].map(([, count = ""]) => count))
      .map((count) => Number(count.replaceAll(",", "")));
    const made = await experimentsOf(notebook.cells.map(({ text }) => text).join("\n;"));
    const counts = new Set(
      made.map(({ config }) => config.model.declaration.parameters.reduce((n, { shape }) => n + sizeOf(shape), 0)),
    );
    // a run that is not made ends the cells early: what was made by then was seen
    const [first] = counts;
    if (first !== undefined) expect(told).toContain(first);
    expect([...counts].filter((count) => !told.includes(count))).toEqual([]);
  },
  60_000,
);

/** The experiments that cells make when they are run for real, until they need a run that trained. */
async function experimentsOf(text: string): Promise<Experiment[]> {
  await loadStripper();
  const made: Experiment[] = [];
  const library = {
    ...globals,
    experiment: (options: unknown) => {
      const one = new Experiment(options);
      made.push(one);
      return one;
    },
    console: { log: () => {} },
    display: () => {},
  };
  const AsyncFunction = (async () => {}).constructor as new (...of: string[]) => (...given: unknown[]) => Promise<void>;
  const run = new AsyncFunction(...Object.keys(library), stripTypes(text));
  const context: RunContext = {
    cell: "test",
    signal: new AbortController().signal,
    emit: () => {},
    log: () => {},
    freshId: (prefix) => prefix,
    runFolder: null,
    notebookFolder: examples,
    backend: () => Promise.reject(new Error("nothing trains here")),
    shield: (work) => work,
  };
  await inContext(context, () => run(...Object.values(library))).catch(() => {});
  return made;
}
