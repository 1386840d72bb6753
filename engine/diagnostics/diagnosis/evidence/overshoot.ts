import * as ops from "../../../ops/index.ts";
import { buildPlan } from "../../../plan/index.ts";
import type { DeviceModel } from "../../../session/device.ts";
import { type DeviceData, gradientsOf, pass, passBuffers } from "../../../session/forward.ts";
import type { Weights } from "../../../session/model.ts";

/** Curvature along the gradient: a step of rate e changes the loss by -e g'g + e^2 / 2 g'Hg. */
export interface Curvature {
  readonly gg: number;
  readonly gHg: number;
}

/**
 * g'g and g'Hg of the batch's loss at `weights`, Hg as the derivative of g'g / 2: one backward pass of a backward pass.
 * Goodfellow, Bengio & Courville 2016, Deep Learning, equation 8.10.
 */
export async function curvatureAlongGradient(
  device: DeviceModel,
  data: DeviceData,
  weights: Weights,
  examples: number,
): Promise<Curvature> {
  const { config } = device;
  const program = await device.program(`curvature ${data.name} ${examples}`, (max) => {
    const forward = pass(config, data, examples, { training: true, ordered: true });
    const g = gradientsOf(config, forward);
    const dot = (a: readonly ops.Tensor[], b: readonly ops.Tensor[]) =>
      a.map((t, i) => ops.sum(ops.mul(t, b[i] as ops.Tensor))).reduce((s, t) => ops.add(s, t));
    const gg = dot(g, g);
    const hg = ops.gradients(
      ops.mul(gg, 0.5),
      config.model.parameters.slices.map(({ name }) => forward.parameters[name] as ops.Tensor),
    );
    return buildPlan({
      label: `curvature along the gradient of ${examples} examples`,
      buffers: passBuffers(config, data),
      inputs: forward.places,
      stages: [
        {
          rows: [
            { name: "gg", value: gg },
            { name: "gHg", value: dot(g, hg) },
          ],
        },
      ],
      maxBuffersPerLaunch: max,
    });
  });
  device.load(weights);
  const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: 0, noiseStep: 0 }]);
  return { gg: rows.gg?.[0] as number, gHg: rows.gHg?.[0] as number };
}
