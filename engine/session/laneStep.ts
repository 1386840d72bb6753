import * as ops from "../ops/index.ts";
import { input, scalar, type Tensor } from "../ops/index.ts";
import { type HostTree, hostText } from "../optim/index.ts";
import { type BuiltPlan, buildPlan, type Stage } from "../plan/index.ts";
import { type DeviceData, dataWords, NOISE_SEED, type Places, pass, type StepConfig } from "./forward.ts";
import { trainingStages } from "./step.ts";
import { tallyRows } from "./tally.ts";

/** What lanes have each for themselves besides parameters, gradients, optimizer state and running statistics. */
export interface LaneKind {
  readonly lanes: number;
  /** Hyperparameters that differ by lane. */
  readonly varying: readonly string[];
  /** Each lane visits the examples in an order of its own, row k of buffer "lanes order"; else all in that of "order". */
  readonly ownOrder: boolean;
  /** Each lane draws noise by a seed of its own, word k of buffer "lanes seeds"; else all by the step's. */
  readonly ownNoise: boolean;
}

/** Numbers of a step that differ by lane: one row of the table for each step of a submit, [numbers, lanes]. */
export interface LaneTable {
  readonly trees: readonly HostTree[];
}

/** Steps that the table has room for. */
export const LANE_STEPS = 256;

/** Scalar that names a step's row of the table. */
export const LANE_ROW = "lane row";

/** Where words of a single model's buffer lie among lanes: `lanes NAME`. */
const laned = (buffer: string): string => `lanes ${buffer}`;

/** Whether a number of the step is made of a hyperparameter that differs by lane. */
function mentions(tree: HostTree, names: readonly string[]): boolean {
  if (typeof tree === "number") return false;
  if (typeof tree === "string") return names.includes(tree);
  return tree.slice(1).some((part) => mentions(part as HostTree, names));
}

/**
 * Replaces what differs by lane in graphs of a single model by tensors with a leading lane axis. The buffers of the flat
 * parameters, gradients and optimizer state become [lanes, words]; each running statistic lies by itself, as
 * [lanes, ...shape] from `lanes * offset` on, because their dtypes differ.
 */
class LaneInputs {
  readonly kind: LaneKind;
  readonly places: Places;
  /** Words of the lanes' buffers that a plan uses. */
  readonly words: Record<string, number> = {};
  readonly trees: HostTree[] = [];
  readonly #config: StepConfig;
  readonly #single: Places;
  readonly #numbers = new Map<string, number>();
  readonly #made = new Map<string, Tensor>();

  constructor(config: StepConfig, kind: LaneKind, single: Places) {
    this.#config = config;
    this.kind = kind;
    this.#single = single;
    this.places = { ...single };
  }

  /** The values over all lanes. */
  batched(values: readonly Tensor[]): Tensor[] {
    // a literal is the same in every lane
    const inputs = ops.topological(values).filter((node) => node.op === "input" && !ops.literalValue(node));
    for (const node of inputs) this.#number(node);
    const lanesOf = new Map<Tensor, Tensor>();
    for (const node of inputs) {
      const own = node.attrs.scalar ? this.#scalar(node) : this.#input(node);
      if (own) lanesOf.set(node, own);
    }
    return ops.batched(values, lanesOf, this.kind.lanes);
  }

  /** Copies a step's row of the table to where the step reads its numbers from. */
  get now(): Stage[] {
    const size = this.trees.length * this.kind.lanes;
    if (size === 0) return [];
    const table = this.#own("table", LANE_STEPS * size, [LANE_STEPS, size]);
    return [{ stores: [{ value: ops.gather(table, scalar(LANE_ROW, "i32")), buffer: laned("now"), offset: 0 }] }];
  }

  #number({ attrs }: Tensor): void {
    const tree = treeOf(attrs);
    if (tree === undefined || !mentions(tree, this.kind.varying) || this.#numbers.has(hostText(tree))) return;
    this.#numbers.set(hostText(tree), this.trees.push(tree) - 1);
  }

  #scalar({ attrs }: Tensor): Tensor | undefined {
    const { lanes, ownNoise } = this.kind;
    if (attrs.name === NOISE_SEED) return ownNoise ? this.#own("seeds", lanes, [lanes], "u32") : undefined;
    const number = this.#numbers.get(hostText(treeOf(attrs) as HostTree));
    if (number === undefined) return undefined;
    const count = this.trees.length;
    const now = this.#own("now", count * lanes, [count, lanes]);
    return ops.reshape(ops.slice(now, 0, number, number + 1), [lanes]);
  }

  #input({ attrs, shape, dtype, size }: Tensor): Tensor | undefined {
    const { lanes, ownOrder } = this.kind;
    const name = attrs.name as string;
    const { buffer, offset } = this.#single[name] as Places[string];
    const { running } = this.#config.model;
    if (buffer === "order") return ownOrder ? this.#own("order", lanes * size, [lanes, size], "i32") : undefined;
    if (buffer === "halted") return this.#own("halted", Math.ceil(lanes / 4) * 4, [lanes], "i32");
    if (buffer === "running") {
      this.words[laned(buffer)] = lanes * running.words;
      this.places[laned(name)] = { buffer: laned(buffer), offset: lanes * offset };
      return input(laned(name), [lanes, ...shape], dtype);
    }
    const words = flatWords(this.#config, buffer);
    if (words === 0) return undefined;
    const flat = this.#own(buffer, lanes * words, [lanes, words]);
    return ops.reshape(ops.slice(flat, 1, offset, offset + size), [lanes, ...shape]);
  }

  #own(buffer: string, words: number, shape: readonly number[], dtype: Tensor["dtype"] = "f32"): Tensor {
    const name = laned(buffer);
    this.words[name] = words;
    this.places[name] = { buffer: name, offset: 0 };
    const made = this.#made.get(name) ?? input(name, shape, dtype);
    this.#made.set(name, made);
    return made;
  }
}

/** Words that a lane has in a buffer of all lanes, which is a matrix with a row for each; 0 where it is none. */
function flatWords({ model }: StepConfig, buffer: string): number {
  if (buffer === "parameters" || buffer === "gradients") return model.parameters.words;
  return buffer.startsWith("state ") ? model.trained.words : 0;
}

const treeOf = ({ scalar, name, expr }: Tensor["attrs"]): HostTree | undefined =>
  scalar ? ((expr as HostTree | undefined) ?? (name as string)) : undefined;

/** `trainingStep` of `kind.lanes` models at once; every row has a value for each lane. A lane that is not finite halts alone. */
export function laneTrainingStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  kind: LaneKind,
  maxBuffersPerLaunch: number,
): { built: BuiltPlan; table: LaneTable } {
  const single = trainingStages(config, data, batch);
  const inputs = new LaneInputs(config, kind, single.places);
  const values = single.stages.flatMap(({ rows = [], stores = [] }) => [...rows, ...stores].map((r) => r.value));
  const laneValues = inputs.batched(values);
  let next = 0;
  const value = () => laneValues[next++] as Tensor;
  const stages = single.stages.map(({ rows = [], stores = [] }): Stage => {
    const laneRows = rows.map(({ name }) => ({ name, value: value() }));
    return { rows: laneRows, stores: laneStores(config, kind, stores, value) };
  });
  const now = inputs.now;
  const built = buildPlan({
    label: `training step, batch ${batch}, ${kind.lanes} lanes`,
    buffers: { ...dataWords(data), order: data.count, ...inputs.words },
    inputs: inputs.places,
    stages: [...now, ...stages],
    maxBuffersPerLaunch,
  });
  return { built, table: { trees: inputs.trees } };
}

/** The stores of a stage with their lanes: parameters, gradients and states as matrices with a row for each lane. */
const laneStores = (
  config: StepConfig,
  { lanes }: LaneKind,
  stores: NonNullable<Stage["stores"]>,
  laneValue: () => Tensor,
): NonNullable<Stage["stores"]> =>
  stores.map(({ buffer, offset }) => {
    const [value, pitch] = [laneValue(), flatWords(config, buffer)];
    // whole rows lie one after the other
    if (pitch === 0 || value.size === lanes * pitch) return { value, buffer: laned(buffer), offset: lanes * offset };
    return { value, buffer: laned(buffer), offset, pitch };
  });

/** `evaluationStep` of all lanes at once. */
export function laneEvaluationStep(
  config: StepConfig,
  data: DeviceData,
  batch: number,
  kind: LaneKind,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { output, y, goal, places } = pass(config, data, batch, { training: false, ordered: false });
  const inputs = new LaneInputs(config, kind, places);
  const rows = tallyRows(config, { output, y, goal }, "evaluation");
  const values = inputs.batched(rows.map((r) => r.value));
  return buildPlan({
    label: `evaluation, batch ${batch}, ${kind.lanes} lanes`,
    buffers: { ...dataWords(data), ...inputs.words },
    inputs: inputs.places,
    stages: [{ rows: rows.map(({ name }, i) => ({ name, value: values[i] as Tensor })) }],
    maxBuffersPerLaunch,
  });
}
