import type { Shape } from "../../tensor/index.ts";
import { type Convolution, convolveByContraction, convolvedShape, patchesOf, turned } from "../convolution.ts";
import { allMapped } from "../elementwise.ts";
import { reader, tabulate } from "../loops.ts";
import { moveAxis, permute, reshape } from "../movement.ts";
import type { OpRecord } from "../node.ts";
import { apply, type Tensor } from "../tensor.ts";

/**
 *   x [N, C, ...], weight [O, C / groups, ...kernel]  ->  [N, O, ...], over any number of spatial axes
 * Cross-correlation of x, which is first dilated by inputDilation, then padded (cropped where padding is negative).
 */
export const convolution: OpRecord<Convolution> = {
  summary: "Cross-correlation with stride, padding, dilation and groups.",
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
      const y = apply(
        "convolution",
        [reshape(x, [lanes * (x.shape[1] as number), ...x.shape.slice(2)]), weight],
        attrs,
      );
      return reshape(y, [lanes, x.shape[1] as number, ...y.shape.slice(1)]);
    }
    // lanes become groups: [N, lanes C, ...] with weights [lanes O, C / groups, ...kernel]
    const [xs, ws] = allMapped(inputs, mapped, lanes) as [Tensor, Tensor];
    const [, n = 0, c = 0, ...spatial] = xs.shape;
    const [, o = 0, ...kernel] = ws.shape;
    const grouped = { ...attrs, groups: attrs.groups * lanes };
    const channels = reshape(moveAxis(xs, 0, 1), [n, lanes * c, ...spatial]);
    const y = apply("convolution", [channels, reshape(ws, [lanes * o, ...kernel])], grouped);
    return moveAxis(reshape(y, [n, lanes, o, ...y.shape.slice(2)]), 1, 0);
  },
  reference: ([x, weight], attrs, shape) => {
    if (!x || !weight) return new Float64Array();
    const readX = reader(x);
    const perGroup = (weight.shape[0] as number) / attrs.groups;
    const [, channels = 0, ...kernel] = weight.shape;
    const taps = tapsOf(kernel);
    const size = channels * taps.length;
    return tabulate(shape, ([n = 0, o = 0, ...place]) => {
      let total = 0;
      for (const [t, tap] of taps.entries()) {
        const from = tap.map((k, a) => sourceOf(place[a] as number, k, a, x.shape, attrs));
        if (from.includes(-1)) continue;
        for (let c = 0; c < channels; c++) {
          const channel = Math.floor(o / perGroup) * channels + c;
          total += readX([n, channel, ...from]) * (weight.data[o * size + c * taps.length + t] as number);
        }
      }
      return total;
    });
  },
  lower: { kind: "expand", to: ([x, weight], attrs) => convolveByContraction(x as Tensor, weight as Tensor, attrs) },
};

/** All positions in a kernel, row-major. */
const tapsOf = (kernel: Shape): number[][] =>
  kernel.reduce<number[][]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, k) => [...tap, k])),
    [[]],
  );

/** Position in x that output position i meets with kernel position k along spatial axis a, or -1 in the padding. */
function sourceOf(i: number, k: number, a: number, shape: Shape, attrs: Convolution): number {
  const padded = i * (attrs.stride[a] as number) + k * (attrs.dilation[a] as number);
  const at = (padded - (attrs.padding[a]?.[0] as number)) / (attrs.inputDilation[a] as number);
  return Number.isInteger(at) && at >= 0 && at < (shape[2 + a] as number) ? at : -1;
}

/** The full correlation of g, spread out by the stride, with the kernel turned round and its channels exchanged. */
function gradOfInput(shape: Shape, weight: Tensor, attrs: Convolution, g: Tensor): Tensor {
  const { stride, padding, dilation, inputDilation, groups } = attrs;
  const back = stride.map((by, a) => {
    const reach = (dilation[a] as number) * ((weight.shape[2 + a] as number) - 1);
    const lo = reach - (padding[a]?.[0] as number);
    const spreadOut = ((g.shape[2 + a] as number) - 1) * by + 1;
    const wanted = ((shape[2 + a] as number) - 1) * (inputDilation[a] as number) + 1;
    return [lo, wanted + reach - lo - spreadOut];
  });
  return apply("convolution", [g, turned(weight, groups)], {
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
  const [o = 0, , ...kernel] = weight;
  const [n = 0, , ...spatial] = output;
  const places = kernel.map((_, a) => 3 + a);
  const inside = places.map((axis) => axis + kernel.length);
  const patches = permute(patchesOf(x, kernel, attrs), [1, 0, ...places, 2, ...inside]); // [G, N, ..., C / G, ...kernel]
  const flows = permute(reshape(g, [n, groups, o / groups, ...spatial]), [1, 2, 0, ...places]); // [G, O / G, N, ...]
  return reshape(apply("contract", [flows, patches], { batch: 1, m: 1, k: 1 + kernel.length }), weight);
}
