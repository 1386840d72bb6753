import { ConfigError } from "../../errors/index.ts";
import * as ops from "../../ops/index.ts";
import { int } from "../../params/index.ts";
import { buildPlan } from "../../plan/index.ts";
import { contributionsPlot } from "../../plots/contributions.ts";
import { significant } from "../../plots/format.ts";
import { pass, passBuffers } from "../../session/forward.ts";
import type { Slice } from "../../session/layout.ts";
import { sizeOf } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showChart } from "../showing.ts";

/** What the inputs of a layer with weights do to its outputs. */
export interface LayerContributions {
  readonly path: string;
  readonly type: string;
  /** Share of each input unit (feature of a linear layer, channel of a convolution) in the variance of the layer's sums; they add up to 1. */
  readonly shares: readonly number[];
  /** Units in the order of their shares, largest first. */
  readonly order: readonly number[];
  /** Share that the strongest tenth of the units holds. */
  readonly topTenth: number;
}

export interface Contributions {
  readonly examples: number;
  readonly layers: readonly LayerContributions[];
}

export const contributions = defineDiagnostic({
  summary:
    "Whether a few units overwhelm the others: every input unit's share in the variance of the next layer's sums.",
  params: { examples: int(256, "[2, inf)", "Examples of the pass, the first of the first epoch.") },
  of: ["run", "experiment"],
  inspects: true,
  cost: "a forward pass over 256 examples",
  measure: async (subject, { examples }, context): Promise<Contributions> => {
    const { config, experiment } = subject;
    const weightOf = (path: string): Slice | undefined =>
      config.model.parameters.slices.find(({ name, shape }) => name === `${path}.weight` && shape.length >= 2);
    const found = await subject.onDevice(context, async (device): Promise<Contributions> => {
      const data = device.upload("train", experiment.splits.train);
      const batch = Math.min(examples, data.count);
      device.setOrder(experiment.epochOrder(0));
      const weighted = config.model.declaration.layers.filter(({ path, type }) => SUMS.test(type) && weightOf(path));
      if (weighted.length === 0)
        throw new ConfigError(
          "inspect.contributions: the model has no layer with a weight that sums inputs: no linear layer, no convolution",
        );
      const program = await device.program(`contributions ${batch}`, (maxBuffersPerLaunch) => {
        const { layers, places } = pass(config, data, batch, { training: false, ordered: true });
        const rows = layers.flatMap(({ path, type, input }) =>
          SUMS.test(type) && weightOf(path)
            ? [{ name: path, value: unitVariance(input, type === "linear" ? input.rank - 1 : 1) }]
            : [],
        );
        const buffers = passBuffers(config, data);
        return buildPlan({
          label: "variance of units",
          buffers,
          inputs: places,
          stages: [{ rows }],
          maxBuffersPerLaunch,
        });
      });
      const rows = await program.run([{ hyper: {}, cursor: 0, noiseSeed: 0, noiseStep: 0 }]);
      const { parameters } = subject.weights();
      return {
        examples: batch,
        layers: weighted.map(({ path, type }) => {
          const slice = weightOf(path) as Slice;
          const weight = parameters.subarray(slice.offset, slice.offset + slice.size);
          return { path, type, ...sharesOf(rows[path] as Float64Array, slice, weight) };
        }),
      };
    });
    showChart(context, contributionsPlot, found);
    const worst = found.layers.reduce((a, b) => (b.topTenth > a.topTenth ? b : a));
    return measured(
      found,
      `the strongest tenth of the units in front of ${worst.path} ${worst.type} carries ${significant(100 * worst.topTenth)} % of its sums' variance`,
    );
  },
});

/** Layers whose outputs are weighted sums of their inputs. */
const SUMS = /^(linear|conv)/;

/** Variance of every place of an axis over all others, [units]. */
const unitVariance = (x: ops.Tensor, units: number): ops.Tensor =>
  ops.variance(
    x,
    x.shape.map((_, axis) => axis).filter((axis) => axis !== units),
    { correction: 0 },
  );

/** Var(a_i) times the sum of its squared weights, as a share of all; weight [out, in, ...]. */
function sharesOf(
  variances: Float64Array,
  { shape }: Slice,
  weight: Float32Array,
): Omit<LayerContributions, "path" | "type"> {
  const [out = 0, into = 0, ...kernel] = shape;
  const field = sizeOf(kernel);
  const raw = Array.from({ length: into }, (_, i) => {
    let squares = 0;
    for (let o = 0; o < out; o++) {
      for (let k = 0; k < field; k++) squares += (weight[(o * into + i) * field + k] as number) ** 2;
    }
    return squares * (variances[i] as number);
  });
  const total = raw.reduce((a, b) => a + b, 0);
  const shares = raw.map((v) => (total > 0 ? v / total : 1 / into));
  const order = shares.map((_, i) => i).sort((a, b) => (shares[b] as number) - (shares[a] as number));
  const tenth = order.slice(0, Math.max(1, Math.round(into / 10)));
  return { shares, order, topTenth: tenth.reduce((sum, i) => sum + (shares[i] as number), 0) };
}
