import { ConfigError } from "../errors/index.ts";
import { type Batches, type Extent, extentOf, sameExtents } from "../onnx/index.ts";
import { evaluate, literalValue, saidOf, Tensor } from "../ops/index.ts";
import type { DType, HostTensor } from "../tensor/index.ts";
import { type Expression, extentText, held, LEVEL, numberText } from "./expression.ts";
import { idioms } from "./idioms.ts";
import { names, operations } from "./operations.ts";

/** A node as it is for two numbers of examples. */
export type Pair = readonly [small: Tensor, large: Tensor];

/** A call of a module, whose results stand in the graph as inputs. */
export interface CallSite {
  /** `self.out`. */
  readonly callee: string;
  /** What its results are called, where they need a name. */
  readonly name: string;
  readonly positional: readonly Pair[];
  readonly named: readonly (readonly [name: string, value: Pair])[];
  /** What it returns, in its order: y first. */
  readonly results: readonly Pair[];
}

export interface WriterOptions {
  readonly batches: Batches;
  /** Values that are there, by the tensor of the small graph. */
  readonly sources: ReadonlyMap<Tensor, Expression>;
  readonly calls?: readonly CallSite[];
  /** Names that are taken. */
  readonly taken?: readonly string[];
  /** The number of examples, `x.shape[0]`. */
  readonly examples: string;
  /** `x.device`. */
  readonly device: string;
  /** A name for numbers that are too many to be written. */
  readonly table: (host: HostTensor) => string;
  /** Who is told in messages. */
  readonly where: string;
  /** A number of the step that is computed outside of the graph. */
  readonly scalar?: (node: Tensor) => Expression;
  /** Results may be smaller than they are to be, where what takes them broadcasts. */
  readonly loose?: boolean;
}

/** Longer expressions get a line and a name of their own. */
const INLINE = 40;
/** But for what is returned. */
const WIDE = 90;

/** Writes graphs of tensors as lines of Python. */
export class Writer {
  readonly lines: string[] = [];
  readonly #options: WriterOptions;
  readonly #values = new Map<Tensor, Expression>();
  readonly #uses = new Map<Tensor, number>();
  readonly #calls = new Map<Tensor, CallSite>();
  readonly #taken: Set<string>;
  readonly #roots = new Set<Tensor>();
  #usesBatch = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#taken = new Set([...KEYWORDS, ...(options.taken ?? [])]);
    for (const call of options.calls ?? []) for (const [result] of call.results) this.#calls.set(result, call);
  }

  /** The values of `outputs`, written with all that they need. */
  write(outputs: readonly Pair[]): Expression[] {
    const count = new Set<Tensor>();
    const visit = (pair: Pair): void => {
      const [node] = pair;
      this.#uses.set(node, (this.#uses.get(node) ?? 0) + 1);
      if (count.has(node)) return;
      count.add(node);
      for (const input of this.#inputsOf(pair)) visit(input);
    };
    for (const output of outputs) visit(output);
    for (const [node] of outputs) if (this.uses(node) === 1) this.#roots.add(node);
    const written = outputs.map((output) => (this.#options.loose ? this.value(output) : this.whole(output)));
    if (this.#usesBatch) this.lines.unshift(`n = ${this.#options.examples}`);
    return written;
  }

  get device(): string {
    return this.#options.device;
  }

  /** A node's value, which may have to be broadcast. */
  value(pair: Pair): Expression {
    const [node] = pair;
    const known = this.#values.get(node);
    if (known) return known;
    const made = this.#make(pair);
    const value = this.#isKept(node, made) ? this.#assign(node, made) : made;
    this.#values.set(node, value);
    return value;
  }

  /** A node's value in its whole shape, as a tensor. */
  whole(pair: Pair): Expression {
    const value = this.value(pair);
    const wanted = this.shape(pair);
    if (value.number && wanted.length > 0) return { ...value, ...this.#filled(value, wanted), number: false };
    if (sameExtents(value.shape, wanted)) return value;
    const sizes = wanted.map((d) => this.extent(d)).join(", ");
    return { ...value, text: `${held(value, LEVEL.atom)}.expand(${sizes})`, level: LEVEL.atom, shape: wanted };
  }

  #filled(
    { text, dtype }: Expression,
    shape: readonly Extent[],
  ): { text: string; level: number; shape: readonly Extent[] } {
    const sizes = this.sizes(shape);
    const rest = `device=${this.device}`;
    const plain = dtype === "f32" && (text === "0" || text === "1");
    const made = plain
      ? `torch.${text === "0" ? "zeros" : "ones"}(${shape.map((d) => this.extent(d)).join(", ")}, ${rest})`
      : `torch.full(${sizes}, ${dtype === "f32" && /^-?\d+$/.test(text) ? `${text}.0` : text}, ${rest})`;
    return { text: made, level: LEVEL.atom, shape };
  }

  /** How often a node is used. */
  uses(node: Tensor): number {
    return this.#uses.get(node) ?? 0;
  }

  /** Whether a node is computed here by its op, so that what uses it may write it in another way. */
  isPlain(node: Tensor): boolean {
    return (
      !this.#options.sources.has(node) &&
      !this.#calls.has(node) &&
      !this.#values.has(node) &&
      !this.#idiom([node, node])
    );
  }

  shape([small, large]: Pair): Extent[] {
    return this.extents(small, small.shape, large.shape);
  }

  /** Lengths that may depend on the number of examples. */
  extents(node: Tensor, a: readonly number[], b: readonly number[]): Extent[] {
    if (a.length !== b.length) throw this.#cannot(node, "is another computation for other numbers of examples");
    return a.map((d, i) => {
      const extent = extentOf(d, b[i] as number, this.#options.batches);
      // a length that is no line in the number of examples passes for a steep one
      const steep = typeof extent === "object" && Math.abs(extent.plus) >= this.#options.batches.small;
      if (extent === undefined || steep) throw this.#cannot(node, "depends on the number of examples");
      return extent;
    });
  }

  extent(extent: Extent): string {
    if (typeof extent !== "number") this.#usesBatch = true;
    return extentText(extent);
  }

  /** As a tuple. */
  sizes(extents: readonly Extent[]): string {
    return `(${extents.map((d) => this.extent(d)).join(", ")}${extents.length === 1 ? "," : ""})`;
  }

  /** An attribute that does not depend on the number of examples. */
  fixed<T>([small, large]: Pair, name: string): T {
    if (JSON.stringify(small.attrs[name]) !== JSON.stringify(large.attrs[name]))
      throw this.#cannot(small, "depends on the number of examples");
    return small.attrs[name] as T;
  }

  cannot(node: Tensor, why: string): ConfigError {
    return this.#cannot(node, why);
  }

  #cannot(node: Tensor, why: string): ConfigError {
    return new ConfigError(`exportPyTorch: ${this.#options.where}: op ${node.op} ${why}`);
  }

  /** What a node is written with. */
  #inputsOf(pair: Pair): readonly Pair[] {
    const [small, large] = pair;
    if (this.#options.sources.has(small)) return [];
    const call = this.#calls.get(small);
    if (call) return [...call.positional, ...call.named.map(([, value]) => value)];
    const idiom = this.#idiom(pair);
    if (idiom) return idiom.tensors;
    return small.inputs.map((input, i) => [input, large.inputs[i] as Tensor]);
  }

  /** The function that a node is the value of, where PyTorch has it. */
  #idiom([small, large]: Pair) {
    const [a, b] = [saidOf(small), saidOf(large)];
    const write = a && idioms[a.name];
    if (!a || !b || !write || a.name !== b.name || a.args.length !== b.args.length) return undefined;
    const tensors: Pair[] = [];
    const plain: unknown[] = [];
    for (const [i, arg] of a.args.entries()) {
      if (arg instanceof Tensor) tensors.push([arg, b.args[i] as Tensor]);
      else plain.push(arg);
    }
    const others = b.args.filter((arg) => !(arg instanceof Tensor));
    if (a.name !== "uniform" && JSON.stringify(plain) !== JSON.stringify(others)) return undefined;
    if (write.fits && !write.fits(small, plain, tensors)) return undefined;
    return { write, tensors: a.name === "uniform" ? [] : tensors, plain };
  }

  #make(pair: Pair): Expression {
    const [small, large] = pair;
    const source = this.#options.sources.get(small);
    if (source) return source;
    const call = this.#calls.get(small);
    if (call) return this.#called(call, pair);
    if (small.op !== large.op || small.inputs.length !== large.inputs.length)
      throw this.#cannot(small, "is another computation for other numbers of examples");
    const idiom = this.#idiom(pair);
    if (idiom) {
      const { text, level = LEVEL.atom, shape } = idiom.write.write(this, idiom.tensors, idiom.plain, pair);
      return { text, level, shape: shape ?? this.shape(pair), dtype: small.dtype, number: false };
    }
    if (small.op === "input" && small.attrs.scalar === true && this.#options.scalar) return this.#options.scalar(small);
    if (small.op === "input") return this.#table(small);
    if (small.op === "constant") return this.#constant(pair);
    const folded = this.#folded(pair);
    if (folded) return folded;
    const write = operations[small.op];
    if (!write) throw this.#cannot(small, "has no counterpart in PyTorch");
    return write(this, pair);
  }

  #constant([small, large]: Pair): Expression {
    const [a, b] = [small.attrs.value as number, large.attrs.value as number];
    const dtype = small.dtype;
    const about = { shape: [], dtype, number: true };
    if (dtype === "bool") return { text: a ? "True" : "False", level: LEVEL.atom, ...about };
    if (a === b || Number.isNaN(a)) {
      const text = numberText(a);
      return { text, level: text.startsWith("-") ? LEVEL.sign : LEVEL.atom, ...about };
    }
    // a power of the number of examples
    const { small: n, large: m } = this.#options.batches;
    for (const power of [1, -1, 2, -2, 0.5, -0.5]) {
      const share = a / n ** power;
      if (Math.abs(share - b / m ** power) > 1e-9 * Math.abs(share)) continue;
      this.#usesBatch = true;
      const many = power === 1 || power === -1 ? "n" : `n ** ${Math.abs(power)}`;
      const factor = numberText(share);
      if (power < 0) return { text: `${factor} / ${many}`, level: LEVEL.product, ...about };
      return factor === "1"
        ? { text: many, level: many === "n" ? LEVEL.atom : LEVEL.power, ...about }
        : { text: `${factor} * ${many}`, level: LEVEL.product, ...about };
    }
    throw this.#cannot(small, "depends on the number of examples");
  }

  /** What is computed from numbers alone is a number. */
  #folded([small, large]: Pair): Expression | undefined {
    const numbers = (node: Tensor): boolean =>
      node.op === "constant" || (node.op === "broadcast" && numbers(node.inputs[0] as Tensor));
    const alike = small.inputs.every((x, i) => numbers(x) && x.attrs.value === large.inputs[i]?.attrs.value);
    if (small.inputs.length === 0 || !alike || !names.elementwise.has(small.op)) return undefined;
    const scalars = small.inputs.map((x) => new Tensor("constant", [], { ...x.attrs, shape: [] }, [], x.dtype));
    const value = evaluate([new Tensor(small.op, scalars, small.attrs, [], small.dtype)])[0]?.data[0] as number;
    if (small.dtype === "bool")
      return { text: value ? "True" : "False", level: LEVEL.atom, shape: [], dtype: "bool", number: true };
    const text = numberText(value);
    return { text, level: value < 0 ? LEVEL.sign : LEVEL.atom, shape: [], dtype: small.dtype, number: true };
  }

  /** Numbers that a function uses: written where they are few. */
  #table(node: Tensor): Expression {
    const host = literalValue(node);
    if (!host) throw this.#cannot(node, `reads "${String(node.attrs.name)}", which a script does not know`);
    const { shape, dtype } = node;
    const about = { level: LEVEL.atom, shape, dtype, number: false };
    if (host.size > 12) return { text: this.#options.table(host), ...about };
    return { text: `torch.tensor(${listed([...host.data], shape, dtype)}, device=${this.device})`, ...about };
  }

  #called({ callee, name, positional, named, results }: CallSite, pair: Pair): Expression {
    const args = [
      ...positional.map((arg) => this.whole(arg).text),
      ...named.map(([key, arg]) => `${key}=${this.whole(arg).text}`),
    ];
    const text = `${callee}(${args.join(", ")})`;
    const about = (result: Pair) => ({
      level: LEVEL.atom,
      shape: this.shape(result),
      dtype: result[0].dtype,
      number: false,
    });
    if (results.length === 1) return { text, ...about(pair) };
    const own = results.map((_, i) => this.#unique(i === 0 ? name : `${name}_state`));
    this.lines.push(`${own.join(", ")} = ${text}`);
    for (const [i, result] of results.entries())
      this.#values.set(result[0], { text: own[i] as string, ...about(result) });
    return this.#values.get(pair[0]) as Expression;
  }

  #isKept(node: Tensor, { text, number }: Expression): boolean {
    if (number || this.#options.sources.has(node) || /^[\w.]+$/.test(text)) return false;
    if (this.#calls.has(node)) return this.uses(node) > 1 || text.length > (this.#roots.has(node) ? WIDE : INLINE);
    if (this.uses(node) > 1) return !(names.free.has(node.op) && text.length <= 24);
    return text.length > (this.#roots.has(node) ? WIDE : INLINE);
  }

  #assign(node: Tensor, made: Expression): Expression {
    const call = this.#calls.get(node);
    const said = saidOf(node);
    const wanted = call?.name ?? names.of[said?.name ?? ""] ?? names.of[node.op] ?? "h";
    const name = this.#unique(wanted);
    this.lines.push(`${name} = ${made.text}`);
    return { ...made, text: name, level: LEVEL.atom };
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let i = 2; this.#taken.has(name); i++) name = `${wanted}${i}`;
    this.#taken.add(name);
    return name;
  }
}

const KEYWORDS = [
  "n",
  "self",
  "torch",
  "nn",
  "F",
  "np",
  "math",
  "lambda",
  "in",
  "is",
  "as",
  "and",
  "or",
  "not",
  "if",
  "else",
  "for",
  "def",
  "return",
  "class",
  "pass",
  "with",
  "from",
  "import",
  "del",
  "global",
  "None",
  "True",
  "False",
  "try",
  "raise",
  "while",
  "yield",
  "assert",
  "async",
  "await",
  "break",
  "continue",
  "except",
  "finally",
  "nonlocal",
  "elif",
  "print",
  "len",
  "range",
  "type",
  "max",
  "min",
  "sum",
  "abs",
];

function listed(data: readonly number[], shape: readonly number[], dtype: DType): string {
  const one = (v: number) =>
    dtype === "bool" ? (v ? "True" : "False") : dtype === "f32" && Number.isInteger(v) ? `${v}.0` : numberText(v);
  const [length = 0, ...rest] = shape;
  if (shape.length === 0) return one(data[0] as number);
  const each = data.length / length;
  return `[${Array.from({ length }, (_, i) => listed(data.slice(i * each, (i + 1) * each), rest, dtype)).join(", ")}]`;
}
