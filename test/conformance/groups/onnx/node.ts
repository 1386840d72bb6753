import { cast, reshape, type Tensor } from "../../../../engine/ops/index.ts";
import { type Config, type Numbers, Unsupported } from "../../case.ts";

/** A value of an ONNX graph: what the library computes, and its numbers where they are known before anything runs. */
export interface Value {
  readonly tensor: Tensor;
  readonly known?: Numbers | undefined;
}

/** One node of an ONNX graph, with readers for what its operator takes. */
export class Node {
  readonly op: string;
  readonly opset: number;
  readonly outputs: readonly string[];
  readonly #inputs: readonly (Value | undefined)[];
  readonly #attributes: Config;

  constructor(
    op: string,
    opset: number,
    given: { inputs: readonly (Value | undefined)[]; outputs: readonly string[]; attributes: Config },
  ) {
    this.op = op;
    this.opset = opset;
    this.outputs = given.outputs;
    this.#inputs = given.inputs;
    this.#attributes = given.attributes;
  }

  get count(): number {
    return this.#inputs.length;
  }

  /** Input i as a tensor. */
  x(i = 0): Tensor {
    const found = this.maybe(i);
    if (!found) throw new Unsupported(`${this.op} without input ${i}`);
    return found;
  }

  maybe(i: number): Tensor | undefined {
    return this.#inputs[i]?.tensor;
  }

  /** All inputs as tensors. */
  all(): Tensor[] {
    return Array.from({ length: this.count }, (_, i) => this.x(i));
  }

  /** Input i in f32, whatever its type, and back to that of input 0 afterwards. */
  inFloat(f: (x: Tensor, ...rest: Tensor[]) => Tensor): Tensor {
    const { dtype } = this.x();
    const [first, ...rest] = this.all().map((x) => cast(x, "f32"));
    return cast(f(first as Tensor, ...rest), dtype);
  }

  /** Numbers of input i, which must be known before the graph runs. */
  numbers(i: number): number[] | undefined {
    const input = this.#inputs[i];
    if (!input) return undefined;
    if (!input.known) throw new Unsupported(`${this.op}: input ${i} is computed`);
    return [...input.known.data];
  }

  attribute<T = number>(name: string, otherwise: NoInfer<T>): T {
    return (this.#attributes[name] as T | undefined) ?? otherwise;
  }

  integers(name: string, otherwise: readonly number[]): readonly number[] {
    return this.attribute<readonly number[]>(name, otherwise);
  }

  has(name: string): boolean {
    return name in this.#attributes;
  }

  /** A list that newer versions take as input i and older ones as an attribute. */
  list(i: number, name: string): number[] | undefined {
    return this.numbers(i) ?? (this.has(name) ? [this.attribute<number | number[]>(name, [])].flat() : undefined);
  }

  /** A number that newer versions take as input i and older ones as an attribute. */
  number(i: number, name: string): number | undefined {
    return this.list(i, name)?.[0];
  }

  /** Two operands; the older `axis` says where the second lines up with the first. */
  pair(): readonly [Tensor, Tensor] {
    const [a, b] = [this.x(0), this.x(1)];
    if (!this.has("axis") || b.rank === 0) return [a, b];
    const axis = (this.attribute("axis", 0) + a.rank) % a.rank;
    const trailing = Math.max(0, a.rank - axis - b.rank);
    return [a, reshape(b, [...b.shape, ...Array.from({ length: trailing }, () => 1)])];
  }
}

/** What an operator gives: one tensor, or one for each output. */
export type Result = Tensor | readonly (Tensor | undefined)[];

export type Operators = Readonly<Record<string, (node: Node) => Result>>;
