import type { BinaryOp, UnaryOp } from "../backends/launch.ts";
import { ShapeError } from "../errors/index.ts";
import { type DType, type Shape, sameShape, show } from "../tensor/index.ts";
import { wrap } from "./loops.ts";
import { broadcastTo } from "./movement.ts";
import type { OpRecord } from "./node.ts";
import { apply, type Tensor } from "./tensor.ts";

type Cost = "free" | "cheap" | "costly";

interface Unary {
  summary: string;
  cost?: Cost;
  /** bool for `not`; f32 when not given. */
  takes?: DType;
  gives?: DType;
  /** Cotangent of x. Without it the derivative is zero wherever it exists. */
  grad?(c: { x: Tensor; y: Tensor; g: Tensor }): Tensor;
  reference(x: number): number;
}

interface Binary {
  summary: string;
  cost?: Cost;
  takes: readonly DType[];
  /** dtype of the operands when not given. */
  gives?: DType;
  grad?(c: { a: Tensor; b: Tensor; y: Tensor; g: Tensor }): readonly [Tensor, Tensor];
  /** Integers are wrapped to 32 bits afterwards. */
  reference(a: number, b: number, dtype: DType): number;
}

/** Record of the elementwise op `name` of one input. */
export function unaryOp(name: string, fn: UnaryOp, o: Unary): OpRecord {
  const { takes = "f32", gives = takes, grad } = o;
  return {
    summary: o.summary,
    infer: ([x]) => {
      if ((x as Tensor).dtype !== takes) throw dtypeError(name, x as Tensor, [takes]);
      return { shape: (x as Tensor).shape, dtype: gives };
    },
    ...(grad && { grad: ({ inputs, output, g }) => [grad({ x: inputs[0] as Tensor, y: output, g })] }),
    batch: ([x]) => apply(name, [x as Tensor]),
    reference: ([x]) => Float64Array.from(x?.data ?? [], (v) => o.reference(v)),
    lower: {
      kind: "element",
      cost: o.cost ?? "cheap",
      pointwise: true,
      emit: (e, at, node) => e.unary(fn, e.read(node.inputs[0] as Tensor, at)),
    },
  };
}

/** Record of the elementwise op `name` of two inputs of equal shape and dtype. */
export function binaryOp(name: string, fn: BinaryOp, o: Binary): OpRecord {
  const { takes, grad } = o;
  return {
    summary: o.summary,
    infer: ([a, b]) => {
      sameKind(name, a as Tensor, b as Tensor);
      if (!takes.includes((a as Tensor).dtype)) throw dtypeError(name, a as Tensor, takes);
      return { shape: (a as Tensor).shape, dtype: o.gives ?? (a as Tensor).dtype };
    },
    ...(grad && {
      grad: ({ inputs, output, g }) => grad({ a: inputs[0] as Tensor, b: inputs[1] as Tensor, y: output, g }),
    }),
    batch: (inputs, mapped, _attrs, lanes) => apply(name, allMapped(inputs, mapped, lanes)),
    reference: ([a, b]) => {
      const dtype = a?.dtype ?? "f32";
      return Float64Array.from(a?.data ?? [], (v, i) => wrap(o.reference(v, b?.data[i] as number, dtype), dtype));
    },
    lower: {
      kind: "element",
      cost: o.cost ?? "cheap",
      pointwise: true,
      emit: (e, at, { inputs: [a, b] }) => e.binary(fn, e.read(a as Tensor, at), e.read(b as Tensor, at)),
    },
  };
}

/** Throws ShapeError unless a and b have one shape and one dtype. */
export function sameKind(name: string, a: Tensor, b: Tensor): void {
  if (a.dtype !== b.dtype) throw new ShapeError(`${name}: ${a.dtype} against ${b.dtype}; cast one of them`);
  if (!sameShape(a.shape, b.shape)) throw new ShapeError(`${name}: ${show(a.shape)} against ${show(b.shape)}`);
}

export function dtypeError(name: string, x: Tensor, takes: readonly DType[]): ShapeError {
  return new ShapeError(`${name}: takes ${takes.join(", ")}, not ${x.dtype}; cast it first`);
}

/** Every input with a leading lane axis: those that are not mapped are repeated. */
export function allMapped(inputs: readonly Tensor[], mapped: readonly boolean[], lanes: number): Tensor[] {
  return inputs.map((x, i) => (mapped[i] ? x : repeated(x, lanes)));
}

/** x over `lanes` equal lanes. */
export function repeated(x: Tensor, lanes: number): Tensor {
  const shape: Shape = [lanes, ...x.shape];
  return broadcastTo(x, shape);
}
