import { ConfigError } from "../errors/index.ts";
import type { Loss } from "../losses/index.ts";
import { isFullBatch, type Optimizer, type ParameterGroup } from "../optim/index.ts";
import type { Schedule } from "../schedules/index.ts";
import { args, indented, python, snake } from "./python.ts";

type Options = Readonly<Record<string, unknown>>;

const optimizers: Readonly<Record<string, string>> = {
  adadelta: "Adadelta",
  adagrad: "Adagrad",
  adam: "Adam",
  adamax: "Adamax",
  adamw: "AdamW",
  asgd: "ASGD",
  nadam: "NAdam",
  radam: "RAdam",
  rmsprop: "RMSprop",
  rprop: "Rprop",
  sgd: "SGD",
};

/** Options that torch.optim does not have, with the values at which it does the same. */
const ours: Options = { biasCorrection: true, form: "pytorch", groups: undefined, weightDecayOn: undefined };

/** The optimizer, over one group of parameters or several. Throws ConfigError for one that torch.optim does not have. */
export function torchOptimizer(optimizer: Optimizer, groups: readonly ParameterGroup[]): string {
  const { type } = optimizer;
  const name = optimizers[type];
  if (isFullBatch(optimizer) || name === undefined)
    throw new ConfigError(`exportPyTorch: torch.optim has no ${type}; there are ${Object.keys(optimizers).join(", ")}`);
  const options = optimizer.options as Options;
  for (const [option, value] of Object.entries(ours)) {
    if (value !== undefined && options[option] !== undefined && options[option] !== value)
      throw new ConfigError(`exportPyTorch: torch.optim.${name} has no ${option}: ${JSON.stringify(options[option])}`);
  }
  const own = (of: Options) =>
    Object.fromEntries(
      Object.entries(of)
        .filter(([option]) => !(option in ours))
        .map(([option, value]) => [snake(option), value]),
    );
  const base = own(options);
  const rest = changedOf(optimizer, base);
  const trained = groups.filter(({ settings }) => !settings.frozen);
  if (groups.length === 1) return `torch.optim.${name}(model.parameters(), ${args([], rest)})`;
  const lists = trained.map(({ names, settings }) => {
    const other = Object.entries(own(settings.options as Options)).filter(
      ([option, value]) => JSON.stringify(value) !== JSON.stringify(base[option]),
    );
    const pairs = other.map(([option, value]) => `, ${python(option)}: ${python(value)}`).join("");
    return `{"params": [named[name] for name in (\n${indented(names.map((n) => `${python(n)},`).join("\n"))}\n)]${pairs}},`;
  });
  return `torch.optim.${name}([\n${indented(lists.join("\n"))}\n], ${args([], rest)})`;
}

/** The rate, and what differs from a default: those are PyTorch's. */
function changedOf({ definition }: Optimizer, base: Options): Options {
  const defaults = Object.fromEntries(Object.entries(definition.params).map(([name, p]) => [snake(name), p.default]));
  return Object.fromEntries(
    Object.entries(base).filter(
      ([name, value]) => name === "lr" || JSON.stringify(value) !== JSON.stringify(defaults[name]),
    ),
  );
}

const losses: Readonly<Record<string, string>> = {
  bce: "BCELoss",
  bceWithLogits: "BCEWithLogitsLoss",
  crossEntropy: "CrossEntropyLoss",
  hingeEmbedding: "HingeEmbeddingLoss",
  huber: "HuberLoss",
  klDiv: "KLDivLoss",
  mae: "L1Loss",
  mse: "MSELoss",
  multiLabelMargin: "MultiLabelMarginLoss",
  multiLabelSoftMargin: "MultiLabelSoftMarginLoss",
  multiMargin: "MultiMarginLoss",
  nll: "NLLLoss",
  poissonNll: "PoissonNLLLoss",
  smoothL1: "SmoothL1Loss",
  softMargin: "SoftMarginLoss",
};

/** The loss, with weights as tensors. Throws ConfigError for one that torch.nn does not have. */
export function torchLoss({ type, options, definition }: Loss): string {
  const name = losses[type];
  if (name === undefined)
    throw new ConfigError(`exportPyTorch: torch.nn has no loss ${type}; there are ${Object.keys(losses).join(", ")}`);
  const given = Object.entries(options as Options).filter(
    ([option, value]) =>
      option !== "dim" &&
      value !== null &&
      JSON.stringify(value) !== JSON.stringify(definition.params[option]?.default),
  );
  const written = given.map(([option, value]) => {
    const tensor = Array.isArray(value) || ArrayBuffer.isView(value);
    const list = tensor ? `torch.tensor([${Array.from(value as ArrayLike<number>).join(", ")}])` : python(value);
    return `${snake(option)}=${list}`;
  });
  return `nn.${name}(${written.join(", ")})`;
}

/** How a schedule is written, and when it steps. */
export interface TorchSchedule {
  readonly call: string;
  readonly per: "step" | "epoch";
}

/**
 * The scheduler of torch.optim that a schedule is; null where there is none, or where it depends on PyTorch's version: the rates of every
 * step are a table then. `plateau` waits for figures, and has no table: see `training loop`.
 */
export function torchSchedule(schedule: Schedule, total: { steps: number; epochs: number }): TorchSchedule | null {
  const { type } = schedule;
  const options = schedule.options as Options;
  const per = options.per === "epoch" ? "epoch" : "step";
  const length = per === "epoch" ? total.epochs : total.steps;
  const write = (name: string, named: Options): TorchSchedule => ({
    call: `torch.optim.lr_scheduler.${name}(optimizer, ${args([], named)})`,
    per,
  });
  if (type === "step") return write("StepLR", { step_size: options.stepSize, gamma: options.gamma });
  if (type === "exponential" && options.gamma !== null) return write("ExponentialLR", { gamma: options.gamma });
  if (type === "multiStep")
    return {
      call: `torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=${JSON.stringify(options.milestones)}, gamma=${python(options.gamma)})`,
      per,
    };
  if (type === "cosine") return write("CosineAnnealingLR", { T_max: options.tMax ?? length, eta_min: options.etaMin });
  if (type === "oneCycle" && options.per === "step")
    return write("OneCycleLR", {
      max_lr: options.maxLr,
      total_steps: options.totalSteps ?? length,
      pct_start: options.pctStart,
      anneal_strategy: options.annealStrategy,
      div_factor: options.divFactor,
      final_div_factor: options.finalDivFactor,
      three_phase: options.threePhase,
      cycle_momentum: options.cycleMomentum,
      base_momentum: options.baseMomentum,
      max_momentum: options.maxMomentum,
    });
  return null;
}
