import { onnxOf } from "../onnx/index.ts";
import { type Checked, int, optional, required } from "../params/index.ts";
import type { Run } from "./run.ts";

/** Options of `run.exportOnnx(path, { ... })`. */
export const exportParams = {
  opset: int(17, "[17, 20]", "Version of ONNX's operators; gelu is one operator from 20 on."),
  batch: optional(int(required, "[1, inf)", "Examples of a batch; any number when not given.")),
} as const;

/** The bytes of a run's model as an ONNX file. Throws ConfigError naming the layer and op that ONNX does not have. */
export function onnxOfRun(run: Run, { opset, batch }: Checked<typeof exportParams>): Uint8Array {
  const { config, experiment, prepared, name } = run;
  const { x, classes, featureNames } = experiment.splits.train;
  return onnxOf({
    model: config.model.layer,
    example: { shape: x.shape.slice(1), dtype: x.dtype },
    tensors: run.stateDict(),
    running: config.model.running.slices.map((slice) => slice.name),
    ...{ opset, batch, name },
    doc: prepared ? `Inputs are examples after ${prepared}, in this order.` : "Inputs are examples as they were read.",
    metadata: {
      ...(classes && { classes: JSON.stringify(classes) }),
      ...(featureNames.length > 0 && { features: JSON.stringify(featureNames) }),
      ...(prepared && { "dlnb.prepared": JSON.stringify(prepared) }),
    },
  });
}
