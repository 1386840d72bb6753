import { readFileSync } from "node:fs";
import { Dataset } from "../../engine/data/index.ts";
import { loss } from "../../engine/losses/index.ts";
import { type Layer, nn } from "../../engine/nn/index.ts";
import { optim } from "../../engine/optim/index.ts";
import { Experiment } from "../../engine/session/index.ts";
import { HostTensor } from "../../engine/tensor/index.ts";

const folder = new URL("../fixtures/torch/", import.meta.url);

const encoder = { dimFeedforward: 16, dropout: 0 };

/** The modules whose state_dicts are in test/fixtures/torch, by the file's name. */
export const torchModels: Readonly<Record<string, Layer>> = {
  mlp: nn.sequential(nn.linear(7), nn.relu(), nn.linear(3)),
  cnn_batchnorm: nn.sequential(
    nn.conv2d(4, { kernelSize: 3, padding: 1, bias: false }),
    nn.batchNorm(),
    nn.relu(),
    nn.maxPool2d(2),
    nn.conv2d(6, { kernelSize: 3, groups: 2 }),
    nn.prelu({ numParameters: 6 }),
    nn.flatten(),
    nn.linear(3),
  ),
  lstm: nn.sequential({ rnn: nn.lstm(5, { numLayers: 2, bidirectional: true }), head: nn.linear(2) }),
  lstm_projected: nn.sequential({ rnn: nn.lstm(5, { projSize: 2 }) }),
  gru: nn.sequential({ rnn: nn.gru(4, { numLayers: 2 }) }),
  rnn: nn.sequential({ rnn: nn.rnn(4, { nonlinearity: "relu", bidirectional: true }) }),
  attention: nn.sequential({ attn: nn.multiheadAttention(2) }),
  transformer: nn.sequential({
    tokens: nn.embedding(11, { embeddingDim: 8 }),
    encoder: nn.sequential(
      nn.transformerEncoderLayer(2, { ...encoder, activation: "gelu", normFirst: true }),
      nn.transformerEncoderLayer(2, encoder),
    ),
    norm: nn.layerNorm(),
    head: nn.linear(11, { bias: false }),
  }),
  transposed_groupnorm: nn.sequential(
    nn.convTranspose2d(4, { kernelSize: 3, stride: 2, padding: 1, outputPadding: 1 }),
    nn.groupNorm(2),
    nn.silu(),
    nn.convTranspose2d(2, { kernelSize: 2, groups: 2 }),
  ),
  convolutions: nn.sequential(
    nn.conv1d(4, { kernelSize: 3, dilation: 2 }),
    nn.instanceNorm({ affine: true, trackRunningStats: true }),
    nn.convTranspose1d(2, { kernelSize: 3, stride: 2 }),
    nn.batchNorm(),
  ),
  conv3d: nn.sequential(nn.conv3d(2, { kernelSize: 2 }), nn.batchNorm(), nn.avgPool3d(2)),
};

export const torchFile = (name: string): string => new URL(`${name}.safetensors`, folder).pathname;

/** An input of the module of that name, and what PyTorch made of it. */
export function torchCase(name: string): { x: HostTensor; y: HostTensor } {
  const { x, y } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8"));
  const tensor = (t: { shape: number[]; dtype: string; data: number[] }) =>
    new HostTensor(
      t.shape,
      t.dtype === "i32" ? "i32" : "f32",
      (t.dtype === "i32" ? Int32Array : Float32Array).from(t.data),
    );
  return { x: tensor(x), y: tensor(y) };
}

/** An experiment of the model for examples as x that are to become y. */
export function experimentFor(model: Layer, { x, y }: { x: HostTensor; y: HostTensor }, seed = 0): Experiment {
  return new Experiment({
    data: new Dataset({ name: "torch", x, y, task: "regression", featureNames: [] }),
    model,
    loss: loss.mse(),
    optimizer: optim.sgd({ lr: 0.01 }),
    batchSize: x.shape[0] as number,
    seed,
  });
}
