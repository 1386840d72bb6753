import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { type CsvOptions, type Dataset, Splits } from "../../../engine/data/index.ts";
import { globals } from "../../../engine/library.ts";
import { inContext } from "../../../engine/session/index.ts";
import { tensor } from "../../../engine/tensor/index.ts";
import { testContext } from "../../support/context.ts";

const { data, nn, loss, metrics, optim, experiment } = globals;

const folder = mkdtempSync(join(tmpdir(), "dlnb-table-"));
let backend: Backend;
beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true });
});

const read = (text: string, options: Partial<CsvOptions> = {}): Promise<Dataset> => {
  writeFileSync(join(folder, "t.csv"), text);
  return data.csv(join(folder, "t.csv"), { target: "y", ...options });
};

const ANIMALS = "legs,kind,home,y\n4,dog,house,1\n2,bird,,0\n4,cat,house,1\n2,bird,tree,0\n4,dog,,1\n";

describe("a column of words", () => {
  test("is categories in the alphabet's order, an empty one is missing", async () => {
    const set = await read(ANIMALS);
    expect(set.categories).toEqual({ kind: ["bird", "cat", "dog"], home: ["house", "tree"] });
    expect(set.x.toArray()).toEqual([
      [4, 2, 0],
      [2, 0, Number.NaN],
      [4, 1, 0],
      [2, 0, 1],
      [4, 2, Number.NaN],
    ]);
  });

  test("is one-hot coded by the training part, with missing ones as their own", async () => {
    const set = await read(ANIMALS);
    const sets = new Splits({ train: set.rows([0, 1, 4]), test: set.rows([2, 3]) }).transform(data.oneHot());
    expect(sets.train.featureNames).toEqual(["legs", "kind=bird", "kind=dog", "home=house", "home=(missing)"]);
    expect(sets.test?.x.toArray()).toEqual([
      [4, 0, 0, 1, 0], // no cat, no tree in training
      [2, 1, 0, 0, 0],
    ]);
    const strict = () =>
      new Splits({ train: set.rows([0]), test: set.rows([1]) }).transform(data.oneHot({ unknown: "error" }));
    expect(strict).toThrow(
      'oneHot: chosen column 1 of 2 has a category that no training example has; take unknown: "zeros"',
    );
  });

  test("is numbered by the training part, 0 for what it does not have", async () => {
    const set = await read(ANIMALS);
    const sets = new Splits({ train: set.rows([0, 1, 4]), test: set.rows([2, 3]) }).transform(data.encode());
    expect(sets.train.categories).toEqual({
      kind: ["(unknown)", "bird", "dog"],
      home: ["(unknown)", "house", "(missing)"],
    });
    expect(sets.test?.x.toArray()).toEqual([
      [4, 0, 1],
      [2, 1, 0],
    ]);
  });

  test("may be made of numbers when it is said so", async () => {
    const set = await read("zip,y\n10115,0\n020,1\n10115,0\n", { categories: ["zip"] });
    expect(set.categories).toEqual({ zip: ["020", "10115"] });
    expect([...set.x.data]).toEqual([1, 0, 1]);
    await expect(read("zip,y\n1,0\n", { categories: ["zap"] })).rejects.toThrow(
      't.csv: no column "zap"; did you mean "zip"?',
    );
    await expect(read("zip,y\n1,0\n", { categories: ["y"] })).rejects.toThrow(
      '"y" is among the categories and not among the columns',
    );
  });

  test("with a number among the words is a mistake, whichever comes first", async () => {
    await expect(read("a,y\none,0\n2,1\n")).rejects.toThrow(
      't.csv, line 3, column "a": 2 is a number among words such as "one"; mend it, or read the column as categories: ["a"]',
    );
    await expect(read("a,y\n2,0\none,1\n")).rejects.toThrow(
      't.csv, line 3, column "a": "one" is not a number; mend it, leave the column out, or read it as categories: ["a"]',
    );
  });
});

describe("missing numbers", () => {
  const HOLES = "a,b,y\n1,,0\n,2,1\n3,NA,0\n4,5,1\n";

  test("are counted in an error that says what can be done", async () => {
    await expect(read(HOLES)).rejects.toThrow(
      't.csv, line 2, column "b": the value is missing, the first of 3 (a 1, b 2); fill in with missing: "keep" and then splits.transform(data.impute()), drop such rows with missing: "drop", or leave the column out',
    );
  });

  test("may be dropped with their rows, or kept", async () => {
    expect((await read(HOLES, { missing: "drop" })).x.toArray()).toEqual([[4, 5]]);
    const kept = await read(HOLES, { missing: "keep" });
    expect(kept.x.toArray()).toEqual([
      [1, Number.NaN],
      [Number.NaN, 2],
      [3, Number.NaN],
      [4, 5],
    ]);
    expect(kept.dropMissing().x.toArray()).toEqual([[4, 5]]);
    await expect(read("a,y\n,0\n,1\n", { missing: "drop" })).rejects.toThrow(
      "t.csv: something is missing in each of its 2 rows",
    );
  });

  // by hand: of the training rows a has 1, 3 and 4; b has 5
  test.each([
    ["mean", 8 / 3],
    ["median", 3],
    ["mostFrequent", 1],
    ["constant", 7],
  ] as const)("are filled in by %s of the training part, with columns that say so", async (strategy, filled) => {
    const kept = await read(HOLES, { missing: "keep" });
    const how = data.impute({ strategy, fill: 7, indicator: true });
    const sets = new Splits({ train: kept.rows([0, 2, 3]), test: kept.rows([1]) }).transform(how);
    expect(sets.train.featureNames).toEqual(["a", "b", "b missing"]);
    expect([...(sets.test?.x.data ?? [])]).toBeAllclose([filled, 2, 0]);
    expect(sets.train.x.at(0, 2)).toBe(1);
  });

  test("do not reach a model", async () => {
    const kept = await read(HOLES, { missing: "keep" });
    const make = (set: Dataset) =>
      experiment({
        data: set,
        model: nn.linear(2),
        loss: loss.crossEntropy(),
        optimizer: optim.sgd({ lr: 0.1 }),
        batchSize: 2,
      });
    expect(() => make(kept)).toThrow(
      'experiment: 3 values are missing in t.csv (a 1, b 2); fill in with splits.transform(data.impute({ strategy: "median" })), or leave such examples out with dropMissing()',
    );
    expect(() => make(kept.transform(data.impute()))).not.toThrow();
    const gone = kept.with({
      x: tensor([[Number.NaN], [Number.NaN], [Number.NaN], [Number.NaN]]),
      featureNames: ["a"],
    });
    expect(() => gone.transform(data.impute())).toThrow(
      'impute: column "a" has no value in the training examples; leave it out with columns, or take strategy: "constant"',
    );
  });
});

/** Price by size, district and whether there is a garden; some sizes are missing. */
const HOUSES = [
  "size,district,garden,y",
  ...Array.from({ length: 160 }, (_, i) => {
    const size = 40 + ((i * 37) % 100);
    const district = ["north", "south", "east", "west", "hill"][(i * 7) % 5] as string;
    const garden = i % 3 === 0;
    const dear = (district === "hill" || district === "west" ? 60 : 0) + size + (garden ? 20 : 0) > 125;
    return `${i % 11 === 0 ? "" : size},${district},${garden ? "yes" : "no"},${dear ? "dear" : "cheap"}`;
  }),
].join("\n");

describe("a mixed table", () => {
  test("goes through embeddings in one line, and raw rows are predicted by their words", async () => {
    const houses = await read(HOUSES, { missing: "keep" });
    const raw = houses.split({ valid: 0.2, test: 0.2, seed: 1, stratify: true });
    const sets = raw.tabular();
    expect(sets.train.featureNames).toEqual(["size", "district", "garden", "size missing"]);
    await inContext(testContext(backend, { folder }), async () => {
      const make = () =>
        experiment({
          data: sets,
          model: nn.sequential(nn.tabular(sets), nn.linear(16), nn.relu(), nn.linear(2)),
          loss: loss.crossEntropy(),
          metrics: [metrics.accuracy()],
          optimizer: optim.adam({ lr: 0.03 }),
          batchSize: 16,
          seed: 2,
        });
      const run = await make().fit({ epochs: 25 });
      expect(run.final.testAccuracy).toBeGreaterThan(0.85);
      const state = run.stateDict();
      // five districts and two answers: min(50, ceil((n + 1) / 2)) numbers each
      expect(state["0.embeds.0.weight"]?.shape).toEqual([5, 3]);
      expect(state["0.embeds.1.weight"]?.shape).toEqual([2, 2]);
      const said = [...(await run.predict(sets.test as Dataset)).data];
      expect([...(await run.predict(raw.test as Dataset)).data]).toEqual(said);
      // another file: its words have other numbers, and one is unknown
      const other = await read("size,district,garden,y\n100,hill,yes,dear\n100,moon,yes,dear\n100,west,no,cheap\n", {
        missing: "keep",
      });
      const path = run.save("houses.safetensors");
      const [a, b] = [await run.predict(other), await make().load(path).predict(other)];
      expect([...a.data]).toEqual([...b.data]);
      const known = houses
        .rows([0])
        .with({ x: tensor([[100, houses.categories.district?.indexOf("hill") as number, 1]]) });
      expect([...(await run.predict(known)).data]).toEqual([...a.data.subarray(0, 2)]);
      // as if the district were 0, the unknown one, among those numbered
      const unknown = sets.train.rows([0]);
      const ready = run.prepared?.applyNamed(other.x.rows([1]), other.columns, "here");
      expect(ready?.at(0, 1)).toBe(0);
      expect(unknown.x.at(0, 1)).toBeGreaterThan(0);
    });
  });

  test("is refused where its categories are not numbered by the training part", async () => {
    const set = await read(HOUSES, { missing: "keep" });
    const sets = set.split({ test: 0.2 });
    expect(() => nn.tabular(sets)).toThrow(
      'tabular: the categories of "district" were not numbered by the training part; write splits.tabular()',
    );
    expect(() => nn.tabular(3 as never)).toThrow(
      "tabular: columns must be a table, such as splits.tabular(), or a list of { name, categories }",
    );
    const plain = { model: nn.linear(2), loss: loss.crossEntropy(), optimizer: optim.sgd({ lr: 0.1 }) };
    expect(() => experiment({ ...plain, data: sets })).toThrow(
      'experiment: "district", "garden" of t.csv hold categories; make numbers of them with splits.tabular() and nn.tabular(splits), or with splits.transform(data.oneHot())',
    );
    const other = nn.tabular(sets.tabular());
    expect(() => experiment({ ...plain, model: other, data: data.moons({ n: 40 }) })).toThrow(
      "model tabular: [32, 2] is no table of 4 columns; give the splits that the experiment trains on",
    );
  });

  test("of categories alone, or of numbers alone, is a table too", async () => {
    const words = (await read("a,b,y\nx,u,0\nz,v,1\nx,v,0\nz,u,1\n")).split({ test: 1, seed: 3 });
    expect(nn.tabular(words.tabular()).options.columns).toEqual([
      { name: "a", categories: 3 },
      { name: "b", categories: 3 },
    ]);
    const numbers = (await read("a,y\n1,0\n2,1\n3,0\n4,1\n")).split({ test: 1, seed: 3 });
    expect(nn.tabular(numbers.tabular()).options.columns).toEqual([{ name: "a", categories: null }]);
  });
});
