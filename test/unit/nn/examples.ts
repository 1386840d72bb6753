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

const table = [
  { name: "a", categories: 4 },
  { name: "b", categories: null },
  { name: "c", categories: null },
  { name: "d", categories: 1 },
];

/** At least one for every layer. A layer without an entry fails the laws. */
export const examples: Readonly<Record<string, readonly Example[]>> = {
  adaptiveAvgPool1d: [on(nn.adaptiveAvgPool1d(3), 2, 2, 7)],
  adaptiveAvgPool2d: [on(nn.adaptiveAvgPool2d([3, 2]), 2, 2, 6, 4), on(nn.adaptiveAvgPool2d([null, 4]), 1, 2, 3, 6)],
  adaptiveAvgPool3d: [on(nn.adaptiveAvgPool3d([1, 2, 2]), 1, 2, 2, 3, 4)],
  adaptiveMaxPool1d: [on(nn.adaptiveMaxPool1d(3), 2, 2, 7)],
  adaptiveMaxPool2d: [on(nn.adaptiveMaxPool2d([3, 2]), 2, 2, 6, 4), on(nn.adaptiveMaxPool2d([2, 4]), 1, 2, 3, 6)],
  adaptiveMaxPool3d: [on(nn.adaptiveMaxPool3d([1, 2, 2]), 1, 2, 2, 3, 4)],
  alphaDropout: [on(nn.alphaDropout(0.4), 3, 5)],
  attention: [
    { ...on(nn.attention(), 2, 3, 4), inputs: { key: [2, 2, 4], value: [2, 2, 3], keyPaddingMask: [2, 2] } },
    { ...on(nn.attention("dot"), 2, 4), inputs: { key: [2, 3, 4] } },
    { ...on(nn.attention("general"), 2, 3, 4), inputs: { key: [2, 2, 3], attnMask: [3, 2] } },
    { ...on(nn.attention("additive", { hiddenSize: 3, causal: true }), 2, 2, 4), inputs: { key: [2, 2, 5] } },
  ],
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
  bilinear: [
    { ...on(nn.bilinear(3), 2, 2), inputs: { x2: [2, 4] } },
    { ...on(nn.bilinear(2, { bias: false }), 2, 2, 3), inputs: { x2: [2, 2, 2] } },
  ],
  branches: [
    on(nn.branches([nn.linear(2), nn.tanh()]), 2, 3),
    on(nn.branches({ gate: nn.sigmoid(), value: nn.linear(3) }, { join: "product" }), 2, 3),
    on(nn.branches([nn.identity(), nn.tanh()], { join: "sum" }), 2, 3),
    on(nn.branches([nn.identity(), nn.tanh()], { dim: -1 }), 2, 2, 3),
  ],
  celu: [on(nn.celu(0.5), 3, 5)],
  channelShuffle: [on(nn.channelShuffle(3), 2, 6, 2)],
  circularPad1d: [on(nn.circularPad1d([1, 3]), 1, 2, 3)],
  circularPad2d: [on(nn.circularPad2d([1, 0, -1, 2]), 1, 2, 3, 3)],
  circularPad3d: [on(nn.circularPad3d(1), 1, 1, 2, 1, 2)],
  constantPad1d: [on(nn.constantPad1d(2, { value: 0.5 }), 2, 2, 3)],
  constantPad2d: [on(nn.constantPad2d([1, -1, 0, 2], { value: -1 }), 1, 2, 3, 3)],
  constantPad3d: [on(nn.constantPad3d([1, 0, 0, 1, 1, 0], { value: 2 }), 1, 1, 2, 1, 2)],
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
  dropout1d: [on(nn.dropout1d(0.4), 3, 4, 3)],
  dropout2d: [on(nn.dropout2d(0.4), 3, 4, 2, 2)],
  dropout3d: [on(nn.dropout3d(0.4), 3, 4, 2, 1, 2)],
  elu: [on(nn.elu(2), 3, 5)],
  embedding: [{ layer: nn.embedding(3, { embeddingDim: 4 }), shape: [2, 5], dtype: "i32" }],
  featureAlphaDropout: [on(nn.featureAlphaDropout(0.4), 3, 4, 3)],
  flatten: [on(nn.flatten(), 2, 2, 3)],
  fold: [
    on(nn.fold([4, 3], { kernelSize: 2, stride: [2, 1] }), 2, 8, 4),
    on(nn.fold([3, 4], { kernelSize: [2, 2], padding: 1, dilation: [2, 1] }), 1, 4, 15),
  ],
  gaussianNoise: [on(nn.gaussianNoise(0.5), 3, 5)],
  gelu: [on(nn.gelu(), 3, 5), on(nn.gelu({ approximate: "tanh" }), 3, 5)],
  glu: [on(nn.glu(1), 3, 4)],
  groupNorm: [on(nn.groupNorm(2), 2, 4, 3), on(nn.groupNorm(1, { affine: false, eps: 0.1 }), 2, 3)],
  gru: [{ ...on(nn.gru(2, { bidirectional: true }), 2, 3, 2), inputs: { h: [2, 2, 2] } }],
  gruCell: [{ ...on(nn.gruCell(3), 2, 2), inputs: { h: [2, 3] } }],
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
  maxout: [on(nn.maxout(2, { pieces: 3 }), 3, 4), on(nn.maxout(2, { bias: false }), 2, 2, 3)],
  maxPool1d: [on(nn.maxPool1d(2, { dilation: 2, stride: 1 }), 2, 2, 6)],
  maxPool2d: [on(nn.maxPool2d(3, { stride: 2, padding: 1, ceilMode: true }), 2, 2, 6, 5)],
  maxPool3d: [on(nn.maxPool3d(2, { stride: 1, padding: [1, 0, 0] }), 1, 2, 2, 3, 2)],
  mish: [on(nn.mish(), 3, 5)],
  mlp: [
    on(nn.mlp([4, 3, 2], { activation: nn.tanh(), norm: nn.layerNorm(), dropout: 0.3 }), 2, 3),
    on(nn.mlp([2], { bias: false }), 2, 2, 3),
  ],
  multiheadAttention: [
    on(nn.multiheadAttention(2, { causal: true, dropout: 0.3 }), 2, 3, 4),
    {
      ...on(nn.multiheadAttention(2, { addBiasKv: true, addZeroAttn: true }), 2, 3, 4),
      inputs: { key: [2, 2, 3], value: [2, 2, 4], attnMask: [4, 3, 2], keyPaddingMask: [2, 2] },
    },
  ],
  permute: [on(nn.permute([0, 3, 1, 2]), 2, 3, 2, 4)],
  pixelShuffle: [on(nn.pixelShuffle(2), 1, 8, 2, 3)],
  pixelUnshuffle: [on(nn.pixelUnshuffle(2), 1, 2, 4, 6)],
  prelu: [on(nn.prelu(2), 3, 2, 3)],
  reflectionPad1d: [on(nn.reflectionPad1d([1, 2]), 1, 2, 3)],
  reflectionPad2d: [on(nn.reflectionPad2d([1, 0, 2, -1]), 1, 2, 3, 3)],
  reflectionPad3d: [on(nn.reflectionPad3d(1), 1, 1, 2, 3, 2)],
  relu: [on(nn.relu(), 3, 5)],
  relu6: [on(nn.relu6(), 3, 5)],
  replicationPad1d: [on(nn.replicationPad1d([3, 1]), 1, 2, 2)],
  replicationPad2d: [on(nn.replicationPad2d([1, 0, 2, -1]), 1, 2, 3, 3)],
  replicationPad3d: [on(nn.replicationPad3d(1), 1, 1, 2, 1, 2)],
  reshape: [on(nn.reshape([3, -1]), 2, 4, 6)],
  residual: [
    on(nn.residual(nn.sequential(nn.linear(3), nn.tanh())), 2, 3),
    on(nn.residual(nn.linear(2), { shortcut: nn.linear(2, { bias: false }) }), 2, 3),
  ],
  rmsNorm: [on(nn.rmsNorm(), 4, 3)],
  rnn: [{ ...on(nn.rnn(2, { nonlinearity: "relu" }), 2, 3, 2), inputs: { h: [1, 2, 2] } }],
  rnnCell: [{ ...on(nn.rnnCell(3), 2, 2), inputs: { h: [2, 3] } }],
  rrelu: [on(nn.rrelu(), 3, 5)],
  selu: [on(nn.selu(), 3, 5)],
  sigmoid: [on(nn.sigmoid(), 3, 5)],
  silu: [on(nn.silu(), 3, 5)],
  sinusoidalPositions: [on(nn.sinusoidalPositions(), 2, 3, 4)],
  softmax: [on(nn.softmax(0), 3, 5), on(nn.softmax({ temperature: 3 }), 3, 5)],
  softmin: [on(nn.softmin(), 3, 5)],
  softplus: [on(nn.softplus({ beta: 2, threshold: 1 }), 3, 5)],
  softshrink: [on(nn.softshrink(0.3), 3, 5)],
  softsign: [on(nn.softsign(), 3, 5)],
  stochasticDepth: [on(nn.stochasticDepth(0.4), 6, 3), on(nn.stochasticDepth(0.4, { mode: "batch" }), 3, 2, 2)],
  tabular: [
    on(nn.tabular(table), 3, 4),
    on(nn.tabular(table, { embeddingDim: 2, batchNorm: true }), 4, 4),
    on(nn.tabular(table, { dropout: 0.4 }), 3, 4),
    on(nn.tabular([{ name: "b", categories: null }]), 3, 1),
  ],
  tanh: [on(nn.tanh(), 3, 5)],
  tanhshrink: [on(nn.tanhshrink(), 3, 5)],
  threshold: [on(nn.threshold({ threshold: 0.1, value: 2 }), 3, 5)],
  transformer: [
    {
      ...on(
        nn.transformer(2, { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 3, activation: "gelu" }),
        ...[2, 3, 4],
      ),
      inputs: { tgt: [2, 2, 4], srcKeyPaddingMask: [2, 3], memoryKeyPaddingMask: [2, 3] },
    },
  ],
  transformerDecoder: [
    {
      ...on(
        nn.transformerDecoder(
          nn.transformerDecoderLayer(1, { dimFeedforward: 3, activation: "gelu", normFirst: true }),
          {
            numLayers: 2,
            norm: true,
          },
        ),
        ...[2, 2, 4],
      ),
      inputs: { memory: [2, 3, 4], tgtKeyPaddingMask: [2, 2] },
    },
  ],
  transformerDecoderLayer: [
    {
      ...on(nn.transformerDecoderLayer(2, { dimFeedforward: 3, activation: "geluTanh" }), 2, 3, 4),
      inputs: { memory: [2, 2, 4], tgtMask: [3, 3], memoryMask: [4, 3, 2] },
    },
  ],
  transformerEncoder: [
    {
      ...on(
        nn.transformerEncoder(nn.transformerEncoderLayer(2, { dimFeedforward: 3, activation: "gelu" }), {
          numLayers: 2,
        }),
        ...[2, 3, 4],
      ),
      inputs: { srcMask: [3, 3] },
    },
  ],
  transformerEncoderLayer: [
    on(nn.transformerEncoderLayer(2, { dimFeedforward: 3, activation: "geluTanh", normFirst: true }), 2, 3, 4),
  ],
  unflatten: [on(nn.unflatten([2, -1]), 2, 6), on(nn.unflatten([2, 2], { dim: -1 }), 2, 3, 4)],
  unfold: [
    on(nn.unfold(2, { stride: 2 }), 2, 2, 4, 5),
    on(nn.unfold([2, 3], { padding: [1, 0], dilation: [2, 1] }), 1, 2, 3, 4),
  ],
  upsample: [
    on(nn.upsample({ scaleFactor: 2 }), 1, 2, 2, 3),
    on(nn.upsample({ size: [4, 3], mode: "nearest-exact" }), 1, 2, 3, 5),
    on(nn.upsample({ scaleFactor: 1.5, mode: "linear" }), 2, 2, 4),
    on(nn.upsample({ size: 5, mode: "bilinear", alignCorners: true }), 1, 2, 3, 2),
    on(nn.upsample({ scaleFactor: 2, mode: "bicubic" }), 1, 1, 3, 2),
    on(nn.upsample({ scaleFactor: 2, mode: "trilinear" }), 1, 1, 2, 1, 2),
  ],
  zeroPad1d: [on(nn.zeroPad1d([1, 2]), 1, 2, 3)],
  zeroPad2d: [on(nn.zeroPad2d([1, 0, 2, -1]), 1, 2, 3, 3)],
  zeroPad3d: [on(nn.zeroPad3d(1), 1, 1, 2, 1, 2)],
};
