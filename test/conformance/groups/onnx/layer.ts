import { declare, type Layer, traceModel } from "../../../../engine/nn/index.ts";
import { constant, reshape, type Tensor } from "../../../../engine/ops/index.ts";
import { Unsupported } from "../../case.ts";

/** What a layer of the library makes of x, given its parameters and running statistics by name. */
export function through(
  layer: Layer,
  x: Tensor,
  given: Readonly<Record<string, Tensor | undefined>> = {},
  training = false,
): Tensor {
  const { parameters, buffers } = declare(layer, x.shape, x.dtype);
  const named = (declared: typeof parameters | typeof buffers) =>
    Object.fromEntries(
      declared.map(({ name, shape, ...rest }) => {
        const tensor = given[name];
        if (tensor) return [name, reshape(tensor, shape)];
        if ("dtype" in rest && rest.dtype !== "f32") return [name, constant(0, shape, rest.dtype)];
        throw new Unsupported(`${layer.type} without ${name}`);
      }),
    );
  const zero = constant(0, [], "u32");
  return traceModel(layer, x, {
    parameters: named(parameters),
    buffers: named(buffers),
    training,
    seed: zero,
    step: zero,
  }).output;
}
