import { beforeAll, describe, expect, test } from "vitest";
import { locateOptions } from "../../../engine/kernel/cells/locate.ts";
import { loadStripper } from "../../../engine/kernel/cells/strip.ts";
import { experimentOf, places, renamed, roomFor, written } from "../../../src/commands/rate.ts";

beforeAll(loadStripper);

const cellsOf = (...texts: string[]) => texts.map((text, i) => ({ id: `c${i + 1}`, text }));
const locatedIn = (cells: { id: string; text: string }[]) =>
  locateOptions(
    cells.map(({ id, text }) => ({ cell: id, text })),
    ["maxLr", "lr"],
  );

/** Where the number goes, as "cell option: old", when `exp` asks. */
function chosen(experiment: string | null, ...texts: string[]): string[] {
  const cells = cellsOf(...texts);
  const found = places(locatedIn(cells), ["maxLr", "lr"], experiment, cells);
  return found.map(({ cell, option, text }) => `${cell} ${option}: ${text}`);
}

const define = (name: string, lr: string) =>
  `const ${name} = experiment({ name: "${name} net", data: sets, model, loss: loss.mse(), optimizer: optim.adam({ lr: ${lr} }) });`;

describe("a suggested rate goes", () => {
  test("to the optimizer of its experiment where no schedule drives it", () => {
    expect(chosen("exp", define("exp", "1e-3"), "const run = await exp.fit({ epochs: 3 });")).toEqual(["c1 lr: 1e-3"]);
  });

  test("to the schedule that drives it", () => {
    const fit = "const run = await exp.fit({ schedule: schedule.oneCycle({ maxLr: 0.1 }) });";
    expect(chosen("exp", define("exp", "1e-3"), fit)).toEqual(["c2 maxLr: 0.1"]);
  });

  test("to the declaration of the name that the schedule is given", () => {
    const train = "const maxLr = 3e-3;\nconst run = await exp.fit({ schedule: schedule.oneCycle({ maxLr }) });";
    expect(chosen("exp", define("exp", "1e-3"), train)).toEqual(["c2 maxLr: 3e-3"]);
  });

  test("never to another experiment's, whatever stands first", () => {
    const fit = "await other.fit({ schedule: schedule.oneCycle({ maxLr: 0.1 }) });";
    expect(chosen("exp", define("other", "0.5"), fit, define("exp", "1e-3"))).toEqual(["c3 lr: 1e-3"]);
    expect(chosen("exp", define("other", "0.5"), fit, "const exp = experiment({ optimizer: best });")).toEqual([]);
  });

  test("into the function that makes the experiment, and to no other experiment for its sake", () => {
    const make = "const make = (width) => experiment({ optimizer: optim.adam({ lr: 0.01 }) });\nconst expé = make(8);";
    const open = "const make = (lr) => experiment({ optimizer: optim.adam({ lr }) });\nconst expé = make(0.1);";
    const call = { id: "c9", text: "await expé.findLearningRate()" };
    const named = (...texts: string[]) => experimentOf(call, cellsOf(...texts), "net");
    expect(named(make, define("both", "0.5"))).toBe("expé");
    expect(chosen("expé", make, define("both", "0.5"))).toEqual(["c1 lr: 0.01"]);
    expect(chosen("expé", open, define("both", "0.5"))).toEqual([]);
    // of what cells do not tell, nobody says that it must be the only one they do
    expect(named(define("both", "0.5"))).toBe(null);
  });

  test("to a number that stands by itself, first in the cell that makes the experiment", () => {
    const apart = "const optimizer = optim.sgd({ lr: 0.1 });";
    const makes = "const exp = experiment({ data, model, loss, optimizer });";
    expect(chosen("exp", apart, makes)).toEqual(["c1 lr: 0.1"]);
    expect(chosen("exp", "const old = optim.sgd({ lr: 9 });", `${apart}\n${makes}`)).toEqual(["c2 lr: 0.1"]);
  });

  test("to an optimizer's lr before another thing's", () => {
    const text = `const exp = experiment({ options: { lr: 5 }, optimizer: optim.sgd({ lr: 0.1 }) });`;
    expect(chosen("exp", text)).toEqual(["c1 lr: 0.1"]);
  });

  test("where it is asked to when places are equally good", () => {
    const train = (maxLr: string) => `await exp.fit({ schedule: schedule.oneCycle({ maxLr: ${maxLr} }) });`;
    expect(chosen("exp", define("exp", "1e-3"), train("0.1"), train("0.2"))).toEqual([
      "c2 maxLr: 0.1",
      "c3 maxLr: 0.2",
    ]);
    expect(chosen(null, define("a", "1"), define("b", "2"))).toEqual(["c1 lr: 1", "c2 lr: 2"]);
  });

  test("nowhere when no cell gives a number", () => {
    expect(chosen("exp", "const exp = experiment({ optimizer: optim.adam() });")).toEqual([]);
    expect(chosen("exp")).toEqual([]);
  });
});

describe("the experiment that an output is about", () => {
  const cells = cellsOf(define("a", "1"), define("b", "2"), "const run = await b.fit();");
  const about = (text: string | null, named: string | null = null) =>
    experimentOf(text === null ? null : { id: "c9", text }, cells, named);

  test("is the one that the cell's call is on, or that its run trained", () => {
    expect(about("await a.findLearningRate()")).toBe("a");
    expect(about("await run.diagnose()")).toBe("b");
  });

  test("is the one of that name where the call does not say it", () => {
    expect(about("await best().findLearningRate()", "a net")).toBe("a");
    expect(about(null, "b")).toBe("b");
  });

  test("is the only one there is, and of several none", () => {
    expect(experimentOf(null, cellsOf(define("exp", "1")), "experiment 1")).toBe("exp");
    expect(about(null)).toBe(null);
  });
});

test("an offered cell says the notebook's own names for the experiment and the run", () => {
  const cells = cellsOf(define("wide", "1"), "const trained = await wide.fit();", define("other", "1"));
  const offered = (text: string) => renamed("await exp.preflight();\nawait run.diagnose()", { id: "c9", text }, cells);
  expect(offered("await wide.preflight()")).toBe("await wide.preflight();\nawait trained.diagnose()");
  expect(offered("await trained.diagnose()")).toBe("await wide.preflight();\nawait trained.diagnose()");
  expect(offered("show()")).toBe("await exp.preflight();\nawait run.diagnose()");
});

describe("a first option", () => {
  const room = (optimizer: string, more = "") => {
    const text = `const exp = experiment({ optimizer: ${optimizer} });${more}`;
    const found = roomFor("lr", "3.2e-3", "exp", cellsOf(text));
    return found && text.slice(0, found.start) + found.text + text.slice(found.start);
  };
  const becomes = (optimizer: string) => `const exp = experiment({ optimizer: ${optimizer} });`;

  test("goes into the optimizer that takes its default", () => {
    expect(room("optim.adam()")).toBe(becomes("optim.adam({ lr: 3.2e-3 })"));
    expect(room("optim.sgd({ momentum: 0.9 })")).toBe(becomes("optim.sgd({ lr: 3.2e-3, momentum: 0.9 })"));
    expect(room("optim.sgd({})")).toBe(becomes("optim.sgd({ lr: 3.2e-3 })"));
  });

  test("has no room where the rate is computed, or where it is not clear which optimizer", () => {
    expect(room("optim.sgd({ lr: rate })")).toBe(null);
    expect(room("optim.sgd({ ...options })")).toBe(null);
    expect(room("best")).toBe(null);
    expect(room("optim.adam()", " const other = optim.adam();")).toBe(null);
  });
});

test("the number is written as its button shows it", () => {
  const set = (value: number) => ({ kind: "set-option", options: ["lr"], value, experiment: null }) as const;
  expect(written({ label: "Insert 3.2e-3", do: set(0.0031622776) })).toBe("3.2e-3");
  expect(written({ label: "Insert 0.1 (steep)", do: set(0.1) })).toBe("0.1");
  expect(written({ label: "Take best of 4", do: set(0.25) })).toBe("0.25");
  expect(written({ label: "Insert it", do: set(0.25) })).toBe("0.25");
});
