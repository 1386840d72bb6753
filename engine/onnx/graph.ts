import { type DType, HostTensor } from "../tensor/index.ts";
import type { Extent } from "./extent.ts";
import type { Attribute, ElementType, NodeProto, TensorProto } from "./proto.ts";

/** A value of the ONNX graph: its name, and the shape that it really has, which broadcasts to that of its tensor. */
export interface Value {
  readonly name: string;
  readonly shape: readonly Extent[];
}

/** The number of bytes that a file in one piece cannot reach: messages of protobuf are shorter than 2 GB. */
export const MOST_BYTES = 2 ** 31 - 1;

/** An ONNX graph while it is written: names are unique, equal constants are there once. */
export class OnnxGraph {
  readonly nodes: NodeProto[] = [];
  readonly initializers = new Map<string, TensorProto>();
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, string>();
  readonly #input: string;
  #batch: string | undefined;
  /** The layer that nodes are made for. */
  part = "";

  constructor(input: string, reserved: readonly string[]) {
    this.#input = input;
    for (const name of [input, ...reserved]) this.#names.add(name);
  }

  /** Adds a node and gives the name of its output. */
  node(opType: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const name = this.#unique(`${this.part === "" ? "" : `${this.part}/`}${opType}`);
    this.nodes.push({ name, opType, input, output: [name], attributes });
    return name;
  }

  /** A tensor with its numbers, under a name of its own. */
  initializer(name: string, host: HostTensor): string {
    if (!this.initializers.has(name)) this.initializers.set(name, protoOf(name, host));
    return name;
  }

  /** The same numbers are one initializer, whatever asks for them. */
  constant(host: HostTensor): string {
    return this.#once(`${host.dtype} ${host.shape} ${host.data.join()}`, "constant", (name) => protoOf(name, host));
  }

  scalar(value: number, dtype: DType = "f32"): string {
    const data =
      dtype === "f32" ? Float32Array.of(value) : dtype === "i32" ? Int32Array.of(value) : Uint32Array.of(value);
    return this.constant(new HostTensor([], dtype, data));
  }

  /** A list of lengths or positions, i64, worked out when the model runs where some depend on the number of examples. */
  integers(extents: readonly Extent[]): string {
    if (extents.every((d) => typeof d === "number")) return this.#list(extents);
    const pieces = extents.map((d) => {
      if (typeof d === "number") return this.#list([d]);
      const scaled = d.times === 1 ? this.#batchSize() : this.node("Mul", [this.#batchSize(), this.#list([d.times])]);
      return d.plus === 0 ? scaled : this.node("Add", [scaled, this.#list([d.plus])]);
    });
    return pieces.length === 1 ? (pieces[0] as string) : this.node("Concat", pieces, { axis: 0 });
  }

  /** Bytes of all numbers. */
  get bytes(): number {
    return [...this.initializers.values()].reduce((total, { bytes }) => total + bytes.length, 0);
  }

  /** Calls a value by another name, everywhere. */
  rename(from: string, to: string): void {
    const other = (name: string) => (name === from ? to : name);
    this.nodes.splice(
      0,
      this.nodes.length,
      ...this.nodes.map((node) => ({ ...node, input: node.input.map(other), output: node.output.map(other) })),
    );
  }

  /** Leaves out what `output` does not depend on. */
  prune(output: string): void {
    const wanted = new Set([output]);
    const kept: NodeProto[] = [];
    for (const node of this.nodes.toReversed()) {
      if (!node.output.some((name) => wanted.has(name))) continue;
      kept.push(node);
      for (const name of node.input) wanted.add(name);
    }
    this.nodes.splice(0, this.nodes.length, ...kept.reverse());
    for (const name of this.initializers.keys()) if (!wanted.has(name)) this.initializers.delete(name);
  }

  #batchSize(): string {
    const before = this.part;
    this.part = "";
    this.#batch ??= this.node("Slice", [this.node("Shape", [this.#input]), this.#list([0]), this.#list([1])]);
    this.part = before;
    return this.#batch;
  }

  #list(numbers: readonly number[]): string {
    const bytes = new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer);
    return this.#once(`i64 ${numbers}`, "integers", (name) => ({
      ...{ name, type: "i64" as const, dims: [numbers.length], bytes },
    }));
  }

  #once(key: string, kind: string, make: (name: string) => TensorProto): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#unique(kind);
    this.initializers.set(name, make(name));
    this.#constants.set(key, name);
    return name;
  }

  #unique(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#names.has(name); n++) name = `${wanted}_${n}`;
    this.#names.add(name);
    return name;
  }
}

function protoOf(name: string, { shape, dtype, data }: HostTensor): TensorProto {
  const words = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const type: ElementType = dtype;
  return { name, type, dims: shape, bytes: dtype === "bool" ? Uint8Array.from(data) : words };
}
