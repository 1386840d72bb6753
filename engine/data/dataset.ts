import { ConfigError, DataError } from "../errors/index.ts";
import { type HostTensor, type Shape, show, sizeOf } from "../tensor/index.ts";
import { type Normalization, normalizer } from "./normalize.ts";
import { type SplitOptions, splitRows } from "./split.ts";

export type Task = "classification" | "regression";

interface Parts {
  readonly name: string;
  readonly x: HostTensor;
  readonly y: HostTensor;
  readonly task: Task;
  readonly featureNames: readonly string[];
  readonly classes?: readonly string[] | undefined;
}

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

  /** Throws DataError when x and y do not have the same number of examples, or a label is outside the classes. */
  constructor({ name, x, y, task, featureNames, classes }: Parts) {
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
    this.name = name;
    this.x = x;
    this.y = y;
    this.task = task;
    this.featureNames = featureNames;
    this.classes = classes;
  }

  /** Number of examples. */
  get size(): number {
    return this.x.shape[0] as number;
  }

  /** Each example in another shape, as [1, 8, 8] for an image of 64 columns. Throws DataError when it does not fit. */
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
   */
  split(options: SplitOptions = {}): Splits {
    const { train, valid, test } = splitRows(this, options);
    const part = (rows: ArrayLike<number>) => (rows.length ? this.rows(rows) : undefined);
    return new Splits({ train: this.rows(train), valid: part(valid), test: part(test) });
  }

  /** Features scaled by statistics of these examples: see `Splits.normalize`, which looks at the training part alone. */
  normalize(how: Normalization = "standardize"): Dataset {
    return this.with({ x: normalizer(this.x, how)(this.x) });
  }

  /** The examples at these places, in this order. */
  rows(order: ArrayLike<number>): Dataset {
    return this.with({ x: this.x.rows(order), y: this.y.rows(order) });
  }

  /** This set with other tensors. */
  with(parts: { x?: HostTensor; y?: HostTensor }): Dataset {
    return new Dataset({ ...this, ...parts });
  }

  toString(): string {
    const { classes, task } = this;
    const target = classes
      ? `${classes.length} classes: ${shortList(classes)}`
      : `targets ${show(this.y.shape.slice(1))}`;
    return `${this.name}: ${task}, ${this.size} examples ${show(this.x.shape.slice(1))} ${this.x.dtype}, ${target}`;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
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
    const apply = normalizer(this.train.x, how);
    return this.#each((set) => set.with({ x: apply(set.x) }));
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
