import { nn } from "../../../../engine/nn/index.ts";
import {
  add,
  argmax,
  constant,
  convolution,
  div,
  iota,
  max,
  mean,
  norm,
  pad,
  reshape,
  scatter,
  type Tensor,
  takeAlongDim,
  transpose,
  transposedConvolution,
  windows,
} from "../../../../engine/ops/index.ts";
import { sizeOf } from "../../../../engine/tensor/index.ts";
import { Unsupported } from "../../case.ts";
import { through } from "./layer.ts";
import type { Node, Operators } from "./node.ts";

/** Windows of the spatial axes, and how far the image is continued for them. */
interface Places {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly lo: readonly number[];
  readonly hi: readonly number[];
  /** Added behind `hi`, or taken away, so that the windows end with what there is. */
  readonly extra: readonly number[];
}

function placesOf(node: Node, size: readonly number[]): Places {
  const lengths = node.x().shape.slice(2);
  const ones = size.map(() => 1);
  const stride = node.integers("strides", ones);
  const dilation = node.integers("dilations", ones);
  const pads = node.integers(
    "pads",
    [...size, ...size].map(() => 0),
  );
  const auto = node.attribute<string>("auto_pad", "NOTSET");
  const lo: number[] = [];
  const hi: number[] = [];
  const extra = size.map((k, a) => {
    const [n, s] = [lengths[a] as number, stride[a] as number];
    const reach = (dilation[a] as number) * (k - 1) + 1;
    if (auto.startsWith("SAME")) {
      const missing = Math.max(0, (Math.ceil(n / s) - 1) * s + reach - n);
      lo[a] = auto === "SAME_LOWER" ? Math.ceil(missing / 2) : Math.floor(missing / 2);
      hi[a] = missing - lo[a];
    } else {
      lo[a] = auto === "VALID" ? 0 : (pads[a] as number);
      hi[a] = auto === "VALID" ? 0 : (pads[size.length + a] as number);
    }
    const room = n + lo[a] + hi[a] - reach;
    if (!node.attribute("ceil_mode", 0)) return 0;
    const last = Math.ceil(room / s) * s; // no window begins behind the image
    return (last >= n + lo[a] ? last - s : last) - room;
  });
  return { size, stride, dilation, lo, hi, extra };
}

/** [N, C, ...] -> [N, C, ...positions, ...size] */
function windowsOf(x: Tensor, { size, stride, dilation, lo, hi, extra }: Places, value: number): Tensor {
  const behind = hi.map((h, a) => h + (extra[a] as number));
  const padded = pad(x, { lo: [0, 0, ...lo], hi: [0, 0, ...behind], value });
  return windows(padded, { axes: size.map((_, a) => 2 + a), size, stride, dilation });
}

const kernelOf = (node: Node): number[] => node.attribute<number[]>("kernel_shape", []);
const folded = (size: readonly number[]): number[] => size.map((_, a) => -1 - a);
const spatial = (x: Tensor): number[] => x.shape.slice(2).map((_, a) => 2 + a);
const perChannel = (bias: Tensor, like: Tensor): Tensor => reshape(bias, [bias.size, ...spatial(like).map(() => 1)]);

/** Whole factors, one for each axis: elements are repeated. */
function resized(node: Node, scales: readonly number[] | undefined): Tensor {
  const mode = node.attribute<string>("mode", "nearest");
  const [n, c, ...factors] = scales ?? [];
  const whole = n === 1 && c === 1 && factors.length > 0 && factors.every(Number.isInteger);
  if (!whole || mode !== "nearest") throw new Unsupported(`${node.op} ${mode} by ${scales}`);
  const size = factors.map((factor, a) => (node.x().shape[2 + a] as number) * factor);
  return through(nn.upsample({ size }), node.x());
}

export const windowed: Operators = {
  AveragePool: (node) => {
    const places = placesOf(node, kernelOf(node));
    const axes = folded(places.size);
    const total = mean(windowsOf(node.x(), places, 0), axes);
    const counts = node.attribute("count_include_pad", 0) === 1;
    const none = places.size.map(() => 0);
    const [lo, hi] = counts ? [places.lo, places.hi] : [none, none];
    const lengths = node.x().shape.slice(2);
    const ones = constant(1, [1, 1, ...lengths.map((n, a) => n + (lo[a] as number) + (hi[a] as number))]);
    const rest = counts ? { ...places, lo: none, hi: none } : places;
    return div(total, mean(windowsOf(ones, rest, 0), axes));
  },
  Conv: (node) => {
    const [x, weight] = [node.x(0), node.x(1)];
    const { size, stride, dilation, lo, hi } = placesOf(node, weight.shape.slice(2));
    const y = convolution(size.length)(x, weight, {
      ...{ stride, dilation, groups: node.attribute("group", 1) },
      padding: lo.map((p, a) => [p, hi[a] as number] as const),
    });
    const bias = node.maybe(2);
    return bias ? add(y, perChannel(bias, y)) : y;
  },
  ConvTranspose: (node) => {
    const [x, weight] = [node.x(0), node.x(1)];
    const size = weight.shape.slice(2);
    const ones = size.map(() => 1);
    const none = size.map(() => 0);
    const [stride, dilation] = [node.integers("strides", ones), node.integers("dilations", ones)];
    const outputPadding = node.integers("output_padding", none);
    const whole = transposedConvolution(size.length)(x, weight, {
      ...{ stride, dilation, groups: node.attribute("group", 1) },
    });
    const auto = node.attribute<string>("auto_pad", "NOTSET");
    const same = auto.startsWith("SAME") ? size.map((_, a) => (x.shape[2 + a] as number) * (stride[a] as number)) : [];
    const wanted = node.integers("output_shape", same).slice(-size.length);
    const pads = node.integers("pads", [...none, ...none]);
    const widths = size.map((_, a): readonly [number, number] => {
      if (wanted.length === 0)
        return [pads[a] as number, (pads[size.length + a] as number) - (outputPadding[a] as number)];
      const total = (whole.shape[2 + a] as number) + (outputPadding[a] as number) - (wanted[a] as number);
      const half = auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
      return [half, total - half - (outputPadding[a] as number)];
    });
    const y = pad(whole, { lo: [0, 0, ...widths.map(([p]) => -p)], hi: [0, 0, ...widths.map(([, p]) => -p)] });
    const bias = node.maybe(2);
    return bias ? add(y, perChannel(bias, y)) : y;
  },
  GlobalAveragePool: (node) => mean(node.x(), spatial(node.x()), { keepdims: true }),
  GlobalLpPool: (node) => norm(node.x(), node.attribute("p", 2), spatial(node.x()), { keepdims: true }),
  GlobalMaxPool: (node) => max(node.x(), spatial(node.x()), { keepdims: true }),
  LpPool: (node) => {
    const places = placesOf(node, kernelOf(node));
    return norm(windowsOf(node.x(), places, 0), node.attribute("p", 2), folded(places.size));
  },
  MaxPool: (node) => {
    const x = node.x();
    const places = placesOf(node, kernelOf(node));
    const all = windowsOf(x, places, -Infinity);
    const y = max(all, folded(places.size));
    if (node.outputs.length === 1) return y;
    const flat = (t: Tensor): Tensor => reshape(t, [...t.shape.slice(0, -places.size.length), sizeOf(places.size)]);
    const best = argmax(flat(all), -1, { keepdims: true });
    const columns = node.attribute("storage_order", 0) === 1;
    const shape = columns ? [...x.shape.slice(0, 2), ...x.shape.slice(2).reverse()] : x.shape;
    const numbers = reshape(iota([x.size]), shape);
    const positions = columns ? transpose(numbers, 2, 3) : numbers;
    const taken = takeAlongDim(flat(windowsOf(positions, places, 0)), best, -1);
    return [y, reshape(taken, y.shape)];
  },
  Upsample: (node) => resized(node, node.list(1, "scales")),
  MaxUnpool: (node) => {
    const [x, indices] = [node.x(0), node.x(1)];
    const { size, stride, lo, hi } = placesOf(node, kernelOf(node));
    const lengths = size.map(
      (k, a) => ((x.shape[2 + a] as number) - 1) * (stride[a] as number) + k - (lo[a] as number) - (hi[a] as number),
    );
    const shape = [...x.shape.slice(0, 2), ...lengths];
    const flat = scatter(constant(0, [sizeOf(shape)]), 0, reshape(indices, [x.size]), reshape(x, [x.size]));
    const wanted = node.numbers(2) ?? shape;
    const none = shape.map(() => 0);
    return pad(reshape(flat, shape), { lo: none, hi: wanted.map((length, a) => length - (shape[a] as number)) });
  },
};
