import { ConfigError } from "../errors/index.ts";
import { isShareOfRate } from "../optim/index.ts";
import { type Checked, choice, type Definition, type Instance, type Param, type Params } from "../params/index.ts";

/** What a schedule counts. */
export type Unit = "step" | "epoch";

/** How the learning rate moves during a run: a pure function of the step and of what was seen so far, in f64 on the host. */
export interface ScheduleDefinition<P extends Params = Params> extends Definition<P> {
  /** The rate in force at `at`, or the rate and what else is driven then. */
  at(options: Checked<P>, at: At): number | Driven;
  /** What it counts, where that is not the option `per`. */
  unit?(options: Checked<P>): Unit;
  /** Figures that it waits for. */
  monitors?(options: Checked<P>): readonly Monitor[];
}

/** A figure that a schedule waits for: `loss` or the name of a metric, and of which examples; auto: validation where there is one. */
export interface Monitor {
  readonly name: string;
  readonly on: "auto" | "valid" | "train";
}

declare const counts: unique symbol;

/** A schedule, with what it counts in its type: `Schedule<"epoch">`. */
export interface Schedule<U extends Unit = Unit> extends Instance<ScheduleDefinition> {
  /** Never set. */
  readonly [counts]?: U;
}

/** What a schedule drives. */
export interface Driven {
  readonly lr: number;
  readonly momentum?: number;
  /** The last fall that a figure caused. */
  readonly drop?: Drop;
}

/** A fall of the rate, and the figure that was no better than `best` for too long. */
export interface Drop {
  /** Optimizer steps done by then. */
  readonly step: number;
  readonly monitor: string;
  readonly value: number;
  readonly best: number;
}

/** Figures of an epoch, told once it is over: `loss` and the metrics by name. */
export interface Seen {
  /** Optimizer steps done by then. */
  readonly step: number;
  readonly train: Readonly<Record<string, number>>;
  /** Null when this epoch was not validated, undefined when there is nothing to validate with. */
  readonly valid?: Readonly<Record<string, number>> | null | undefined;
}

/** A place in a run. */
export interface Place {
  /** Optimizer steps done: 0 at the first. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** Epochs that are over, in their order; none before a run. */
  readonly seen?: readonly Seen[] | undefined;
  /** Figures that are better when they are higher. */
  readonly higher?: readonly string[] | undefined;
}

/** A place as a schedule sees it. */
export interface At extends Place {
  /** Steps done, or epochs: 0 at first. */
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
export const per = <const U extends Unit>(unit: U) =>
  choice(unit, ["step", "epoch"], "What t counts: optimizer steps or epochs.") as unknown as PerParam<U>;

/** Its default is in its type, and so in that of the schedule. */
type PerParam<U extends Unit> = Param<Unit, "choice", false, Unit> & { readonly default: U };

export const unitOf = ({ definition, options }: Schedule): Unit =>
  definition.unit?.(options) ?? (options as { readonly per?: Unit }).per ?? "step";

/** Figures that a schedule waits for. */
export const monitorsOf = ({ definition, options }: Schedule): readonly Monitor[] =>
  definition.monitors?.(options) ?? [];

/** What the schedule drives at a place. Throws ConfigError when the rate is no number from 0 up. */
export function scheduleAt(schedule: Schedule, baseLr: number, place: Place): Driven {
  const { type, options, definition } = schedule;
  const { step, steps, stepsPerEpoch, epochs } = place;
  const byEpoch = unitOf(schedule) === "epoch";
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
 * PyTorch's cycle_momentum; unlike there, an optimizer made without momentum stays so. It moves the rate of a group of parameters from that group's own,
 * as PyTorch's base_lrs; one that names its rates itself (oneCycle, cyclic) moves it in proportion.
 */
export function rateAt(
  schedule: Schedule,
  base: Readonly<Record<string, number>>,
  place: Place,
): Record<string, number> {
  const { lr, momentum } = scheduleAt(schedule, base.lr ?? 0, place);
  const driven: Record<string, number> = { ...base, lr, ...sharesAt(schedule, base, place, lr) };
  if (momentum === undefined) return driven;
  if (base.momentum) driven.momentum = momentum;
  else if (base["betas[0]"] !== undefined) driven["betas[0]"] = momentum;
  return driven;
}

/** What the rates of groups are of `lr`, where the schedule makes something else of them than of the optimizer's. */
function sharesAt(
  schedule: Schedule,
  base: Readonly<Record<string, number>>,
  place: Place,
  lr: number,
): Record<string, number> {
  const shares = Object.entries(base).filter(([name]) => isShareOfRate(name));
  const { lr: own = 0 } = base;
  const first = (rate: number) => scheduleAt(schedule, rate, { ...place, step: 0, seen: undefined }).lr;
  if (shares.length === 0 || lr === 0 || first(own) === first(2 * own)) return {};
  return Object.fromEntries(
    shares.map(([name, share]) => [name, scheduleAt(schedule, own * share, place).lr / lr] as const),
  );
}
