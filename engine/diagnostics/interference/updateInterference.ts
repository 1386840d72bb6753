import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import * as ops from "../../ops/index.ts";
import { input, type Tensor } from "../../ops/index.ts";
import { hyperparameters } from "../../optim/index.ts";
import { type BuiltPlan, buildPlan } from "../../plan/index.ts";
import { significant } from "../../plots/format.ts";
import { labelOf } from "../../plots/overTime/parts.ts";
import { updateInterferencePlot } from "../../plots/updateInterference.ts";
import type { DeviceModel, StepScalars } from "../../session/device.ts";
import { type DeviceData, pass, passBuffers, type StepConfig } from "../../session/forward.ts";
import { parametersByLayer } from "../../session/instruments/index.ts";
import { viewAs } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";

/** What updating one layer alone does to the batch's loss. */
export interface LayerUpdate {
  readonly path: string;
  readonly type: string;
  /** Change of the loss. */
  readonly change: number;
  /** What the gradient promises: its product with the layer's update. */
  readonly promised: number;
}

export interface UpdateInterference {
  /** Loss of the batch before the step. */
  readonly loss: number;
  /** Its change when all layers are updated together. */
  readonly together: number;
  readonly layers: readonly LayerUpdate[];
  /** Sum of the changes of the layers alone. */
  readonly alone: number;
  /** together - alone: what layers do to each other's updates, which each takes the others to stay as they are. */
  readonly interaction: number;
}

/** Points of one submit. */
const SUBMIT = 16;

export const updateInterference = defineDiagnostic({
  summary:
    "One optimizer step, taken by each layer alone and by all at once: how far their updates get in each other's way.",
  paper: "Ioffe & Szegedy 2015, arXiv:1502.03167, section 2 (layers that change under each other)",
  params: {},
  of: ["experiment", "run"],
  inspects: true,
  cost: "a training step, and a forward pass for each layer",
  measure: async (subject, _, context): Promise<UpdateInterference> => {
    const found = await subject.onDevice(context, (device) => measureAll(subject, device, context));
    showChart(context, updateInterferencePlot, found);
    return measured(found, describe(found));
  },
});

async function measureAll(subject: Subject, device: DeviceModel, context: RunContext): Promise<UpdateInterference> {
  const { experiment, config, run } = subject;
  const { batchSize, seed } = experiment.options;
  const { slices } = config.model.parameters;
  // a run that stands where it stopped goes on with its optimizer's state
  if (run && run.weights === run.checkpoint.state) device.load(run.checkpoint.state);
  const data = device.upload("train", experiment.splits.train);
  device.setOrder(experiment.epochOrder(0));
  const step = (run?.steps ?? 0) + 1;
  const before = viewAs("f32", await device.read("parameters")) as Float32Array;
  const scalars: StepScalars = {
    hyper: { ...hyperparameters(config.optimizer), step },
    cursor: 0,
    noiseSeed: seed,
    noiseStep: step,
  };
  const rows = await device.train(data, batchSize, [scalars]);
  if (rows.ok?.[0] !== 1) {
    throw new ConfigError("updateInterference: the step is not finite; lower the learning rate or scale the inputs");
  }
  const after = viewAs("f32", await device.read("parameters")) as Float32Array;
  const gradients = await device.gradients();
  const update = after.map((v, i) => v - (before[i] as number));
  device.write(BEFORE, before);
  device.write(UPDATE, update);
  const leaves = config.model.declaration.layers.filter(({ container }) => !container);
  const groups = parametersByLayer(
    leaves,
    slices.map(({ name }) => name),
  );
  const program = await device.program("update interference", (max) => lossPlan(config, data, batchSize, groups, max));
  // points: nothing, everything, and each layer by itself
  const points = [
    groups.map(() => 0),
    groups.map(() => 1),
    ...groups.map((_, i) => groups.map((__, k) => (k === i ? 1 : 0))),
  ];
  const progress = new Progress(context, { total: points.length, unit: "passes", message: "updating layer by layer" });
  const losses: number[] = [];
  for (let from = 0; from < points.length; from += SUBMIT) {
    progress.check(from);
    const some = points.slice(from, from + SUBMIT);
    const steps = some.map((point) => ({
      ...scalars,
      hyper: Object.fromEntries(point.map((share, i) => [`share ${i}`, share])),
    }));
    losses.push(...((await program.run(steps)).loss as Float64Array));
  }
  const [loss, moved, ...own] = losses as [number, number, ...number[]];
  const layers = groups.map(({ path, type, parameters }, i): LayerUpdate => {
    const promised = slices
      .filter(({ name }) => parameters.includes(name))
      .reduce((sum, { offset, size }) => {
        for (let k = offset; k < offset + size; k++) sum += (gradients[k] as number) * (update[k] as number);
        return sum;
      }, 0);
    return { path, type, change: (own[i] as number) - loss, promised };
  });
  const alone = layers.reduce((sum, { change }) => sum + change, 0);
  return { loss, together: moved - loss, layers, alone, interaction: moved - loss - alone };
}

const BEFORE = "interference before";
const UPDATE = "interference update";

/** The batch's loss, where layer i has gone the share `share i` of its update. */
function lossPlan(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  groups: readonly { readonly parameters: readonly string[] }[],
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { slices, words } = config.model.parameters;
  const own: Record<string, { buffer: string; offset: number }> = {};
  const place = (kind: string, buffer: string, offset: number, shape: readonly number[]): Tensor => {
    own[kind] = { buffer, offset };
    return input(kind, shape);
  };
  const parameters = Object.fromEntries(
    slices.map(({ name, offset, shape }) => {
      const share = ops.scalar(`share ${groups.findIndex((group) => group.parameters.includes(name))}`);
      const from = place(`before ${name}`, BEFORE, offset, shape);
      return [name, ops.add(from, ops.mul(place(`update ${name}`, UPDATE, offset, shape), share))];
    }),
  );
  const forward = pass(config, data, batch, { training: true, ordered: true, parameters });
  return buildPlan({
    label: "loss along single layers' updates",
    buffers: { ...passBuffers(config, data), [BEFORE]: words, [UPDATE]: words },
    inputs: { ...forward.places, ...own },
    stages: [{ rows: [{ name: "loss", value: forward.loss }] }],
    maxBuffersPerLaunch,
  });
}

function describe({ loss, together, alone, interaction, layers }: UpdateInterference): string {
  const lines = layers.map(
    (layer) =>
      `  ${labelOf(layer).padEnd(16)} alone ${significant(layer.change)} (promised ${significant(layer.promised)})`,
  );
  return [
    `one step from loss ${significant(loss)}`,
    `  all layers together ${significant(together)}, each alone ${significant(alone)} in sum: interaction ${significant(interaction)}`,
    ...(lines.length > 24 ? [...lines.slice(0, 12), "  ...", ...lines.slice(-11)] : lines),
  ].join("\n");
}
