import type { DType, Shape } from "../tensor/index.ts";
import { show, sizeOf } from "../tensor/index.ts";
import type { Attrs, OpRecord } from "./node.ts";
import { currentPart } from "./part.ts";
import { opNamed } from "./registry.ts";

let nextId = 0;

/**
 * A node of the graph: the value of `op` over `inputs`. Immutable and symbolic: it says what is computed, nothing is
 * allocated. Its fluent methods (`x.add(y)`) are installed by methods.ts.
 */
export class Tensor {
  readonly id: number = nextId++;
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attrs: Attrs;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The part of a step that it was made for; the value does not depend on it. */
  readonly part = currentPart();

  constructor(op: string, inputs: readonly Tensor[], attrs: Attrs, shape: Shape, dtype: DType) {
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.shape = shape;
    this.dtype = dtype;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get record(): OpRecord {
    return opNamed(this.op);
  }

  /** `Tensor [64, 10] f32 = add(...)`: a graph value has no numbers yet. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${show(this.shape)} ${this.dtype} (symbolic: ${this.op})`;
  }
}

/** Makes the node `op(inputs)`. Throws ShapeError when the inputs do not fit. */
export function apply(op: string, inputs: readonly Tensor[], attrs: Attrs = {}): Tensor {
  const { shape, dtype } = opNamed(op).infer(inputs, attrs);
  return new Tensor(op, inputs, attrs, shape, dtype);
}

/** A value from outside the graph, by name: parameters, data, scalars of the step. */
export function input(name: string, shape: Shape, dtype: DType = "f32"): Tensor {
  return new Tensor("input", [], { name, shape, dtype }, shape, dtype);
}

/** A word of the step's scalar block: learning rate, step number, cursor into the permutation. */
export function scalar(name: string, dtype: DType = "f32"): Tensor {
  return new Tensor("input", [], { name, scalar: true, shape: [], dtype }, [], dtype);
}

/** The same number everywhere. */
export function constant(value: number, shape: Shape = [], dtype: DType = "f32"): Tensor {
  return new Tensor("constant", [], { value, shape, dtype }, shape, dtype);
}
