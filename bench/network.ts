import { normal } from "../engine/random/index.ts";
import { HostTensor, type Shape, sizeOf } from "../engine/tensor/index.ts";

/**
 * A layer as every engine of the benchmark understands it; plain JSON, as some of them are other programs. What a name
 * means is PyTorch's meaning of it, parameters are called and laid out as there.
 */
export type Layer =
  | { readonly layer: "linear"; readonly from: number; readonly to: number }
  | {
      readonly layer: "conv2d";
      readonly from: number;
      readonly to: number;
      readonly size: number;
      readonly padding: number;
    }
  /** Over all axes but the second; `axes` is the rank of what it is given. */
  | { readonly layer: "batchNorm"; readonly features: number; readonly axes: 2 | 4 }
  | { readonly layer: "layerNorm"; readonly features: number }
  | { readonly layer: "relu" }
  | { readonly layer: "tanh" }
  /** The approximation by tanh. */
  | { readonly layer: "gelu" }
  /** Windows of size x size beside each other. */
  | { readonly layer: "maxPool"; readonly size: number }
  /** [N, C, H, W] -> [N, C]. */
  | { readonly layer: "meanPool" }
  /** [N, C, H, W] -> [N, C * H * W]; `shape` is [C, H, W]. */
  | { readonly layer: "flatten"; readonly shape: Shape }
  /** Tokens [N, T] -> [N, T, features]. */
  | { readonly layer: "embedding"; readonly count: number; readonly features: number }
  /** Adds a learned vector for each of `length` positions. */
  | { readonly layer: "position"; readonly length: number; readonly features: number }
  /** Causal self-attention with biases, as nn.MultiheadAttention's. */
  | { readonly layer: "attention"; readonly features: number; readonly heads: number }
  /** x + inner(x). */
  | { readonly layer: "residual"; readonly inner: readonly Layer[] };

/** A tensor of a network: its name in PyTorch's state_dict of the layers as an nn.Sequential, and the scale of its draw. */
interface Declared {
  readonly name: string;
  readonly shape: Shape;
  /** Standard deviation of a normal draw, or the value of all elements. */
  readonly initial: { readonly deviation: number } | { readonly value: number };
  readonly dtype: "f32" | "i32";
}

/** Parameters and running statistics of `layers`, in their order. */
function* declared(layers: readonly Layer[], prefix = ""): Generator<Declared> {
  for (const [i, layer] of layers.entries()) {
    const own = (name: string, shape: Shape, initial: Declared["initial"]): Declared => ({
      name: `${prefix}${i}.${name}`,
      shape,
      initial,
      dtype: "f32",
    });
    const [one, zero] = [{ value: 1 }, { value: 0 }];
    switch (layer.layer) {
      case "linear": {
        const deviation = 1 / Math.sqrt(layer.from);
        yield own("weight", [layer.to, layer.from], { deviation });
        yield own("bias", [layer.to], { deviation });
        break;
      }
      case "conv2d": {
        const deviation = 1 / Math.sqrt(layer.from * layer.size ** 2);
        yield own("weight", [layer.to, layer.from, layer.size, layer.size], { deviation });
        yield own("bias", [layer.to], { deviation });
        break;
      }
      case "batchNorm":
        yield own("weight", [layer.features], one);
        yield own("bias", [layer.features], zero);
        yield own("running_mean", [layer.features], zero);
        yield own("running_var", [layer.features], one);
        yield { ...own("num_batches_tracked", [], zero), dtype: "i32" };
        break;
      case "layerNorm":
        yield own("weight", [layer.features], one);
        yield own("bias", [layer.features], zero);
        break;
      case "embedding":
        yield own("weight", [layer.count, layer.features], { deviation: 0.1 });
        break;
      case "position":
        yield own("weight", [layer.length, layer.features], { deviation: 0.1 });
        break;
      case "attention": {
        const deviation = 1 / Math.sqrt(layer.features);
        yield own("in_proj_weight", [3 * layer.features, layer.features], { deviation });
        yield own("in_proj_bias", [3 * layer.features], zero);
        yield own("out_proj.weight", [layer.features, layer.features], { deviation });
        yield own("out_proj.bias", [layer.features], zero);
        break;
      }
      case "residual":
        yield* declared(layer.inner, `${prefix}${i}.inner.`);
        break;
      case "relu":
      case "tanh":
      case "gelu":
      case "maxPool":
      case "meanPool":
      case "flatten":
        break;
      default:
        layer satisfies never;
    }
  }
}

/** What every engine begins with: the state_dict of the layers, drawn by `seed`. */
export function initialState(layers: readonly Layer[], seed: number): Map<string, HostTensor> {
  const state = new Map<string, HostTensor>();
  for (const { name, shape, initial, dtype } of declared(layers)) {
    const size = sizeOf(shape);
    const data =
      "deviation" in initial
        ? normal(seed, state.size, size).map((x) => x * initial.deviation)
        : new (dtype === "i32" ? Int32Array : Float32Array)(size).fill(initial.value);
    state.set(name, new HostTensor(shape, dtype, data));
  }
  return state;
}
