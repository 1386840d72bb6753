import { describe, expect, test } from "vitest";
import { type Dataset, data, Splits, transforms } from "../../../../engine/data/index.ts";
import { Prepared } from "../../../../engine/data/prepared.ts";
import { Fitted, piecesOf, type Transform, transform } from "../../../../engine/data/transforms/index.ts";
import { normal, words } from "../../../../engine/random/index.ts";
import { ByteTensor, HostTensor, unitLevels } from "../../../../engine/tensor/index.ts";
import { references } from "./references.ts";

const WIDTH = 4;
type Name = keyof typeof transforms;
const entries = Object.entries(transforms) as [Name, (typeof transforms)[Name]][];

/** Numbers of several scales, correlated and positive; or places of categories. */
function examples(name: Name, count: number, seed: number): Dataset {
  const ofCategories = transforms[name].of === "categories";
  const noise = normal(seed, 3, count * WIDTH);
  const chance = words(seed, 4, 0, count * WIDTH);
  const x = Float32Array.from({ length: count * WIDTH }, (_, i) => {
    if (ofCategories) return (chance[i] as number) % 4;
    const c = i % WIDTH;
    const shared = noise[i - c] as number;
    return 10 ** (c - 1) * (8 + (noise[i] as number) + (c % 2) * shared);
  });
  const categories = Object.fromEntries(Array.from({ length: WIDTH }, (_, c) => [`x${c}`, ["a", "b", "c", "d"]]));
  const y = new HostTensor(
    [count],
    "i32",
    Int32Array.from({ length: count }, (_, i) => i % 2),
  );
  const set = data.tensors({ x: new HostTensor([count, WIDTH], "f32", x), y, name: `examples ${seed}` });
  return ofCategories ? set.with({ categories }) : name === "standardizeChannels" ? set.reshape([2, 1, 2]) : set;
}

const columnsOf = (set: Dataset): number[][] => {
  const width = set.x.size / set.size;
  return Array.from({ length: width }, (_, c) =>
    Array.from({ length: set.size }, (_, r) => set.x.data[r * width + c] as number),
  );
};

const make = (name: Name): Transform => (transform[name] as () => Transform)();

describe.each(entries)("%s", (name, definition) => {
  const [train, valid] = [examples(name, 60, 1), examples(name, 25, 2)];
  const undoable = definition.invert ?? definition.each;
  const fitted = (set: Dataset) => new Prepared([]).with(make(name), set.x, set.columns);
  const sets = () => new Splits({ train, valid }).transform(make(name));

  test("does to training and other examples what its formula says, with the training examples' figures alone", () => {
    for (const [raw, made] of [
      [train, sets().train],
      [valid, sets().valid],
    ] as const) {
      const wanted = references[name](columnsOf(train), columnsOf(raw));
      const got = columnsOf(made as Dataset);
      expect(got.length).toBe(wanted.length);
      for (const [c, column] of wanted.entries())
        expect(got[c] as number[]).toBeAllclose(column, { rtol: 2e-5, atol: 2e-5 });
    }
  });

  test("says what its columns are", () => {
    const made = sets().train;
    expect(made.columns.length).toBe(made.x.size / made.size);
    expect(new Set(made.columns.map((column) => column.name)).size).toBe(made.columns.length);
  });

  test("learns the same from pieces of any size", () => {
    const pieces = (size: number) => ({
      shape: train.x.shape.slice(1),
      columns: train.columns,
      *rows() {
        for (let from = 0; from < train.size; from += size) {
          const count = Math.min(size, train.size - from);
          yield { count, width: WIDTH, data: train.x.data.subarray(from * WIDTH, (from + count) * WIDTH) };
        }
      },
    });
    const whole = Fitted.to(make(name), pieces(train.size));
    for (const size of [1, 7]) {
      const own = Fitted.to(make(name), pieces(size));
      for (const [key, values] of Object.entries(whole.statistics)) {
        const most = Math.max(...values.map(Math.abs));
        expect(own.statistics[key] as Float64Array).toBeAllclose(values, { rtol: 1e-8, atol: 1e-10 * most });
      }
    }
  });

  test("treats an example the same by itself as among others", () => {
    const steps = fitted(train);
    const alone = Array.from({ length: valid.size }, (_, r) => [...steps.apply(valid.x.rows([r])).data]).flat();
    expect(alone).toEqual([...steps.apply(valid.x).data]);
  });

  test("is the same to the bit after a checkpoint", () => {
    const steps = fitted(train);
    const read = Prepared.from(JSON.parse(JSON.stringify(steps)));
    expect([...read.apply(valid.x).data]).toEqual([...steps.apply(valid.x).data]);
    expect(read.equals(steps)).toBe(true);
    expect(read.columns).toEqual(steps.columns);
  });

  test("is undone, or says that it cannot be", () => {
    const made = sets().valid as Dataset;
    if (!undoable) {
      expect(() => made.restored()).toThrow(`${name}: it cannot be undone`);
      return;
    }
    const back = made.restored();
    expect(back.prepared).toBeNull();
    expect(back.columns).toEqual(valid.columns);
    for (const [c, column] of columnsOf(valid).entries())
      expect(columnsOf(back)[c] as number[]).toBeAllclose(column, { rtol: 1e-4, atol: 1e-4 });
  });

  test("learns nothing from what is held back", () => {
    const parts = examples(name, 60, 1).split({ valid: 0.2, test: 0.2 });
    for (const [part, set] of [
      ["validation", parts.valid],
      ["test", parts.test],
    ] as const) {
      if (definition.collect) {
        expect(() => set?.transform(make(name))).toThrow(
          `${name}: these are ${part} examples, and what it learns must come from training ones; transform all parts at once: splits.transform(data.${name}())`,
        );
        expect(() => set?.rows([1, 2, 3]).transform(make(name))).toThrow(part);
      } else expect(set?.transform(make(name)).size).toBe(12);
    }
    const whole = () => train.transform(make(name)).split({ valid: 0.2 });
    if (definition.collect) {
      expect(whole).toThrow(
        `split: ${name} learnt from all 60 examples, those to be held back too; split first: data.split({ ... }).transform(data.${name}())`,
      );
    } else expect(whole().train.size).toBe(48);
  });

  test("names the column that has missing values, or takes them", () => {
    if (!definition.collect) return;
    const holes = new HostTensor(
      train.x.shape,
      "f32",
      Float32Array.from(train.x.data, (x, i) => (i === 9 ? Number.NaN : x)),
    );
    const learn = () => train.with({ x: holes }).transform(make(name));
    if (definition.missing) expect(learn().x.data.every((x) => !Number.isNaN(x))).toBe(true);
    else
      expect(learn).toThrow(
        `${name}: column "x1" has missing values; fill them in first with data.impute({ strategy: "median" })`,
      );
  });

  test("leaves alone what it is not asked to change", () => {
    if (!("columns" in definition.params)) return;
    const some = (transform[name] as (options: object) => Transform)({ columns: ["x3", "x1"] });
    const { columns, x } = train.transform(some);
    for (const kept of ["x0", "x2"]) {
      const at = columns.findIndex((column) => column.name === kept);
      const got = Array.from({ length: train.size }, (_, r) => x.data[r * columns.length + at]);
      expect(got).toEqual(columnsOf(train)[Number(kept[1])]);
    }
    if (undoable)
      expect(train.transform(some).restored().x.data).toBeAllclose(train.x.data, { rtol: 1e-4, atol: 1e-4 });
  });

  test("refuses other numbers of columns and names that are not there", () => {
    expect(() => fitted(train).apply(new HostTensor([2, 3], "f32", new Float32Array(6)))).toThrow(
      `${name}: examples have 3 columns where it was fitted to 4`,
    );
    if ("columns" in definition.params) {
      const wrong = (transform[name] as (options: object) => Transform)({ columns: ["x9"] });
      expect(() => train.transform(wrong)).toThrow(`${name}: no column "x9"; did you mean`);
    }
  });
});

describe("whitening", () => {
  const flat = (constant: number) =>
    data.tensors({
      x: new HostTensor(
        [50, 3],
        "f32",
        normal(1, 1, 150).map((v, i) => (i % 3 === 1 ? constant : v)),
      ),
      y: new HostTensor([50], "i32", new Int32Array(50)),
    });

  test.each([0, 1, 0.1, 1e6 / 3])(
    "names the component without variance, of a column that is %d throughout",
    (constant) => {
      expect(() => flat(constant).transform(data.pca({ whiten: true }))).toThrow(
        "pca: the training examples have no variance along component 3 of 3, which whitening would divide by; take k: 2, or eps: 1e-5",
      );
      expect(() => flat(constant).transform(data.zca({ eps: 0 }))).toThrow(
        "zca: the training examples have no variance along component 3 of 3",
      );
      const whitened = flat(constant).transform(data.whiten());
      expect(whitened.x.data.every((v) => Math.abs(v) < 10)).toBe(true);
    },
  );

  test("gives uncorrelated columns of variance 1, zca near to the old ones", () => {
    const set = examples("pca", 400, 7).transform(data.standardize());
    for (const how of [data.whiten(), data.zca()]) {
      const columns = columnsOf(set.transform(how));
      for (const [i, a] of columns.entries())
        for (const [j, b] of columns.entries())
          expect(a.reduce((sum, v, r) => sum + v * (b[r] as number), 0) / 400).toBeCloseTo(i === j ? 1 : 0, 2);
    }
    const near = columnsOf(set.transform(data.zca()));
    for (const [c, column] of columnsOf(set).entries()) {
      const along = column.reduce((sum, v, r) => sum + v * (near[c]?.[r] as number), 0) / 400;
      expect(along).toBeGreaterThan(0.8);
    }
  });

  test("keeps as many components as are asked for, and no more than there are", () => {
    const set = examples("pca", 60, 1);
    expect(set.transform(data.pca({ k: 2 })).x.shape).toEqual([60, 2]);
    // uncorrelated columns of variances 16, 4, 1 and 0.25: the first three hold 0.753, 0.941 and 0.988
    const axes = [4, 2, 1, 0.5].flatMap((scale, c) =>
      [1, -1].map((side) => [0, 1, 2, 3].map((k) => (k === c ? side * scale : 0))),
    );
    const cross = data.tensors({
      x: new HostTensor([8, 4], "f32", Float32Array.from(axes.flat())),
      y: new HostTensor([8], "i32", new Int32Array(8)),
    });
    const kept = [0.5, 0.76, 0.93, 0.95, 0.99].map((k) => cross.transform(data.pca({ k })).x.shape[1]);
    expect(kept).toEqual([1, 2, 2, 3, 4]);
    expect(() => set.transform(data.pca({ k: 5 }))).toThrow("pca: k = 5 is more than the 4 columns; take 4 or less");
    expect(() => set.rows([0, 1]).transform(data.pca({ k: 3 }))).toThrow(
      "pca: k = 3 is more than the 2 training examples; take 2 or less",
    );
    expect(() => set.rows([0]).transform(data.pca())).toThrow(
      "pca: 1 training example has no variance; it takes 2 or more",
    );
  });
});

test("a constant column is only moved by the scalers", () => {
  const x = new HostTensor([3, 2], "f32", Float32Array.from([7, 1, 7, 2, 7, 3]));
  const set = data.tensors({ x, y: new HostTensor([3], "i32", new Int32Array(3)) });
  for (const how of [data.standardize(), data.minMax(), data.robust(), data.center()])
    expect(columnsOf(set.transform(how))[0]).toEqual([0, 0, 0]);
  expect(columnsOf(set.transform(data.minMax({ range: [-1, 1] })))[0]).toEqual([-1, -1, -1]);
});

test.each<[string, () => unknown, string]>([
  ["a range that falls", () => data.minMax({ range: [1, 0] }), "minMax: range = [1, 0] must rise; swap its ends"],
  [
    "quantiles that fall",
    () => data.robust({ quantileRange: [75, 25] }),
    "robust: quantileRange = [75, 25] must rise; swap its ends",
  ],
  [
    "a normal distribution's ends",
    () => data.robust({ quantileRange: [0, 75], unitVariance: true }),
    "robust: a normal distribution has no quantile 0",
  ],
  [
    "a logarithm of what has none",
    () => examples("center", 9, 1).transform(data.affine({ shift: -20 }), data.log()),
    "values of -1 or less, down to",
  ],
  [
    "images without channels",
    () => examples("center", 9, 1).transform(data.standardizeChannels()),
    "standardizeChannels: an example [4] has no channels",
  ],
  [
    "what is no transform",
    () => examples("center", 9, 1).transform(data.standardize as never),
    "transform: takes transforms, such as data.standardize() or data.pca({ k: 10 }), not a function; call it",
  ],
  [
    "whole numbers",
    () => data.text({ text: "abcabc" }, { context: 2 }).then((set) => set.transform(data.center())),
    "center: features are i32; only f32 can be transformed",
  ],
])("%s is named", async (_, make, message) => {
  await expect(async () => await make()).rejects.toThrow(message);
});

test("images that are kept as bytes stay bytes, and hold the numbers that f32 storage would", () => {
  const bytes = Uint8Array.from(words(1, 2, 0, 500 * 12), (word) => word % 256);
  const kept = new ByteTensor([500, 3, 2, 2], bytes, unitLevels());
  const y = new HostTensor([500], "i32", new Int32Array(500));
  const of = (x: HostTensor) => data.tensors({ x, y }).split({ test: 100 });
  const how = [data.affine({ scale: 2, shift: -1 }), data.standardizeChannels()];
  const [small, large] = [of(kept), of(new HostTensor(kept.shape, "f32", kept.data))].map((sets) =>
    sets.transform(...how),
  );
  expect(small?.train.x).toBeInstanceOf(ByteTensor);
  expect([...(small?.test?.x.data ?? [])]).toEqual([...(large?.test?.x.data ?? [])]);
  expect(small?.transform(data.pca({ k: 2 })).test?.x.shape).toEqual([100, 2]);
});

test("a set in memory is handed on in pieces that hold it whole", () => {
  const numbers = Float32Array.from({ length: 5000 * 3 }, (_, i) => i);
  const pieces = [...piecesOf(new HostTensor([5000, 3], "f32", numbers))];
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces.flatMap(({ data }) => Array.from(data))).toEqual([...numbers]);
});
