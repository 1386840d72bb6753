import type { Schedule } from "../schedules/index.ts";
import { args, python } from "./python.ts";

type Options = Readonly<Record<string, unknown>>;

/** Schedules that are written by torch's names; `exponential` with a gamma, `oneCycle` over steps. */
export const torchSchedules: readonly string[] = ["step", "exponential", "multiStep", "cosine", "plateau", "oneCycle"];

/** How a schedule is written, and when it steps. */
export interface TorchSchedule {
  readonly call: string;
  readonly per: "step" | "epoch";
  /** The figure that it waits for: its name, and whether it is of the training part. */
  readonly monitor?: { readonly name: string; readonly training: boolean };
}

export interface Run {
  readonly steps: number;
  readonly epochs: number;
  /** Whether there is a validation part. */
  readonly validates: boolean;
  /** Figures that are better when they are higher. */
  readonly higher: readonly string[];
}

/**
 * The scheduler of torch.optim that a schedule is; null where there is none, or where it depends on PyTorch's version: the rates of every
 * step are a table then.
 */
export function torchSchedule(schedule: Schedule, run: Run): TorchSchedule | null {
  const { type } = schedule;
  const options = schedule.options as Options;
  const per = options.per === "epoch" ? "epoch" : "step";
  const length = per === "epoch" ? run.epochs : run.steps;
  const write = (name: string, named: Options): TorchSchedule => ({
    call: `torch.optim.lr_scheduler.${name}(optimizer, ${args([], named)})`,
    per,
  });
  if (type === "step") return write("StepLR", { step_size: options.stepSize, gamma: options.gamma });
  if (type === "exponential" && options.gamma !== null) return write("ExponentialLR", { gamma: options.gamma });
  if (type === "multiStep") {
    const milestones = JSON.stringify(options.milestones).replaceAll(",", ", ");
    return {
      call: `torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=${milestones}, gamma=${python(options.gamma)})`,
      per,
    };
  }
  if (type === "cosine") return write("CosineAnnealingLR", { T_max: options.tMax ?? length, eta_min: options.etaMin });
  if (type === "plateau") {
    const name = options.monitor as string;
    const higher = options.mode === "max" || (options.mode === "auto" && run.higher.includes(name));
    const named = {
      mode: higher ? "max" : "min",
      factor: options.factor,
      patience: options.patience,
      threshold: options.threshold,
      threshold_mode: options.thresholdMode,
      cooldown: options.cooldown,
      min_lr: options.minLr,
      eps: options.eps,
    };
    const training = options.on === "train" || (options.on === "auto" && !run.validates);
    return { ...write("ReduceLROnPlateau", named), per: "epoch", monitor: { name, training } };
  }
  if (type === "oneCycle" && options.per === "step") {
    const named: Options = {
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
    };
    const usual: Options = {
      pct_start: 0.3,
      anneal_strategy: "cos",
      div_factor: 25,
      final_div_factor: 1e4,
      three_phase: false,
      cycle_momentum: true,
      base_momentum: 0.85,
      max_momentum: 0.95,
    };
    return write(
      "OneCycleLR",
      Object.fromEntries(Object.entries(named).filter(([name, value]) => value !== usual[name])),
    );
  }
  return null;
}
