import type { Fan, Initializer } from "../init/index.ts";
import type { Tensor } from "../ops/index.ts";
import type { DType, Shape } from "../tensor/index.ts";
import type { Call, Layer } from "./definition.ts";

/**
 * What a layer asks for while it is traced. Names are PyTorch's (`weight`, `running_mean`) and are put behind the
 * layer's path: `0.weight`, `inner.bias`.
 */
export interface Scope {
  /** False in evaluation: dropout passes on, batch norm uses its running statistics. */
  readonly training: boolean;
  /** A trained tensor. `fan` is for an initializer that cannot tell it from the shape: a bias has its weight's. */
  parameter(name: string, shape: Shape, init: Initializer, fan?: Fan): Tensor;
  /** A tensor that is kept from step to step and not trained; `value` everywhere at first. */
  buffer(name: string, shape: Shape, value: number, dtype?: DType): Tensor;
  /** The buffer's value for the next step. */
  update(name: string, value: Tensor): void;
  /** New numbers in [0, 1) for every call and step, the same for the same seed. */
  uniform(shape: Shape): Tensor;
  /** A layer within this one, as a function of tensors. */
  child(name: string, layer: Layer): Call;
  /** From here on the parameter called `name` is the one called `of`, both below this layer's path. */
  tie(name: string, of: string): void;
}
