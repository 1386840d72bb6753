import { type Layer, nn } from "../../../engine/nn/index.ts";
import type { Shape } from "../../../engine/tensor/index.ts";

/** A layer with inputs that it takes: what the laws try it on. */
export interface Example {
  readonly layer: Layer;
  readonly shape: Shape;
  /** Of the inputs; i32 ones are 0, 1 and 2. */
  readonly dtype?: "f32" | "i32";
  /** Shapes of further inputs. */
  readonly inputs?: Readonly<Record<string, Shape>>;
}

const on = (layer: Layer, ...shape: number[]): Example => ({ layer, shape });

/** At least one for every layer. A layer without an entry fails the laws. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  adaptiveAvgPool1d: [on(nn.adaptiveAvgPool1d(3), 2, 2, 7)],
  adaptiveAvgPool2d: [on(nn.adaptiveAvgPool2d([3, 2]), 2, 2, 6, 4), on(nn.adaptiveAvgPool2d([null, 4]), 1, 2, 3, 6)],
  adaptiveAvgPool3d: [on(nn.adaptiveAvgPool3d([1, 2, 2]), 1, 2, 2, 3, 4)],
  adaptiveMaxPool1d: [on(nn.adaptiveMaxPool1d(3), 2, 2, 7)],
  adaptiveMaxPool2d: [on(nn.adaptiveMaxPool2d([3, 2]), 2, 2, 6, 4), on(nn.adaptiveMaxPool2d([2, 4]), 1, 2, 3, 6)],
  adaptiveMaxPool3d: [on(nn.adaptiveMaxPool3d([1, 2, 2]), 1, 2, 2, 3, 4)],
  alphaDropout: [on(nn.alphaDropout(0.4), 3, 5)],
  avgPool1d: [on(nn.avgPool1d(3, { stride: 2, padding: 1 }), 2, 2, 6)],
  avgPool2d: [
    on(nn.avgPool2d([3, 2], { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }), 1, 2, 6, 5),
    on(nn.avgPool2d(2, { divisorOverride: 3 }), 1, 2, 4, 5),
  ],
  avgPool3d: [on(nn.avgPool3d(2, { stride: 1, padding: [1, 0, 1], ceilMode: true }), 1, 2, 2, 3, 2)],
  batchNorm: [
    on(nn.batchNorm(), 3, 2, 4),
    on(nn.batchNorm({ trackRunningStats: false, affine: false, eps: 0.1 }), 4, 3),
    on(nn.batchNorm({ momentum: 0.3 }), 2, 2, 1, 2, 2),
  ],
  celu: [on(nn.celu(0.5), 3, 5)],
  conv1d: [
    on(nn.conv1d(4, { kernelSize: 3, stride: 2, padding: 1, groups: 2 }), 2, 2, 6),
    on(nn.conv1d(2, { kernelSize: 3, dilation: 2, padding: "causal" }), 1, 2, 6),
  ],
  conv2d: [
    on(nn.conv2d(4, { kernelSize: [3, 2], stride: [2, 1], padding: 1, groups: 2 }), 2, 2, 5, 4),
    on(nn.conv2d(2, { kernelSize: 3, padding: "same", paddingMode: "reflect", bias: false }), 1, 2, 4, 3),
    on(nn.conv2d(2, { kernelSize: 2, padding: 1, paddingMode: "replicate" }), 1, 1, 3, 3),
    on(nn.conv2d(2, { kernelSize: 3, padding: [1, 2], dilation: [1, 2], paddingMode: "circular" }), 1, 1, 3, 3),
  ],
  conv3d: [on(nn.conv3d(2, { kernelSize: [2, 1, 2], padding: [1, 0, 0], dilation: [1, 1, 2] }), 1, 2, 2, 2, 3)],
  convTranspose1d: [on(nn.convTranspose1d(4, { kernelSize: 3, stride: 2, padding: 1, groups: 2 }), 2, 2, 3)],
  convTranspose2d: [
    on(nn.convTranspose2d(2, { kernelSize: [3, 2], stride: 2, padding: [1, 0], outputPadding: [1, 0] }), 2, 3, 2, 3),
    on(nn.convTranspose2d(2, { kernelSize: 2, dilation: 2, padding: 3, bias: false }), 1, 2, 5, 6),
  ],
  convTranspose3d: [on(nn.convTranspose3d(2, { kernelSize: 2, stride: [1, 2, 1] }), 1, 2, 2, 2, 2)],
  dropout: [on(nn.dropout(0.4), 3, 5)],
  elu: [on(nn.elu(2), 3, 5)],
  embedding: [{ layer: nn.embedding(3, { embeddingDim: 4 }), shape: [2, 5], dtype: "i32" }],
  flatten: [on(nn.flatten(), 2, 2, 3)],
  gelu: [on(nn.gelu(), 3, 5), on(nn.gelu({ approximate: "tanh" }), 3, 5)],
  glu: [on(nn.glu(1), 3, 4)],
  gru: [{ ...on(nn.gru(2, { bidirectional: true }), 2, 3, 2), inputs: { h: [2, 2, 2] } }],
  gruCell: [{ ...on(nn.gruCell(3), 2, 2), inputs: { h: [2, 3] } }],
  groupNorm: [on(nn.groupNorm(2), 2, 4, 3), on(nn.groupNorm(1, { affine: false, eps: 0.1 }), 2, 3)],
  hardshrink: [on(nn.hardshrink(0.3), 3, 5)],
  hardsigmoid: [on(nn.hardsigmoid(), 3, 5)],
  hardswish: [on(nn.hardswish(), 3, 5)],
  hardtanh: [on(nn.hardtanh({ minVal: -0.3, maxVal: 0.4 }), 3, 5)],
  identity: [on(nn.identity(), 3, 5)],
  instanceNorm: [
    on(nn.instanceNorm(), 2, 2, 4),
    on(nn.instanceNorm({ affine: true, trackRunningStats: true, momentum: 0.3 }), 2, 3, 2, 2),
  ],
  layerNorm: [on(nn.layerNorm([2, 3]), 4, 2, 3)],
  leakyRelu: [on(nn.leakyRelu(), 3, 5)],
  learnedPositions: [on(nn.learnedPositions(4), 2, 3, 2)],
  linear: [on(nn.linear(3), 4, 5), on(nn.linear(3, { bias: false }), 2, 2, 4)],
  localResponseNorm: [on(nn.localResponseNorm(3, { alpha: 0.5, k: 2 }), 2, 5, 3)],
  logSigmoid: [on(nn.logSigmoid(), 3, 5)],
  logSoftmax: [on(nn.logSoftmax(), 3, 5)],
  lpPool1d: [on(nn.lpPool1d(4, { kernelSize: 2, ceilMode: true }), 2, 2, 5)],
  lpPool2d: [on(nn.lpPool2d(2, { kernelSize: [2, 3], stride: 1 }), 1, 2, 3, 4)],
  lpPool3d: [on(nn.lpPool3d(2, { kernelSize: 2 }), 1, 1, 2, 2, 4)],
  lstm: [
    {
      ...on(nn.lstm(3, { projSize: 2, numLayers: 2, dropout: 0.3 }), 2, 3, 2),
      inputs: { h: [2, 2, 2], c: [2, 2, 3] },
    },
  ],
  lstmCell: [{ ...on(nn.lstmCell(3, { bias: false }), 2, 2), inputs: { h: [2, 3], c: [2, 3] } }],
  maxPool1d: [on(nn.maxPool1d(2, { dilation: 2, stride: 1 }), 2, 2, 6)],
  maxPool2d: [on(nn.maxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), 2, 2, 6, 5)],
  maxPool3d: [on(nn.maxPool3d(2, { stride: 1, padding: [1, 0, 0] }), 1, 2, 2, 3, 2)],
  mish: [on(nn.mish(), 3, 5)],
  multiheadAttention: [on(nn.multiheadAttention(2, { causal: true, dropout: 0.3 }), 2, 3, 4)],
  prelu: [on(nn.prelu(2), 3, 2, 3)],
  relu: [on(nn.relu(), 3, 5)],
  relu6: [on(nn.relu6(), 3, 5)],
  rmsNorm: [on(nn.rmsNorm(), 4, 3)],
  rnn: [{ ...on(nn.rnn(2, { nonlinearity: "relu" }), 2, 3, 2), inputs: { h: [1, 2, 2] } }],
  rnnCell: [{ ...on(nn.rnnCell(3), 2, 2), inputs: { h: [2, 3] } }],
  rrelu: [on(nn.rrelu(), 3, 5)],
  selu: [on(nn.selu(), 3, 5)],
  sigmoid: [on(nn.sigmoid(), 3, 5)],
  silu: [on(nn.silu(), 3, 5)],
  sinusoidalPositions: [on(nn.sinusoidalPositions(), 2, 3, 4)],
  softmax: [on(nn.softmax(0), 3, 5)],
  softmin: [on(nn.softmin(), 3, 5)],
  softplus: [on(nn.softplus({ beta: 2, threshold: 1 }), 3, 5)],
  softshrink: [on(nn.softshrink(0.3), 3, 5)],
  softsign: [on(nn.softsign(), 3, 5)],
  tanh: [on(nn.tanh(), 3, 5)],
  tanhshrink: [on(nn.tanhshrink(), 3, 5)],
  threshold: [on(nn.threshold({ threshold: 0.1, value: 2 }), 3, 5)],
  transformerEncoderLayer: [
    on(nn.transformerEncoderLayer(2, { dimFeedforward: 3, activation: "geluTanh", normFirst: true }), 2, 3, 4),
  ],
};
