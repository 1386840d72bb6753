import { traceModel } from "../nn/index.ts";
import * as ops from "../ops/index.ts";
import { input, type Tensor } from "../ops/index.ts";
import { HostScalar, lift, stateNames, traceUpdate } from "../optim/index.ts";
import { type BuiltPlan, buildPlan, type Stage } from "../plan/index.ts";
import type { Shape } from "../tensor/index.ts";
import {
  AVERAGE,
  bufferWords,
  type Clip,
  type DeviceData,
  dataWords,
  gradientsOf,
  microBatches,
  modelInputs,
  type Pass,
  type Places,
  pass,
  passBuffers,
  type StepConfig,
} from "./forward.ts";
import { updateRanges } from "./ranges.ts";
import { limitStages, penaltyOf } from "./regularizing.ts";
import { partName, tallyRows } from "./tally.ts";

/** A training step as a plan: see `trainingStages`. */
export function trainingStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { stages, places } = trainingStages(config, data, batch);
  return buildPlan({
    label: `training step, batch ${batch}`,
    buffers: passBuffers(config, data),
    inputs: places,
    stages,
    maxBuffersPerLaunch,
  });
}

/**
 * What a training step computes: gather, forward, backward; then clipping, one fused update, and what holds weights within limits. A step of several batches
 * (see `microBatches`) adds their gradients up first, weighted by their examples where the loss is a mean. Nothing is changed,
 * now and in all later steps, once the loss or the gradient is not finite, so the state stays the last good one.
 * Rows: loss, the penalty on weights where there is one, squared gradient norm, whether the step counted, what clipping did (see `clipRows`), what figures add up
 * from: of each of several batches for itself.
 */
export function trainingStages(
  config: StepConfig,
  data: DeviceData,
  batch: number,
): { stages: Stage[]; places: Places } {
  const { stages: backward, loss, penalty, tallied, running, parameters, places } = backwardStages(config, data, batch);
  const { model, optimizer, clip } = config;
  const flat = (buffer: string, offset = 0, words = model.trained.words): Tensor => {
    const name = `${buffer} ${offset}`;
    places[name] = { buffer, offset };
    return input(name, [words]);
  };
  places.halted = { buffer: "halted", offset: 0 };
  const halted = input("halted", [], "i32");
  const raw = flat("gradients");
  const [normSquared, ok] = ops.within({ name: "gradient norm" }, () => {
    const squared = ops.sum(ops.square(raw));
    return [squared, ops.and(ops.and(ops.isFinite(loss), ops.isFinite(squared)), ops.equal(halted, 0))] as const;
  });

  const update = { name: "optimizer" };
  const g = ops.within({ name: "clipping" }, () => clipped(raw, normSquared, clip));
  const keep = (fresh: Tensor, old: Tensor): Tensor =>
    ops.within(update, () => ops.select(ops.broadcastTo(ok, old.shape), fresh, old));
  const limits = limitStages(config, parameters, halted);
  // what limits make of the weights is what counts
  const averages = config.average && limits.length === 0;
  const updates = updateRanges(model, optimizer).flatMap(({ settings, offset, words }) => {
    const p = flat("parameters", offset, words);
    const state = Object.fromEntries(stateNames(optimizer).map((name) => [name, flat(`state ${name}`, offset, words)]));
    const own = ops.slice(g, 0, offset, offset + words);
    const next = ops.within(update, () => traceUpdate(optimizer, { p, g: own, state }, settings));
    const average = averages ? [averaged(flat(`state ${AVERAGE}`, offset, words), next.p)] : [];
    const moved = Object.keys(state).filter((name) => next.state[name] !== state[name]);
    return [
      { value: keep(next.p, p), buffer: "parameters", offset },
      ...average.map(([fresh, old]) => ({ value: keep(fresh, old), buffer: `state ${AVERAGE}`, offset })),
      ...moved.map((name) => ({
        value: keep(next.state[name] as Tensor, state[name] as Tensor),
        buffer: `state ${name}`,
        offset,
      })),
    ];
  });
  const stages: Stage[] = [
    ...backward,
    {
      rows: [
        { name: "loss", value: loss },
        ...(penalty ? [{ name: "penalty", value: penalty }] : []),
        { name: "gradient norm squared", value: normSquared },
        { name: "ok", value: ops.cast(ok, "f32") },
        ...clipRows(raw, g, clip),
        ...tallied,
      ],
      stores: [
        ...updates,
        ...running.map(({ fresh, old, offset }) => ({ value: keep(fresh, old), buffer: "running", offset })),
        { value: ops.select(ok, halted, ops.constant(1, [], "i32")), buffer: "halted", offset: 0 },
      ],
    },
    ...limits,
    ...(config.average && !averages ? [averageStage(flat("parameters"), flat(`state ${AVERAGE}`), halted)] : []),
  ];
  return { stages, places };
}

/**
 * A stage for each of the step's batches, whose gradients add up in buffer "gradients"; the loss and the next running
 * statistics, which go through the batches one after the other, of all of them together. What a batch reports is worked out in
 * its own stage when there are several, so that nothing large of it outlives that.
 */
function backwardStages(config: StepConfig, data: DeviceData, batch: number) {
  const { model, loss } = config;
  const places: Places = {};
  const parts = microBatches(config, batch);
  const several = parts.length > 1;
  const summed = (loss.options as { readonly reduction?: string }).reduction === "sum";
  const { buffers: first, parameters } = modelInputs(config);
  // it is the same for all of a step's batches: the first one's gradient has it
  const penalty = ops.within({ name: "penalty", direction: "forward" }, () => penaltyOf(config, parameters));
  let buffers = first;
  const done = parts.map((part) => {
    const forward = pass(config, data, part.size, { training: true, ordered: true, part, parameters, buffers });
    Object.assign(places, forward.places);
    buffers = { ...buffers, ...forward.bufferUpdates };
    const share = several && !summed ? ops.mul(forward.loss, part.size / batch) : forward.loss;
    const objective = penalty && part.index === 0 ? ops.add(share, penalty) : share;
    const gradients = gradientsOf(config, { parameters, loss: objective }, model.trained);
    const stores = model.trained.slices.map(({ name, shape, offset }, i) => {
      const fresh = gradients[i] as Tensor;
      if (part.index === 0) return { value: fresh, buffer: "gradients", offset };
      places[`gradient of ${name}`] = { buffer: "gradients", offset };
      return { value: ops.add(input(`gradient of ${name}`, shape), fresh), buffer: "gradients", offset };
    });
    const own = tallyRows(config, forward, "training");
    const rows = [...own, ...(several ? [{ name: "loss", value: share }] : [])];
    return {
      stores,
      share,
      rows: rows.map(({ name, value }) => ({ name: partName(name, part.index, several), value })),
    };
  });
  const [one, ...more] = done as [(typeof done)[number], ...typeof done];
  return {
    stages: done.map(({ stores, rows }): Stage => (several ? { stores, rows } : { stores })),
    tallied: several ? [] : one.rows,
    penalty,
    parameters,
    loss: more.reduce((sum, { share }) => ops.add(sum, share), one.share),
    running: model.running.slices.flatMap(({ name, offset }) => {
      const [fresh, old] = [buffers[name] as Tensor, first[name] as Tensor];
      return fresh === old ? [] : [{ fresh, old, offset }];
    }),
    places,
  };
}

/** An average that new weights count in by scalar `average`, 1 for the first; and what it was. */
function averaged(old: Tensor, fresh: Tensor): [fresh: Tensor, old: Tensor] {
  const weight = lift(new HostScalar(AVERAGE)) as Tensor;
  return [ops.within({ name: "average" }, () => ops.add(old, ops.mul(weight, ops.sub(fresh, old)))), old];
}

/** The average taken after all else of a step, unless that did not count. */
function averageStage(p: Tensor, old: Tensor, halted: Tensor): Stage {
  const [fresh] = averaged(old, p);
  const goes = ops.broadcastTo(ops.equal(halted, 0), old.shape);
  return { stores: [{ value: ops.select(goes, fresh, old), buffer: `state ${AVERAGE}`, offset: 0 }] };
}

/** Whether a step was clipped, and the squared norm after it, where the norm before does not tell. */
function clipRows(raw: Tensor, g: Tensor, { norm, normType = 2, value }: Clip): { name: string; value: Tensor }[] {
  if (value === undefined && (norm === undefined || normType === 2)) return [];
  const changed = ops.cast(ops.not(ops.equal(raw, g)), "f32");
  return [
    { name: "clipped", value: ops.max(changed) },
    { name: "clipped norm squared", value: ops.sum(ops.square(g)) },
  ];
}

/** (sum |g|^p)^(1 / p), or the largest |g|. */
export function gradientNorm(g: Tensor, p: number | "inf"): Tensor {
  if (p === "inf") return ops.max(ops.abs(g));
  return p === 1 ? ops.sum(ops.abs(g)) : ops.pow(ops.sum(ops.pow(ops.abs(g), p)), 1 / p);
}

/** torch.nn.utils.clip_grad_norm_ (with its 1e-6) or clip_grad_value_. */
export function clipped(g: Tensor, normSquared: Tensor, { norm, normType = 2, value }: Clip): Tensor {
  let out = g;
  if (norm !== undefined) {
    const length = normType === 2 ? ops.sqrt(normSquared) : gradientNorm(g, normType);
    const scale = ops.minimum(ops.div(norm, ops.add(length, 1e-6)), 1);
    out = ops.mul(out, scale);
  }
  if (value !== undefined) out = ops.minimum(ops.maximum(out, -value), value);
  return out;
}

/** What the figures of a set add up from, of `batch` rows from `cursor` on, in evaluation mode. */
export function evaluationStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const forward = pass(config, data, batch, { training: false, ordered: false });
  return buildPlan({
    label: `evaluation, batch ${batch}`,
    buffers: { ...bufferWords(config), ...dataWords(data) },
    inputs: forward.places,
    stages: [{ rows: tallyRows(config, forward, "evaluation") }],
    maxBuffersPerLaunch,
  });
}

/** The model's output, in evaluation mode, for `batch` examples in buffer `x`; written to buffer `output`. */
export function predictionStep(
  config: StepConfig,
  example: DeviceData["x"],
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan & { shape: Shape } {
  const inputs = modelInputs(config);
  inputs.places.x = { buffer: "x", offset: 0 };
  const x = input("x", [batch, ...example.shape], example.dtype);
  const { output } = traceModel(config.model.layer, x, {
    parameters: inputs.parameters,
    buffers: inputs.buffers,
    training: false,
    seed: ops.constant(0, [], "u32"),
    step: ops.constant(0, [], "u32"),
  });
  const built = buildPlan({
    label: `prediction, batch ${batch}`,
    buffers: { ...bufferWords(config), x: x.size, output: output.size },
    inputs: inputs.places,
    stages: [{ stores: [{ value: output, buffer: "output", offset: 0 }] }],
    maxBuffersPerLaunch,
  });
  return { ...built, shape: output.shape };
}

/**
 * The training forward and backward pass again, with a row for every tensor: how many of its elements are not finite,
 * in the order in which they are computed.
 */
export function diagnosisStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const parts = microBatches(config, batch);
  const places: Places = {};
  const rows = parts.flatMap((part) => {
    const forward = pass(config, data, part.size, { training: true, ordered: true, part });
    Object.assign(places, forward.places);
    const where = parts.length === 1 ? "" : ` (batch ${part.index + 1} of the step's ${parts.length})`;
    return nonFiniteRows(config, forward).map(({ name, value }) => ({ name: name + where, value }));
  });
  return buildPlan({
    label: "non-finite search",
    buffers: passBuffers(config, data),
    inputs: places,
    stages: [{ rows }],
    maxBuffersPerLaunch,
  });
}

function nonFiniteRows(config: StepConfig, forward: Pass): { name: string; value: Tensor }[] {
  const { loss, x, y, activations, parameters } = forward;
  const penalty = penaltyOf(config, parameters);
  const gradients = gradientsOf(config, { loss: penalty ? ops.add(loss, penalty) : loss, parameters });
  const count = (t: Tensor): Tensor => ops.sum(ops.cast(ops.not(ops.isFinite(t)), "f32"));
  const numbers = (name: string, t: Tensor) => (t.dtype === "f32" ? [{ name, value: count(t) }] : []);
  const slices = config.model.parameters.slices;
  return [
    ...numbers("the batch's inputs", x),
    ...numbers("the batch's targets", y),
    ...slices.flatMap(({ name }) => numbers(`parameter ${name}`, parameters[name] as Tensor)),
    ...Object.entries(activations).flatMap(([path, t]) =>
      numbers(path === "" ? "the model's output" : `the output of layer ${path}`, t),
    ),
    ...numbers("the loss", loss),
    ...(penalty ? numbers("the penalty on weights", penalty) : []),
    ...slices
      .map(({ name }, i) => ({ name: `the gradient of ${name}`, value: count(gradients[i] as Tensor) }))
      .reverse(),
  ];
}
