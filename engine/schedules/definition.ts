import { ConfigError } from "../errors/index.ts";
import { type Checked, choice, type Definition, type Instance, type Params } from "../params/index.ts";

/** How the learning rate moves during a run: a pure function of the step, computed in f64 on the host. */
export interface ScheduleDefinition<P extends Params = Params> extends Definition<P> {
  /** The rate in force at `at`, or the rate and what the optimizer's momentum is then. */
  at(options: Checked<P>, at: At): number | Driven;
}

export type Schedule = Instance<ScheduleDefinition>;

/** What a schedule drives. */
export interface Driven {
  readonly lr: number;
  readonly momentum?: number;
}

/** A place in a run. */
export interface Place {
  /** Optimizer steps done: 0 at the first. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
}

/** A place as a schedule sees it. */
export interface At extends Place {
  /** Steps done, or epochs, as the option `per` says: 0 at first. A schedule without it counts steps. */
  readonly t: number;
  /** Of how many. */
  readonly total: number;
  /** The optimizer's own lr. */
  readonly baseLr: number;
}

/** Declares a schedule. Its name is the one it is exported under in all.ts. */
export function defineSchedule<const P extends Params, const N extends string = never>(
  definition: ScheduleDefinition<P> & { readonly positional?: N },
): ScheduleDefinition<P> & { readonly positional: N } {
  return definition as ScheduleDefinition<P> & { readonly positional: N };
}

/** The option that says what `t` counts; the default is what its users mostly mean. */
export const per = (unit: "step" | "epoch") =>
  choice(unit, ["step", "epoch"], "What t counts: optimizer steps or epochs.");

/** What the schedule drives at a place. Throws ConfigError when the rate is no number from 0 up. */
export function scheduleAt(schedule: Schedule, baseLr: number, place: Place): Driven {
  const { type, options, definition } = schedule;
  const { step, steps, stepsPerEpoch, epochs } = place;
  const byEpoch = (options as { per?: string }).per === "epoch";
  const t = byEpoch ? Math.floor(step / stepsPerEpoch) : step;
  const given = definition.at(options, { ...place, t, total: byEpoch ? epochs : steps, baseLr });
  const driven = typeof given === "number" ? { lr: given } : given;
  if (!(driven.lr >= 0 && driven.lr < Infinity)) {
    throw new ConfigError(`${type}: lr = ${driven.lr} at step ${step} is outside [0, inf)`);
  }
  return driven;
}

/**
 * The optimizer's numbers at a place. A schedule's momentum drives `momentum`, or `betas[0]` where there is none, as
 * PyTorch's cycle_momentum; unlike there, an optimizer made without momentum stays so.
 */
export function rateAt(
  schedule: Schedule,
  base: Readonly<Record<string, number>>,
  place: Place,
): Record<string, number> {
  const { lr, momentum } = scheduleAt(schedule, base.lr ?? 0, place);
  const driven: Record<string, number> = { ...base, lr };
  if (momentum === undefined) return driven;
  if (base.momentum) driven.momentum = momentum;
  else if (base["betas[0]"] !== undefined) driven["betas[0]"] = momentum;
  return driven;
}

/** The rate at each step of a run, to be drawn before there is one. */
export function preview(schedule: Schedule, run: { baseLr: number; steps: number; stepsPerEpoch?: number }): number[] {
  const { baseLr, steps, stepsPerEpoch = 1 } = run;
  const epochs = Math.ceil(steps / stepsPerEpoch);
  return Array.from(
    { length: steps },
    (_, step) => scheduleAt(schedule, baseLr, { step, steps, stepsPerEpoch, epochs }).lr,
  );
}
