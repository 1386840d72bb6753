import { ConfigError, DataError } from "../errors/index.ts";
import { HostTensor, type Shape, sizeOf } from "../tensor/index.ts";
import { FileTensor } from "./stream/index.ts";
import { type Column, Fitted, type FittedJson, piecesOf, type Rows, type Transform } from "./transforms/index.ts";

/** How features became what a model is given: transforms in their order, each fitted to the training examples. */
export class Prepared {
  readonly steps: readonly Fitted[];

  constructor(steps: readonly Fitted[]) {
    this.steps = steps;
  }

  /** With one more step, fitted to examples that these steps have prepared. */
  with(transform: Transform, train: HostTensor, columns: readonly Column[]): Prepared {
    requireNumbers(transform.type, train);
    const pieces = { shape: train.shape.slice(1), columns, rows: () => piecesOf(train) };
    return new Prepared([...this.steps, Fitted.to(transform, pieces)]);
  }

  /** Whether any step learnt from examples. */
  get learnt(): boolean {
    return this.steps.some((step) => step.learnt);
  }

  /** Columns before the first step. */
  get raw(): readonly Column[] {
    return this.steps[0]?.columns ?? [];
  }

  /** Columns after the last step. */
  get columns(): readonly Column[] {
    return this.steps.at(-1)?.after ?? [];
  }

  /** Examples [N, ...] through the steps from `from` on; their shape stays where they have as many numbers as before. */
  apply(x: HostTensor, from = 0): HostTensor {
    return this.steps.slice(from).reduce((now, step) => {
      requireNumbers(step.transform.type, now);
      const { each } = step;
      // bytes stay bytes
      if (each && sizeOf(now.shape.slice(1)) === step.columns.length) return now.scaled(each.groups, each.change);
      return inPieces(now, (rows) => step.apply(rows));
    }, x);
  }

  /** Prepared examples as they were, as near as what the steps kept allows. Throws ConfigError for a step that cannot be undone. */
  invert(x: HostTensor): HostTensor {
    return [...this.steps].reverse().reduce((now, step) => inPieces(now, (rows) => step.invert(rows)), x);
  }

  /**
   * Raw examples of another source, whose categories may have other numbers or be unknown here: by their names.
   * Throws DataError when columns are missing.
   */
  applyNamed(x: HostTensor, columns: readonly Column[], where: string): HostTensor {
    const { raw } = this;
    const other = raw.findIndex(({ name }, c) => columns[c]?.name !== name);
    if (columns.length !== raw.length || other >= 0) {
      const at = other >= 0 ? other : raw.length;
      const expected = raw[at] ? `"${raw[at]?.name}"` : "none";
      throw new DataError(
        `${where}: column ${at + 1} is ${columns[at] ? `"${columns[at]?.name}"` : "missing"} and was ${expected} in training; give the same columns in the same order`,
      );
    }
    const codes = raw.map(({ categories }, c) => {
      const own = columns[c]?.categories;
      return categories && own ? own.map((name) => categories.indexOf(name)) : undefined;
    });
    if (codes.every((code) => code === undefined)) return this.apply(x);
    const data = Float32Array.from(x.data, (value, i) => {
      const code = codes[i % raw.length];
      // of an unknown category: a number that no category has
      return code && !Number.isNaN(value) ? (code[value] ?? -1) : value;
    });
    return this.apply(new HostTensor(x.shape, "f32", data));
  }

  /** Whether both do the same to every example. */
  equals(other: Prepared | null): boolean {
    return this === other || JSON.stringify(this) === JSON.stringify(other);
  }

  toString(): string {
    return this.steps.join("; ");
  }

  toJSON(): readonly FittedJson[] {
    return this.steps.map((step) => step.toJSON());
  }

  /** From what `toJSON` gave. */
  static from(json: readonly FittedJson[]): Prepared {
    return new Prepared(json.map((step) => Fitted.from(step)));
  }
}

function requireNumbers(where: string, { dtype }: HostTensor): void {
  if (dtype === "f32") return;
  throw new ConfigError(`${where}: features are ${dtype}; only f32 can be transformed`);
}

/** Rows in pieces, from f32 to f32: what a step was fitted to is what it is given. */
function inPieces(x: HostTensor, how: (rows: Rows) => Rows): HostTensor {
  if (x instanceof FileTensor) return x.through(how);
  const count = x.shape[0] as number;
  const example = x.shape.slice(1);
  let out: Float32Array | undefined;
  let width = sizeOf(example);
  let at = 0;
  for (const piece of piecesOf(x)) {
    const made = how(piece);
    out ??= new Float32Array(count * made.width);
    width = made.width;
    out.set(made.data, at);
    at += made.data.length;
  }
  const shape: Shape = width === sizeOf(example) ? example : [width];
  return new HostTensor([count, ...shape], "f32", out ?? new Float32Array(0));
}
