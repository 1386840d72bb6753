import { ConfigError } from "../errors/index.ts";
import type { Controlled, RunChange, RunControl } from "../protocol/index.ts";

/** What a change does at once; not applied: `why`. */
export interface Applied {
  readonly applied: boolean;
  readonly step: number;
  readonly why: string;
}

/**
 * What was changed of a run by hand, and whether it waits. Rates are a function of the changes and of the schedule alone, so that
 * a run that is given the same changes has the same bits.
 */
export class Steering {
  /** Changes by step; those of a replay that are still to come stand in it as well. */
  readonly #changes: Controlled[] = [];
  /** How many of them are in force, or over. */
  #taken = 0;
  #waiting: PromiseWithResolvers<void> | null = null;

  /** `past` was in force before the run goes on at step `from`; what of it lies after is a replay. A stop that was obeyed counts no more. */
  constructor(past: readonly Controlled[], from: number) {
    this.#changes.push(...past.filter(({ step }) => step <= from));
    this.#taken = this.#changes.length;
    if (this.#asksToStop(from)) this.add({ step: from, change: { do: "keep-going" } });
    // a replay waits for nobody
    const moves = ({ change }: Controlled) => change.do !== "pause" && change.do !== "resume";
    this.#changes.push(...past.filter((control) => control.step > from && moves(control)));
  }

  /** What was changed by now. */
  get made(): readonly Controlled[] {
    return this.#changes.slice(0, this.#taken);
  }

  get paused(): boolean {
    return this.#waiting !== null;
  }

  /** Whether the run ends after the epoch under way, as far as is known now. */
  get stopping(): boolean {
    return this.#asksToStop(Infinity);
  }

  /** A change made by hand: what a replay had in store after it no longer holds. */
  add(control: Controlled): void {
    this.#changes.length = this.#taken;
    const later = this.#changes.findLastIndex(({ step }) => step <= control.step) + 1;
    this.#changes.splice(later, 0, control);
    this.#taken += 1;
    if (control.change.do === "pause") this.#waiting ??= Promise.withResolvers();
    if (control.change.do === "resume") {
      this.#waiting?.resolve();
      this.#waiting = null;
    }
  }

  /** Changes of a replay that concern steps before `end`: from now on they are made. */
  reach(end: number): readonly Controlled[] {
    const from = this.#taken;
    while (this.#taken < this.#changes.length && (this.#changes[this.#taken] as Controlled).step < end)
      this.#taken += 1;
    return from === this.#taken ? [] : this.#changes.slice(from, this.#taken);
  }

  /** Settles once nobody waits any more, or `signal` aborts. */
  async resumed(signal: AbortSignal): Promise<void> {
    if (!this.#waiting || signal.aborted) return;
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([this.#waiting.promise, aborted.promise]);
    signal.removeEventListener("abort", abort);
  }

  /** Whether the run is to end with the epoch that ended after `step` updates. */
  stopsAt(step: number): boolean {
    return this.#asksToStop(step);
  }

  #asksToStop(step: number): boolean {
    const last = this.#changes
      .slice(0, this.#taken)
      .findLast((c) => c.step <= step && (c.change.do === "stop-after-epoch" || c.change.do === "keep-going"));
    return last?.change.do === "stop-after-epoch";
  }

  /** The rate of the step after `step` updates; `plan` is what the schedule says of any step. */
  rate(step: number, plan: (step: number) => number): number {
    let base = plan;
    let set: { readonly step: number; readonly value: number } | null = null;
    for (const { step: at, change } of this.#changes) {
      if (at > step) break;
      if (change.do === "set-lr") {
        set = { step: at, value: change.value };
      } else if (change.do === "set-schedule") {
        const { points } = change;
        base = (t) => along(points, t);
        set = null;
      } else if (change.do === "follow-plan") {
        base = plan;
        set = null;
      }
    }
    if (!set) return base(step);
    const planned = base(set.step);
    return planned > 0 ? set.value * (base(step) / planned) : set.value;
  }

  /** Whether rates may be others than the schedule's. */
  get moves(): boolean {
    return this.#changes.length > 0;
  }
}

type Points = readonly (readonly [step: number, lr: number])[];

/** Straight lines through ascending points, level before the first and after the last. */
export function along(points: Points, step: number): number {
  const after = points.findIndex(([at]) => at > step);
  const [from, to] = after < 0 ? [points.at(-1), undefined] : [points[after - 1], points[after]];
  if (!from) return to?.[1] ?? Number.NaN;
  if (!to) return from[1];
  return from[1] + (to[1] - from[1]) * ((step - from[0]) / (to[0] - from[0]));
}

/** A change as it is kept: checked, a drawn schedule beginning at `now`. Throws ConfigError for what cannot be made. */
export function checkedChange(given: unknown, now: { step: number; steps: number; lr: number }): RunChange {
  const change = shapeOf(given);
  if (change.do === "scale-lr") return { do: "set-lr", value: now.lr * change.factor };
  if (change.do !== "set-schedule") return change;
  const { points } = change;
  const last = points.at(-1) as Points[number];
  if (last[0] <= now.step) {
    throw new ConfigError(
      `set-schedule: its last point is at step ${last[0]}, and step ${now.step} is done or on its way`,
    );
  }
  if (last[0] > now.steps) {
    throw new ConfigError(`set-schedule: its last point is at step ${last[0]}, and the run ends after ${now.steps}`);
  }
  const [first] = points as [Points[number]];
  const start = first[0] <= now.step ? along(points, now.step) : now.lr;
  return { do: "set-schedule", points: [[now.step, start], ...points.filter(([at]) => at > now.step)] };
}

/** Most points of a drawn schedule. */
const MOST_POINTS = 1000;

/** One of the changes, as its type says. Throws ConfigError, naming what is wrong. */
function shapeOf(given: unknown): RunControl {
  const change = given as RunControl | null | undefined;
  const kind = typeof change === "object" && change !== null ? change.do : undefined;
  switch (kind) {
    case "pause":
    case "resume":
    case "stop-after-epoch":
    case "keep-going":
    case "follow-plan":
      return { do: kind };
    case "set-lr": {
      const { value } = change as { readonly value: unknown };
      if (typeof value !== "number" || !(value > 0 && value < Infinity)) {
        throw new ConfigError(`set-lr: value = ${shown(value)} is outside (0, inf)`);
      }
      return { do: kind, value };
    }
    case "scale-lr": {
      const { factor } = change as { readonly factor: unknown };
      if (typeof factor !== "number" || !(factor > 0 && factor < Infinity)) {
        throw new ConfigError(`scale-lr: factor = ${shown(factor)} is outside (0, inf)`);
      }
      return { do: kind, factor };
    }
    case "set-schedule": {
      const { points } = change as { readonly points: unknown };
      if (!Array.isArray(points) || points.length === 0 || points.length > MOST_POINTS) {
        throw new ConfigError(`set-schedule: points must be 1 to ${MOST_POINTS} pairs of a step and a rate`);
      }
      return { do: kind, points: points.map((point, i) => pointOf(point, points[i - 1], i)) };
    }
    default:
      throw new ConfigError(
        `no change ${shown(kind ?? given)}; there is pause, resume, stop-after-epoch, keep-going, set-lr, scale-lr, set-schedule, follow-plan`,
      );
  }
}

function pointOf(point: unknown, before: unknown, i: number): readonly [number, number] {
  const [step, lr] = Array.isArray(point) && point.length === 2 ? (point as [unknown, unknown]) : [];
  if (!Number.isInteger(step) || (step as number) < 0 || typeof lr !== "number" || !(lr >= 0 && lr < Infinity)) {
    throw new ConfigError(`set-schedule: points[${i}] = ${shown(point)} is no pair of a step and a rate from 0 up`);
  }
  const previous = (before as readonly [number, number] | undefined)?.[0] ?? -1;
  if ((step as number) <= previous) {
    throw new ConfigError(
      `set-schedule: points[${i}] is at step ${step}, and the one before it at ${previous}; steps must ascend`,
    );
  }
  return [step as number, lr];
}

/** What `fit({ replay })` is given, checked. Throws ConfigError, naming the entry. */
export function checkedReplay(given: readonly unknown[], where: string): readonly Controlled[] {
  let before = 0;
  return given.map((entry, i) => {
    const { step, change } = (typeof entry === "object" && entry !== null ? entry : {}) as Partial<Controlled>;
    if (!Number.isInteger(step) || (step as number) < before) {
      throw new ConfigError(`${where}: replay[${i}].step = ${shown(step)} must be a whole number, ${before} or more`);
    }
    before = step as number;
    try {
      const kept = shapeOf(change);
      if (kept.do === "scale-lr") throw new ConfigError("scale-lr: a log has the rate that it came to, as set-lr");
      return { step: before, change: kept };
    } catch (cause) {
      throw new ConfigError(`${where}: replay[${i}]: ${(cause as Error).message}`, { cause });
    }
  });
}

function shown(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
