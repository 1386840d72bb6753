import { declare, type Layer, traceModel } from "../../../engine/nn/index.ts";
import { evaluate, input, scalar, type Tensor, type Values } from "../../../engine/ops/index.ts";
import { uniform } from "../../../engine/random/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

export interface Run {
  training?: boolean;
  seed?: number;
  step?: number;
  /** Of the inputs; i32 ones are 0, 1 and 2. */
  dtype?: "f32" | "i32";
  /** Shapes of further inputs. */
  inputs?: Readonly<Record<string, Shape>>;
}

/** Traces the layer over inputs of `shape`, and gives values to everything that it declares. */
export function traced(
  layer: Layer,
  shape: Shape,
  { training = true, seed = 1, step = 1, dtype = "f32", inputs: shapes = {} }: Run = {},
) {
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, at]) => [name, input(name, at)]));
  const declared = declare(layer, shape, dtype, inputs);
  const word = (n: number): Values => ({ shape: [], dtype: "u32", data: Float64Array.of(n) });
  const values: Record<string, Values> = { seed: word(seed), step: word(step) };
  const draw = (name: string, at: Shape, dtype: Values["dtype"], fill?: number) => {
    const tensor = input(name, at, dtype);
    const data = Float64Array.from(uniform(3, Object.keys(values).length, tensor.size), (u) => fill ?? u * 2 - 0.9);
    values[name] = {
      shape: at,
      dtype,
      data: name === "x" && dtype === "i32" ? data.map((v) => Math.floor((v + 0.9) * 1.5)) : data,
    };
    return tensor;
  };
  const x = draw("x", shape, dtype);
  const parameters = Object.fromEntries(declared.parameters.map((p) => [p.name, draw(p.name, p.shape, "f32")]));
  const buffers = Object.fromEntries(declared.buffers.map((b) => [b.name, draw(b.name, b.shape, b.dtype, b.value)]));
  for (const [name, at] of Object.entries(shapes)) draw(name, at, "f32");
  const key = { seed: scalar("seed", "u32"), step: scalar("step", "u32") };
  const result = traceModel(layer, x, { parameters, buffers, training, ...key, inputs });
  const evaluated = (...tensors: Tensor[]) => evaluate(tensors, values).map(({ data }) => [...data]);
  return { declared, parameters, buffers, inputs, x, values, evaluated, ...result };
}
