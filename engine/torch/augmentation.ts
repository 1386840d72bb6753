import { type Augmentation, mixedTargets } from "../augment/index.ts";
import { constant, input, type Tensor, uniform } from "../ops/index.ts";
import type { DType, HostTensor, Shape } from "../tensor/index.ts";
import { torchFunction } from "./function.ts";

export interface TorchAugmentation {
  /** `augment(x)` for training, `prepare(x)` for what is done to all examples, `mixed(target, share)`: those that there are. */
  readonly augment: string | null;
  readonly prepare: string | null;
  readonly mixed: string | null;
  /** Of an example that has been changed. */
  readonly shape: Shape;
}

interface Examples {
  readonly shape: Shape;
  readonly target: Shape;
  readonly targetType: DType;
  /** The model's output for one example. */
  readonly output: Shape;
}

/** What changes the examples of a batch, as functions. */
export function torchAugmentation(
  pipeline: readonly Augmentation[],
  { shape, target, targetType, output }: Examples,
  table: (host: HostTensor) => string,
): TorchAugmentation {
  if (pipeline.length === 0) return { augment: null, prepare: null, mixed: null, shape };
  const names = pipeline.map(({ type }) => `augment.${type}`);
  const mixes = pipeline.some(({ definition }) => definition.mix);
  let changed = shape;
  const write = (training: boolean) => {
    let drawn = 0;
    let same = false;
    const text = torchFunction({
      ...{ name: training ? "augment" : "prepare", input, table, where: names.join(", ") },
      doc: training
        ? `dlnb's ${names.join(", ")}, drawn anew for every example${mixes ? "; also the share of each example in its mixture with the one before" : ""}.`
        : "What is done to the examples of every set.",
      args: [{ name: "x", shape, dtype: "f32", perExample: true }],
      trace: ([given]) => {
        const zero = constant(0, [], "u32");
        const draws = { training, uniform: (at: Shape) => uniform({ seed: zero, step: zero, stream: drawn++ }, at) };
        let x = given as Tensor;
        let share: Tensor | undefined;
        for (const { definition, options } of pipeline) {
          if (definition.mix) {
            if (training) ({ x, share } = definition.mix(draws, x, options));
          } else x = definition.apply?.(draws, x, options) ?? x;
        }
        same = x === given;
        changed = x.shape.slice(1);
        return share ? [x, share] : [x];
      },
    });
    return same ? null : text;
  };
  const mixed = mixes
    ? torchFunction({
        ...{
          name: "mixed",
          input,
          table,
          where: names.join(", "),
          doc: "Targets of mixed examples, mixed as they are.",
        },
        args: [
          { name: "target", shape: target, dtype: targetType, perExample: true },
          { name: "share", shape: [], dtype: "f32", perExample: false },
        ],
        trace: ([goal, share]) => [
          mixedTargets(
            goal as Tensor,
            share as Tensor,
            input("output", [(goal as Tensor).shape[0] as number, ...output]),
          ),
        ],
      })
    : null;
  return { augment: write(true), prepare: write(false), mixed, shape: changed };
}
