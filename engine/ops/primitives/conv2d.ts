import type { Shape } from "../../tensor/index.ts";
import { type Convolution, convolveByContraction, convolvedShape, patchesOf } from "../convolution.ts";
import { allMapped } from "../elementwise.ts";
import { reader, tabulate } from "../loops.ts";
import { flip, moveAxis, permute, reshape } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 *   x [N, C, H, W], weight [O, C / groups, kh, kw]  ->  [N, O, H', W']
 * Cross-correlation of x, which is first dilated by inputDilation, then padded (cropped where padding is negative).
 */
export const conv2d: OpRecord<Convolution> = {
  summary: "2-D cross-correlation with stride, padding, dilation and groups.",
  infer: (inputs, attrs) => {
    const [x, weight] = inputs as [Tensor, Tensor];
    return { shape: convolvedShape(x.shape, weight.shape, attrs), dtype: "f32" };
  },
  grad: ({ inputs, attrs, output, g }) => {
    const [x, weight] = inputs as [Tensor, Tensor];
    return [gradOfInput(x.shape, weight, attrs, g), gradOfWeight(x, weight.shape, attrs, output.shape, g)];
  },
  batch: (inputs, mapped, attrs, lanes) => {
    const [x, weight] = inputs as [Tensor, Tensor];
    if (mapped[0] && !mapped[1]) {
      const y = apply("conv2d", [reshape(x, [lanes * (x.shape[1] as number), ...x.shape.slice(2)]), weight], attrs);
      return reshape(y, [lanes, x.shape[1] as number, ...y.shape.slice(1)]);
    }
    // lanes become groups: [N, lanes C, H, W] with weights [lanes O, C / groups, kh, kw]
    const [xs, ws] = allMapped(inputs, mapped, lanes) as [Tensor, Tensor];
    const [, n = 0, c = 0, h = 0, w = 0] = xs.shape;
    const [, o = 0, ...kernel] = ws.shape;
    const grouped = { ...attrs, groups: attrs.groups * lanes };
    const channels = reshape(moveAxis(xs, 0, 1), [n, lanes * c, h, w]);
    const y = apply("conv2d", [channels, reshape(ws, [lanes * o, ...kernel])], grouped);
    return moveAxis(reshape(y, [n, lanes, o, ...y.shape.slice(2)]), 1, 0);
  },
  reference: ([x, weight], attrs, shape) => {
    if (!x || !weight) return new Float64Array();
    const readX = reader(x);
    const readWeight = reader(weight);
    const perGroup = (weight.shape[0] as number) / attrs.groups;
    const [, channels = 0, kh = 0, kw = 0] = weight.shape;
    return tabulate(shape, ([n = 0, o = 0, i = 0, j = 0]) => {
      let total = 0;
      for (let c = 0; c < channels; c++) {
        for (let di = 0; di < kh; di++) {
          for (let dj = 0; dj < kw; dj++) {
            const row = sourceOf(i, di, 0, x.shape, attrs);
            const column = sourceOf(j, dj, 1, x.shape, attrs);
            if (row < 0 || column < 0) continue;
            const channel = Math.floor(o / perGroup) * channels + c;
            total += readX([n, channel, row, column]) * readWeight([o, c, di, dj]);
          }
        }
      }
      return total;
    });
  },
  lower: { kind: "expand", to: ([x, weight], attrs) => convolveByContraction(x as Tensor, weight as Tensor, attrs) },
};

/** Position in x that output position i meets with kernel position k along spatial axis a, or -1 in the padding. */
function sourceOf(i: number, k: number, a: number, shape: Shape, attrs: Convolution): number {
  const padded = i * (attrs.stride[a] as number) + k * (attrs.dilation[a] as number);
  const at = (padded - (attrs.padding[a]?.[0] as number)) / (attrs.inputDilation[a] as number);
  return Number.isInteger(at) && at >= 0 && at < (shape[2 + a] as number) ? at : -1;
}

/** The full correlation of g, spread out by the stride, with the kernel turned round and its channels exchanged. */
function gradOfInput(shape: Shape, weight: Tensor, attrs: Convolution, g: Tensor): Tensor {
  const { stride, padding, dilation, inputDilation, groups } = attrs;
  const [o = 0, c = 0, kh = 0, kw = 0] = weight.shape;
  const grouped = reshape(flip(weight, [2, 3]), [groups, o / groups, c, kh, kw]);
  const turned = reshape(permute(grouped, [0, 2, 1, 3, 4]), [groups * c, o / groups, kh, kw]);
  const back = [0, 1].map((a) => {
    const reach = (dilation[a] as number) * ((weight.shape[2 + a] as number) - 1);
    const lo = reach - (padding[a]?.[0] as number);
    const spreadOut = ((g.shape[2 + a] as number) - 1) * (stride[a] as number) + 1;
    const wanted = ((shape[2 + a] as number) - 1) * (inputDilation[a] as number) + 1;
    return [lo, wanted + reach - lo - spreadOut];
  });
  return apply("conv2d", [g, turned], {
    stride: inputDilation,
    padding: back,
    dilation,
    inputDilation: stride,
    groups,
  });
}

/** Every patch of x times the g it made, summed over examples and positions. */
function gradOfWeight(x: Tensor, weight: Shape, attrs: Convolution, output: Shape, g: Tensor): Tensor {
  const { groups } = attrs;
  const [o = 0, , kh = 0, kw = 0] = weight;
  const [n = 0, , h = 0, w = 0] = output;
  const patches = permute(patchesOf(x, [kh, kw], attrs), [1, 0, 3, 4, 2, 5, 6]); // [G, N, H', W', C / G, kh, kw]
  const flows = permute(reshape(g, [n, groups, o / groups, h, w]), [1, 2, 0, 3, 4]); // [G, O / G, N, H', W']
  return reshape(apply("contract", [flows, patches], { batch: 1, m: 1, k: 3 }), weight);
}
