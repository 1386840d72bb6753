import type { Layer } from "../network.ts";
import { defineWorkload, wholeBatches } from "../workload.ts";

export const W3 = defineWorkload({
  id: "W3",
  title: "decoder-only transformer: norms before, learned positions, tanh-GELU; AdamW",
  goal: 1.1,
  sizes: {
    vocabulary: { value: 65, doc: "different tokens" },
    features: { value: 128, doc: "width of the residual stream" },
    heads: { value: 4, doc: "heads of attention; they divide features" },
    blocks: { value: 2, doc: "blocks of attention and feed-forward net" },
    hidden: { value: 512, doc: "width of the feed-forward nets" },
    context: { value: 64, doc: "tokens of an example" },
    batch: { value: 16, doc: "examples of a step" },
    examples: { value: 1024, doc: "examples on the device" },
  },
  job: ({ vocabulary, features, heads, blocks, hidden, context, batch, examples }) => {
    const norm: Layer = { layer: "layerNorm", features };
    const block: Layer[] = [
      { layer: "residual", inner: [norm, { layer: "attention", features, heads }] },
      {
        layer: "residual",
        inner: [
          norm,
          { layer: "linear", from: features, to: hidden },
          { layer: "gelu" },
          { layer: "linear", from: hidden, to: features },
        ],
      },
    ];
    return {
      layers: [
        { layer: "embedding", count: vocabulary, features },
        { layer: "position", length: context, features },
        ...Array.from({ length: blocks }, () => block).flat(),
        norm,
        { layer: "linear", from: features, to: vocabulary },
      ],
      data: { kind: "tokens", length: context, vocabulary },
      loss: "crossEntropy",
      optimizer: { kind: "adamw", lr: 1e-3, weightDecay: 0.01 },
      batch,
      examples: wholeBatches(examples, batch),
      watch: false,
    };
  },
});
