import { maybeContext } from "../context/index.ts";
import { ConfigError, DataError } from "../errors/index.ts";
import { check } from "../params/index.ts";
import { type HostTensor, type Shape, setOrigin, show, sizeOf } from "../tensor/index.ts";
import { balancedRows, balancedWeights, balanceParams, classCounts } from "./classWeights.ts";
import { type FoldOptions, foldRows } from "./folds.ts";
import { type Normalization, normalization } from "./normalize.ts";
import { Prepared } from "./prepared.ts";
import { type SplitOptions, splitRows } from "./split.ts";
import { FileTensor } from "./stream/index.ts";
import { type Column, isTransform, type Transform, transform, UNKNOWN } from "./transforms/index.ts";

export type Task = "classification" | "regression";

interface Parts {
  readonly name: string;
  readonly x: HostTensor;
  readonly y: HostTensor;
  readonly task: Task;
  readonly featureNames: readonly string[];
  readonly classes?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly categories?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly prepared?: Prepared | null | undefined;
  readonly mayMiss?: boolean | undefined;
}

/** Parts that hold examples back; what they say is not for transforms to learn. */
const heldBack = new WeakMap<Dataset, "validation" | "test">();

/** Examples and what is to be predicted of them, in host memory. Every method returns a new set; none changes one. */
export class Dataset {
  readonly name: string;
  /** [N, ...]. */
  readonly x: HostTensor;
  /** [N] i32 indices into `classes`, or [N, k] f32 values. */
  readonly y: HostTensor;
  readonly task: Task;
  /** One name per column of the source. */
  readonly featureNames: readonly string[];
  /** Labels by index, for classification. */
  readonly classes: readonly string[] | undefined;
  /** Names of the columns of y when each says whether a label holds, 1 or 0: any number of them may. */
  readonly labels: readonly string[] | undefined;
  /** What the whole numbers of a column stand for, by its name. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
  /** How the features became what they are; null for raw ones. */
  readonly prepared: Prepared | null;
  /** Whether values were allowed to be missing when it was read: a model takes none. */
  readonly mayMiss: boolean;

  /** Throws DataError when x and y do not have the same number of examples, or a label is outside the classes. */
  constructor({
    name,
    x,
    y,
    task,
    featureNames,
    classes,
    labels,
    categories = {},
    prepared = null,
    mayMiss = false,
  }: Parts) {
    if (x.rank < 2) throw new DataError(`${name}: x ${show(x.shape)} needs an axis of examples and one of features`);
    if (x.shape[0] !== y.shape[0]) {
      throw new DataError(
        `${name}: x ${show(x.shape)} has ${x.shape[0]} examples, y ${show(y.shape)} has ${y.shape[0] ?? 0}`,
      );
    }
    const k = classes?.length ?? 0;
    const wrong = task === "classification" ? y.data.findIndex((label) => !(label >= 0 && label < k)) : -1;
    if (wrong >= 0)
      throw new DataError(`${name}: label ${y.data[wrong]} of example ${wrong} is outside the ${k} classes`);
    if (labels) checkLabels(name, y, labels);
    this.name = name;
    this.x = x;
    this.y = y;
    this.task = task;
    this.featureNames = featureNames;
    this.classes = classes;
    this.labels = labels;
    this.categories = categories;
    this.prepared = prepared;
    this.mayMiss = mayMiss;
    if (prepared) setOrigin(x, prepared);
  }

  /** Number of examples. */
  get size(): number {
    return this.x.shape[0] as number;
  }

  /** Whether the examples stay in their file and are read as they are needed; labels are in memory. */
  get streamed(): boolean {
    return this.x instanceof FileTensor;
  }

  /**
   * Each example in another shape, as [1, 8, 8] for an image of 64 columns. Throws DataError when it does not fit.
   *
   * @example dataset.reshape([2, 1]);
   */
  reshape(shape: Shape): Dataset {
    const has = sizeOf(this.x.shape.slice(1));
    if (!Array.isArray(shape) || sizeOf(shape) !== has) {
      throw new DataError(
        `reshape: an example ${show(this.x.shape.slice(1))} has ${has} values, which do not fill ${Array.isArray(shape) ? show(shape) : String(shape)}`,
      );
    }
    return this.with({ x: this.x.reshape([this.size, ...shape]) });
  }

  /**
   * Training, validation and test examples, drawn by `seed`: `split({ valid: 0.1, test: 0.2, seed: 7 })`. A number below 1 is a
   * fraction, a whole number a count. `stratify` keeps the shares of the classes. Throws ConfigError when a part would be empty.
   *
   * @example const splits = dataset.split({ valid: 0.1, test: 0.2, seed: 1 });
   */
  split(options: SplitOptions = {}): Splits {
    return this.partedInto(splitRows(this, options));
  }

  /**
   * k splits, each of which validates on another k-th and trains on the rest: `digits.folds(5, { seed: 1 })`; stratified where there are
   * classes. Transforms learn from each one's training part: `.map((fold) => fold.transform(data.standardize()))`.
   *
   * @example const folds = dataset.folds(5, { seed: 1 });
   */
  folds(k: number, options: FoldOptions = {}): Splits[] {
    return foldRows(this, k, options).map(({ train, valid }) => this.partedInto({ train, valid, test: [] }));
  }

  /** Parts of these rows. Throws ConfigError when transforms have learnt from all of them, or a class has no training example. */
  protected partedInto(rows: PartRows): Splits {
    this.#requireUnlearnt();
    this.#checkClasses(rows);
    // a file is read from its beginning to its end
    const drawn = (places: ArrayLike<number>) => this.rows(this.streamed ? Int32Array.from(places).sort() : places);
    const held = (part: "validation" | "test", places: ArrayLike<number>) => {
      if (places.length === 0) return undefined;
      const set = drawn(places);
      heldBack.set(set, part);
      return set;
    };
    return new Splits({
      train: drawn(rows.train),
      valid: held("validation", rows.valid),
      test: held("test", rows.test),
    });
  }

  /** A class that is not trained on is an error; of one that cannot be validated or tested the cell is told. */
  #checkClasses(rows: PartRows): void {
    const { y, classes } = this;
    if (this.task !== "classification" || y.rank !== 1 || !classes) return;
    const labels = y.data;
    const had = new Set(labels);
    const way = "take stratify: true, another seed, or leave the class out";
    for (const [part, name] of [
      ["train", "training"],
      ["valid", "validation"],
      ["test", "test"],
    ] as const) {
      if (rows[part].length === 0) continue;
      const seen = new Set(Array.from(rows[part], (row) => labels[row]));
      const absent = classes.filter((_, c) => had.has(c) && !seen.has(c));
      if (absent.length === 0) continue;
      const which = `${absent.length === 1 ? "class" : "classes"} ${shortList(absent)} ${absent.length === 1 ? "has" : "have"}`;
      const text = `split: of ${this.name} ${which} no ${name} examples; ${way}`;
      if (part === "train") throw new ConfigError(text);
      maybeContext()?.emit({ event: "text", stream: "stderr", text: `${text}\n` });
    }
  }

  #requireUnlearnt(): void {
    const steps = this.prepared?.steps.filter((step) => step.learnt) ?? [];
    if (steps.length === 0) return;
    const call = steps.map(({ transform: { type } }) => `data.${type}()`).join(", ");
    throw new ConfigError(
      `split: ${steps.map(({ transform: { type } }) => type).join(", ")} learnt from all ${this.size} examples, those to be held back too; split first: data.split({ ... }).transform(${call})`,
    );
  }

  /**
   * Features scaled by statistics of these examples: see `Splits.normalize`, which looks at the training part alone.
   *
   * @example const scaled = sets.normalize("standardize");
   */
  normalize(how: Normalization = "standardize"): Dataset {
    return this.transform(normalization(how));
  }

  /**
   * Features through transforms that are fitted to these examples, all of them: `Splits.transform` looks at the training part alone.
   * Throws ConfigError where these are validation or test examples, whose statistics no model may know.
   *
   * @example const prepared = sets.transform(data.standardize());
   */
  transform(...transforms: readonly Transform[]): Dataset {
    const part = heldBack.get(this);
    return checked(transforms).reduce<Dataset>((set, step) => {
      if (part && step.definition.collect) {
        throw new ConfigError(
          `${step.type}: these are ${part} examples, and what it learns must come from training ones; transform all parts at once: splits.transform(data.${step.type}())`,
        );
      }
      return set.prepare((set.prepared ?? new Prepared([])).with(step, set.x, set.columns));
    }, this);
  }

  /**
   * The features through the steps of `prepared` that these have not been through.
   *
   * @internal
   */
  prepare(prepared: Prepared): Dataset {
    const x = prepared.apply(this.x, this.prepared?.steps.length ?? 0);
    const { columns } = prepared;
    const categories = columns.flatMap(({ name, categories }) => (categories ? [[name, categories] as const] : []));
    const featureNames = columns.map(({ name }) => name);
    return this.with({ x, featureNames, categories: Object.fromEntries(categories), prepared });
  }

  /**
   * The features as they were before any transform. Throws ConfigError for one that cannot be undone.
   *
   * @example const raw = dataset.transform(data.standardize()).restored();
   */
  restored(): Dataset {
    const { prepared } = this;
    if (!prepared) return this;
    const categories = prepared.raw.flatMap(({ name, categories }) =>
      categories ? [[name, categories] as const] : [],
    );
    const featureNames = prepared.raw.map(({ name }) => name);
    const x = prepared.invert(this.x);
    return this.with({ x, featureNames, categories: Object.fromEntries(categories), prepared: null });
  }

  /** What each number of an example is. */
  get columns(): readonly Column[] {
    const width = sizeOf(this.x.shape.slice(1));
    const named = this.featureNames.length === width;
    return Array.from({ length: width }, (_, i) => {
      const name = named ? (this.featureNames[i] as string) : `x${i}`;
      const categories = this.categories[name];
      return categories ? { name, categories } : { name };
    });
  }

  /**
   * Throws DataError, `where` first, for what no model can take: missing values, or categories by numbers that no training part gave.
   *
   * @internal
   */
  requireComplete(where: string): void {
    const { columns } = this;
    const raw = columns.filter(({ categories }) => categories && categories[0] !== UNKNOWN);
    if (raw.length > 0) {
      throw new DataError(
        `${where}: ${shortList(raw.map(({ name }) => `"${name}"`))} of ${this.name} ${raw.length === 1 ? "holds" : "hold"} categories; make numbers of them with splits.tabular() and nn.tabular(splits), or with splits.transform(data.oneHot())`,
      );
    }
    if (!this.mayMiss) return;
    const { data } = this.x;
    const counts = columns.map(() => 0);
    for (let i = 0; i < data.length; i++) if (Number.isNaN(data[i])) counts[i % columns.length]!++;
    const total = counts.reduce((a, b) => a + b, 0);
    if (total === 0) return;
    const each = columns.flatMap(({ name }, c) => (counts[c] ? [`${name} ${counts[c]}`] : []));
    throw new DataError(
      `${where}: ${total} value${total === 1 ? " is" : "s are"} missing in ${this.name} (${shortList(each)}); fill in with splits.transform(data.impute({ strategy: "median" })), or leave such examples out with dropMissing()`,
    );
  }

  /**
   * The examples in which no value is missing. Throws DataError when there are none.
   *
   * @example const whole = dataset.dropMissing();
   */
  dropMissing(): Dataset {
    const { data } = this.x;
    const width = data.length / this.size;
    const whole = Array.from({ length: this.size }, (_, r) => r).filter((r) => {
      for (let c = 0; c < width; c++) if (Number.isNaN(data[r * width + c])) return false;
      return true;
    });
    if (whole.length > 0) return this.rows(whole);
    throw new DataError(
      `dropMissing: something is missing in each of the ${this.size} examples of ${this.name}; fill in with data.impute()`,
    );
  }

  /**
   * n / (classes * count) for each class, which makes all weigh the same. Throws DataError for values as targets, or a class without examples.
   *
   * @example data.blobs({ classes: 3 }).classWeights()
   */
  classWeights(): number[] {
    const { classes, y, task, name } = this;
    if (task !== "classification" || !classes)
      throw new DataError(`classWeights: ${name} has values as targets, not classes`);
    return balancedWeights(classCounts(y.data, classes.length), classes);
  }

  /**
   * The examples at these places, in this order.
   *
   * @example const first = dataset.rows([0, 1, 2]);
   */
  rows(order: ArrayLike<number>): Dataset {
    return this.with({ x: this.x.rows(order), y: this.y.rows(order) });
  }

  /**
   * This set with other parts.
   *
   * @internal
   */
  with(parts: Partial<Parts>): Dataset {
    const set = new Dataset({ ...this, ...parts });
    const part = heldBack.get(this);
    if (part) heldBack.set(set, part);
    return set;
  }

  toString(): string {
    const { classes, labels, task } = this;
    const named = classes ? `${classes.length} classes: ` : labels ? `${labels.length} labels: ` : "";
    const target = named ? named + shortList(classes ?? labels ?? []) : `targets ${show(this.y.shape.slice(1))}`;
    return `${this.name}: ${labels ? "several labels at once" : task}, ${this.size} examples ${show(this.x.shape.slice(1))} ${this.x.dtype}, ${target}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Throws DataError unless every label has a column of 0 and 1. */
function checkLabels(name: string, y: HostTensor, labels: readonly string[]): void {
  const [examples = 0, columns] = y.shape;
  if (y.rank !== 2 || columns !== labels.length) {
    throw new DataError(
      `${name}: ${labels.length} labels take y [${examples}, ${labels.length}], not ${show(y.shape)}`,
    );
  }
  const wrong = y.data.findIndex((v) => v !== 0 && v !== 1);
  if (wrong < 0) return;
  throw new DataError(
    `${name}: label "${labels[wrong % columns]}" of example ${Math.floor(wrong / columns)} is ${y.data[wrong]}, not 0 or 1`,
  );
}

/** Places of the examples of each part. */
export interface PartRows {
  readonly train: ArrayLike<number>;
  readonly valid: ArrayLike<number>;
  readonly test: ArrayLike<number>;
}

/** Throws ConfigError for what is no transform. */
function checked(transforms: readonly unknown[]): readonly Transform[] {
  if (transforms.length > 0 && transforms.every(isTransform)) return transforms as readonly Transform[];
  const wrong = transforms.find((given) => !isTransform(given));
  const what =
    typeof wrong === "function"
      ? "a function; call it, as in data.standardize()"
      : (JSON.stringify(wrong) ?? "nothing");
  throw new ConfigError(`transform: takes transforms, such as data.standardize() or data.pca({ k: 10 }), not ${what}`);
}

/** One data set in parts that share nothing. */
export class Splits {
  readonly train: Dataset;
  readonly valid: Dataset | undefined;
  readonly test: Dataset | undefined;

  constructor({ train, valid, test }: { train: Dataset; valid?: Dataset | undefined; test?: Dataset | undefined }) {
    this.train = train;
    this.valid = valid;
    this.test = test;
  }

  /**
   * Parts taken from the training examples, where a source gives them and test examples apart:
   * `(await data.idx("fashion")).split({ valid: 0.1, seed: 7 })`. Throws ConfigError for a part that is there already.
   */
  split(options: SplitOptions): Splits {
    const { train, valid, test } = this.train.split(options);
    for (const part of ["valid", "test"] as const) {
      if (this[part] && { valid, test }[part]) {
        throw new ConfigError(
          `split: there are ${part} examples already, ${this[part].size}; take the other part alone`,
        );
      }
    }
    return new Splits({ train, valid: valid ?? this.valid, test: test ?? this.test });
  }

  /**
   * Every feature scaled by what the training examples say of it, nothing else: `standardize` to mean 0 and population
   * deviation 1, `minmax` to [0, 1]; a constant feature is only moved. `{ scale, shift }` gives x * scale + shift.
   */
  normalize(how: Normalization = "standardize"): Splits {
    return this.transform(normalization(how));
  }

  /**
   * Features through transforms, in their order: `transform(data.impute(), data.standardize(), data.pca({ k: 10 }))`. Each is fitted
   * to the training part as those before it left it, and applied to all parts; runs and their checkpoints keep what was learnt.
   */
  transform(...transforms: readonly Transform[]): Splits {
    return checked(transforms).reduce<Splits>((splits, step) => {
      const { train } = splits;
      const prepared = (train.prepared ?? new Prepared([])).with(step, train.x, train.columns);
      return splits.#each((set) => set.prepare(prepared));
    }, this);
  }

  /**
   * A table as `nn.tabular` takes it: missing numbers become their column's median with a column that says so, numbers are
   * standardized, categories numbered; all by the training part.
   *
   * @example const table = dataset.split({ valid: 0.2, seed: 1 }).tabular();
   */
  tabular(): Splits {
    const { columns, x } = this.train;
    const steps: Transform[] = [];
    const width = columns.length;
    const numbers = columns.flatMap(({ categories }, c) => (categories ? [] : [c]));
    const { data } = x;
    const missing = numbers.filter((c) => {
      for (let i = c; i < data.length; i += width) if (Number.isNaN(data[i])) return true;
      return false;
    });
    const names = (places: readonly number[]) => places.map((c) => columns[c]?.name as string);
    if (this.train.mayMiss && numbers.length > 0) steps.push(transform.impute({ indicator: missing.length > 0 }));
    if (numbers.length > 0) steps.push(transform.standardize({ columns: names(numbers) }));
    if (numbers.length < width) steps.push(transform.encode());
    return this.transform(...steps);
  }

  /**
   * The training part with examples of smaller classes repeated, each once more before any twice more, drawn by `seed`, until every
   * class has as many as the largest; the other parts stay. Throws DataError where targets are values or a class is missing.
   *
   * @example const even = data.blobs({ classes: 3 }).split({ valid: 0.2, seed: 1 }).balanced({ seed: 1 });
   */
  balanced(options: { readonly seed?: number } = {}): Splits {
    const { seed } = check(balanceParams, options, "balanced");
    return new Splits({ train: this.train.rows(balancedRows(this.train, seed)), valid: this.valid, test: this.test });
  }

  /** What the transforms learnt from the training part; null when there are none. */
  get prepared(): Prepared | null {
    return this.train.prepared;
  }

  /** Each example in another shape: see `Dataset.reshape`. */
  reshape(shape: Shape): Splits {
    return this.#each((set) => set.reshape(shape));
  }

  #each(change: (set: Dataset) => Dataset): Splits {
    const { train, valid, test } = this;
    return new Splits({ train: change(train), valid: valid && change(valid), test: test && change(test) });
  }

  toString(): string {
    const parts = [["train", this.train] as const, ["valid", this.valid] as const, ["test", this.test] as const];
    const sizes = parts.flatMap(([name, set]) => (set ? [`${name} ${set.size}`] : []));
    return `${this.train.toString().replace(/\d+ examples/, "examples")}; ${sizes.join(", ")}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

function shortList(names: readonly string[]): string {
  return names.length > 10 ? `${names.slice(0, 10).join(", ")}, ...` : names.join(", ");
}
