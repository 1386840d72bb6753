import { describe, expect, test } from "vitest";
import { comparedRuns, comparisonText } from "../../../engine/compare/index.ts";
import { decodeColumns } from "../../../engine/plots/columns.ts";
import { SHAPES } from "../../../engine/plots/overlay.ts";
import type { Chart, CompareView, RunFacts } from "../../../engine/protocol/index.ts";
import { symbolPath } from "../../../media/compare/symbols.ts";
import { madeUp, someRuns } from "../../support/runs.ts";

const view: CompareView = { figure: null, x: "step", bands: true, groupBy: null, brush: [], smoothing: 0, hidden: [] };

/** Of which part of the data each point of a chart's lines is. */
function partsOf({ datasets }: Chart): readonly string[] {
  const column = datasets.lines?.part;
  return column !== undefined && "text" in column ? column.text : [];
}

describe("runs beside each other", () => {
  test("are groups of seeds with a verdict, a ranking and intervals", () => {
    const found = comparedRuns("c", someRuns(), view);
    expect(found.groups.map(({ label, runs }) => [label, runs])).toEqual([
      ["lr 0.001, batchSize 16", [0, 1, 2]],
      ["lr 0.001, batchSize 64", [3, 4, 5]],
      ["lr 0.03, batchSize 16", [6, 7, 8]],
      ["lr 0.03, batchSize 64", [9, 10, 11]],
    ]);
    expect(found.verdict).toMatch(
      /^lr 0\.001, batchSize \d+ ends best: validation accuracy .* 95 % interval .* over 3 seeds/,
    );
    expect([...found.ranking].sort()).toEqual([0, 1, 2, 3]);
    expect(found.groups[found.ranking[0] as number]?.behind).toBe("");
    expect(found.groups[found.ranking[3] as number]?.behind).toMatch(/ \.\. /);
    expect(found.figures.map(({ key }) => key)).toEqual(["loss", "accuracy", "lr", "gradientNorm"]);
  });

  test("keep their places, and so their colours, whatever figure ranks them and whatever is hidden", () => {
    const runs = someRuns();
    const [first, second] = [
      comparedRuns("c", runs, view),
      comparedRuns("c", runs, { ...view, figure: "loss", hidden: ["lr 0.03, batchSize 16"] }),
    ];
    expect(second.groups.map(({ label }) => label)).toEqual(first.groups.map(({ label }) => label));
    expect(second.verdict).toContain("validation loss");
    expect(second.groups.map(({ hidden }) => hidden)).toEqual([false, false, true, false]);
    const drawn = second.chart.datasets.lines?.group as { text: string[] };
    expect(drawn.text).not.toContain("lr 0.03, batchSize 16");
    expect(JSON.stringify(second.chart.spec)).toContain("lr 0.03, batchSize 16");
  });

  test("list what differs, a value for each group, and all seeds of one", () => {
    const { config } = comparedRuns("c", someRuns(), view);
    const at = (path: string) => config.find((row) => row.path === path);
    expect(at("optimizer.lr")).toMatchObject({ differs: true, values: ["0.001", "0.001", "0.03", "0.03"] });
    expect(at("seed")).toMatchObject({ differs: false, values: Array(4).fill("1, 2, 3") });
    expect(at("loss")).toMatchObject({ differs: false, values: Array(4).fill("crossEntropy") });
  });

  test("have a column for every figure, what they differ in, and how they stand", () => {
    const { columns, runs } = comparedRuns("c", someRuns(), view);
    expect(columns.map(({ label }) => label)).toEqual([
      "validation accuracy",
      "validation loss",
      "training loss",
      "optimizer.lr",
      "batchSize",
      "seed",
      "epochs done",
      "steps done",
      "seconds",
      "state",
    ]);
    expect(columns.map(({ better }) => better).slice(0, 4)).toEqual(["higher", "lower", "lower", null]);
    expect(columns.filter(({ main }) => main).map(({ label }) => label)).toEqual(["validation accuracy"]);
    expect(runs[0]?.cells.slice(3)).toEqual([0.001, 16, 1, 30, 600, 4, "finished"]);
  });

  test("are grouped by a setting, with a word about what else differs", () => {
    const found = comparedRuns("c", someRuns(), { ...view, groupBy: "optimizer.lr" });
    expect(found.groupings).toEqual(["optimizer.lr", "batchSize"]);
    expect(found.groups.map(({ label, runs }) => [label, runs.length])).toEqual([
      ["lr 0.001", 6],
      ["lr 0.03", 6],
    ]);
    expect(found.verdict).toMatch(/over 6 runs \(Welch's t\)/);
    expect(found.verdict).not.toContain("seeds");
    expect(found.notes).toContain(
      "grouped by optimizer.lr: runs of a group differ in batchSize too, so that their spread is not that of seeds alone",
    );
    const lines = found.chart.datasets.bands?.group as { text: string[] };
    expect(new Set(lines.text)).toEqual(new Set(["lr 0.001", "lr 0.03"]));
    expect(comparedRuns("c", someRuns(), { ...view, groupBy: "no such setting" }).groups.length).toBe(4);
  });

  test("are those of a brush in curves and table, while the ranking is of all", () => {
    const brush = [{ label: "batchSize", low: 10, high: 20 }];
    const [all, found] = [comparedRuns("c", someRuns(), view), comparedRuns("c", someRuns(), { ...view, brush })];
    expect(found.runs.flatMap(({ within }, i) => (within ? [i] : []))).toEqual([0, 1, 2, 6, 7, 8]);
    const drawn = found.chart.datasets.lines?.group as { text: string[] };
    expect(new Set(drawn.text)).toEqual(new Set(["lr 0.001, batchSize 16", "lr 0.03, batchSize 16"]));
    expect([found.verdict, found.ranking]).toEqual([all.verdict, all.ranking]);
    expect(found.notes[0]).toBe("curves and table: 6 of 12 runs, as selected on the axes; the ranking is of all");
    const none = comparedRuns("c", someRuns(), { ...view, brush: [{ label: "batchSize", low: 17, high: 18 }] });
    expect(none.runs.some(({ within }) => within)).toBe(false);
    const other = comparedRuns("c", someRuns(), { ...view, brush: [{ label: "moon", low: 0, high: 1 }] });
    expect(other.runs.every(({ within }) => within)).toBe(true);
  });

  test("say for how many comparisons their intervals hold", () => {
    expect(comparedRuns("c", someRuns(), view).notes).toContain(
      "what groups are behind the best by holds at 95 % for all 6 pairs together (Bonferroni), as the best was picked after looking",
    );
    expect(comparedRuns("c", someRuns().slice(0, 6), view).notes.join()).not.toContain("Bonferroni");
  });

  test("have axes for the numbers that differ, the outcome last, logarithmic over decades", () => {
    const { parallel } = comparedRuns("c", someRuns(), view);
    expect(parallel?.map(({ label, log, outcome }) => [label, log, outcome])).toEqual([
      ["optimizer.lr", true, false],
      ["batchSize", false, false],
      ["validation accuracy", false, true],
    ]);
    expect(comparedRuns("c", someRuns().slice(0, 2), view).parallel).toBeNull();
    expect(comparedRuns("c", someRuns().slice(0, 3), view).parallel).toBeNull();
  });

  test("stay small for twenty runs of 50,000 steps, and are made at once", () => {
    const runs = Array.from({ length: 20 }, (_, i) =>
      madeUp({ name: `run ${i}`, lr: 10 ** (-4 + i / 8), seed: i, steps: 50_000 }),
    );
    const begin = performance.now();
    const found = comparedRuns("c", runs, { ...view, figure: "loss", bands: false, smoothing: 0.9 });
    expect(performance.now() - begin).toBeLessThan(2000);
    const { x } = decodeColumns(found.chart.datasets.lines ?? {});
    expect(x?.length).toBeLessThanOrEqual(6500);
    expect(JSON.stringify(found).length).toBeLessThan(600_000);
    const alone = comparedRuns("c", runs.slice(0, 1), { ...view, figure: "loss" });
    expect(partsOf(alone.chart).filter((part) => part === "training").length).toBeLessThanOrEqual(500);
  });

  test("thinned training curves keep their means, and reach from the first step to the last", () => {
    const [run] = [madeUp({ name: "a", lr: 0.01, steps: 50_000 })];
    const { chart } = comparedRuns("c", [run as RunFacts], { ...view, figure: "loss" });
    const { x, y } = decodeColumns(chart.datasets.lines ?? {}) as { x: Float64Array; y: Float64Array };
    const training = partsOf(chart).flatMap((part, i) => (part === "training" ? [i] : []));
    const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(mean(training.map((i) => y[i] as number))).toBeCloseTo(mean(run?.history.trainLoss ?? []), 3);
    expect(Math.max(...training.map((i) => x[i] as number))).toBeGreaterThan(49_000);
  });

  test("can be seen over epochs and over seconds", () => {
    const runs = [madeUp({ name: "a", lr: 0.01, steps: 600 })];
    const last = (x: CompareView["x"]) =>
      Math.max(...(decodeColumns(comparedRuns("c", runs, { ...view, x }).chart.datasets.lines ?? {}).x ?? []));
    expect(last("step")).toBe(600);
    expect(last("epoch")).toBe(30);
    expect(last("time")).toBe(4);
  });

  test("say what keeps figures from being comparable", () => {
    const [a, b] = [madeUp({ name: "a", lr: 0.01 }), madeUp({ name: "b", lr: 0.02, live: true })];
    const other = {
      ...b,
      broken: true,
      config: { ...b.config, data: { train: 1, valid: 7 }, loss: { type: "mse", options: {} } },
    };
    const { notes, verdict } = comparedRuns("c", [a, other], { ...view, figure: "loss" });
    expect(notes.join("\n")).toContain("validation sets differ in size");
    expect(notes.join("\n")).toContain("losses differ");
    expect(notes.join("\n")).toContain("1 run ended with a value that is not finite and is left out");
    expect(notes.join("\n")).toContain("1 run still trains");
    expect(verdict).toContain("no other ended with a finite one");
  });

  test("of whatever origin are shown as far as they make sense", () => {
    const odd: RunFacts = {
      ...madeUp({ name: "<img src=x onerror=alert(1)>", lr: 0.1 }),
      config: { metrics: [null, { type: "nope" }, { type: "accuracy", options: 3 }], data: "x", model: [3], seed: "y" },
      history: {
        step: [],
        trainLoss: [],
        lr: [],
        gradientNorm: [],
        epoch: [],
        epochStep: [],
        valid: {},
        train: {},
        thinned: false,
      },
      final: { "": 1, constructor: 2 },
    };
    const found = comparedRuns("c", [odd, { ...odd, key: "2" }], { ...view, figure: "nope", hidden: ["?"] });
    expect(found.verdict).toBeTruthy();
    expect(comparedRuns("c", [], view)).toMatchObject({ verdict: "no run", groups: [], runs: [] });
  });

  test("shapes of the chart and of the page's legend are as many", () => {
    expect(symbolPath(SHAPES.length, 3)).toBe(symbolPath(0, 3));
    expect(new Set(SHAPES.map((_, i) => symbolPath(i, 3))).size).toBe(SHAPES.length);
  });
});

describe("as text", () => {
  const runs = [madeUp({ name: 'a "quoted" | piped', lr: 0.01 }), madeUp({ name: "=1+1", lr: 0.02 })];
  const found = comparedRuns("c", runs, view);

  test("CSV has a line for each run, quoted where needed, and no formulas", () => {
    const lines = comparisonText(found, "csv").split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^run,group,validation accuracy,validation loss,/);
    expect(lines[1]).toMatch(/^"a ""quoted"" \| piped",lr 0.01,0\.\d+/);
    expect(lines[2]).toMatch(/^'=1\+1,/);
  });

  test("Markdown has verdict, runs and what differs", () => {
    const text = comparisonText(found, "markdown");
    expect(text.startsWith(found.verdict)).toBe(true);
    expect(text).toContain('| a "quoted" \\| piped |');
    expect(text).toContain("| optimizer.lr | 0.01 | 0.02 |");
  });

  test("Markdown has groups first where they are fewer than runs, and five digits of a number", () => {
    const text = comparisonText(comparedRuns("c", someRuns(), view), "markdown");
    const [, , ...tables] = text.split("\n").filter((line) => line.startsWith("|"));
    expect(text).toMatch(/\| group \| ends with \| behind the best by \|\n\| --- \| ---: \| ---: \|\n\| lr 0\.001/);
    expect(tables.join("\n")).not.toMatch(/\d\.\d{7}/);
  });

  test("Markdown makes neither links nor pictures nor HTML of what runs are called", () => {
    const name = "![x](https://e/v) [l](command:evil) <img src=x> `c`";
    const text = comparisonText(
      comparedRuns("c", [madeUp({ name, lr: 0.01 }), madeUp({ name: `${name} 2`, lr: 0.02 })], {
        ...view,
        bands: false,
      }),
      "markdown",
    );
    expect(text).not.toMatch(/(?<!\\)[[<`]/);
  });
});
