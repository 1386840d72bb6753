import type { Layer } from "../../../../engine/nn/index.ts";
import { nn } from "../../../../engine/nn/index.ts";
import {
  add,
  argmax,
  clamp,
  constant,
  div,
  equal,
  flatten,
  greater,
  less,
  logSoftmax,
  mul,
  norm,
  oneHot,
  reshape,
  select,
  sigmoid,
  softmax,
  sub,
  type Tensor,
} from "../../../../engine/ops/index.ts";
import { Unsupported } from "../../case.ts";
import { through } from "./layer.ts";
import type { Node, Operators } from "./node.ts";

const activation = (make: (node: Node) => Layer) => (node: Node) => through(make(node), node.x());

/** Over one axis; before version 13 over all axes from it on as one. */
const normalized =
  (f: (x: Tensor, axis: number) => Tensor) =>
  (node: Node): Tensor => {
    const x = node.x();
    if (node.opset >= 13) return f(x, node.attribute("axis", -1));
    const axis = node.attribute("axis", 1);
    return reshape(f(flatten(x, axis), axis), x.shape);
  };

export const activations: Operators = {
  Celu: activation((node) => nn.celu({ alpha: node.attribute("alpha", 1) })),
  Dropout: (node) => {
    const drops = node.numbers(2)?.[0] && (node.numbers(1)?.[0] ?? 0.5) > 0;
    if (drops) throw new Unsupported("Dropout by another generator of random numbers");
    return [through(nn.dropout(), node.x()), constant(1, node.x().shape, "bool")]; // everything stays
  },
  Elu: activation((node) => nn.elu({ alpha: node.attribute("alpha", 1) })),
  Gelu: activation((node) => nn.gelu({ approximate: node.attribute<"none" | "tanh">("approximate", "none") })),
  Hardmax: normalized((x, axis) => oneHot(argmax(x, axis), x.shape.at(axis) as number, axis)),
  HardSigmoid: (node) => {
    const line = add(mul(node.x(), node.attribute("alpha", 0.2)), node.attribute("beta", 0.5));
    return clamp(line, 0, 1);
  },
  HardSwish: activation(() => nn.hardswish()),
  LeakyRelu: activation((node) => nn.leakyRelu({ negativeSlope: node.attribute("alpha", 0.01) })),
  LogSoftmax: normalized(logSoftmax),
  LpNormalization: (node) => {
    const axis = node.attribute("axis", -1);
    const size = norm(node.x(), node.attribute("p", 2), axis, { keepdims: true });
    return div(node.x(), select(equal(size, 0), 1, size));
  },
  Mish: activation(() => nn.mish()),
  PRelu: (node) => {
    const [x, slope] = [node.x(0), node.x(1)];
    // before version 9 the slopes are those of the channels
    if (node.opset < 9) return through(nn.prelu({ numParameters: slope.size }), x, { weight: slope });
    return select(greater(x, 0), x, mul(x, slope));
  },
  Relu: (node) => node.inFloat((x) => through(nn.relu(), x)),
  Selu: (node) => {
    if (!node.has("alpha") && !node.has("gamma")) return through(nn.selu(), node.x());
    const alpha = node.attribute("alpha", 1.6732632423543772);
    return mul(through(nn.elu({ alpha }), node.x()), node.attribute("gamma", 1.0507009873554805));
  },
  Shrink: (node) => {
    const x = node.x();
    const [lambd, bias] = [node.attribute("lambd", 0.5), node.attribute("bias", 0)];
    return select(less(x, -lambd), add(x, bias), select(greater(x, lambd), sub(x, bias), 0));
  },
  Sigmoid: activation(() => nn.sigmoid()),
  Softmax: normalized(softmax),
  Softplus: activation(() => nn.softplus()),
  Softsign: activation(() => nn.softsign()),
  Swish: (node) => mul(node.x(), sigmoid(mul(node.x(), node.attribute("alpha", 1)))),
  Tanh: activation(() => nn.tanh()),
  ThresholdedRelu: activation((node) => nn.threshold({ threshold: node.attribute("alpha", 1), value: 0 })),
};
