import { ConfigError } from "../errors/index.ts";
import { required, value } from "../params/index.ts";
import { type Place, type Schedule, type ScheduleDefinition, type Unit, unitOf } from "./definition.ts";

/** Schedules made of schedules: what their parts have in common. */

const isSchedule = (given: unknown): boolean =>
  typeof (given as { definition?: Partial<ScheduleDefinition> } | null)?.definition?.at === "function";

/** The option that takes one schedule. */
export const part = (doc: string) =>
  value<Schedule, typeof required>(
    required,
    { type: "Schedule", noun: "a schedule, as from schedule.cosine()", accepts: isSchedule },
    doc,
  );

/** The option that takes several. */
export const parts = (doc: string) =>
  value<readonly Schedule[], typeof required>(
    required,
    {
      type: "readonly Schedule[]",
      noun: "a list of schedules",
      accepts: (given) => Array.isArray(given) && given.length > 0 && given.every(isSchedule),
    },
    doc,
  );

/** What all count. Throws ConfigError where they do not count the same: one clock would run over another's numbers. */
export function commonUnit(where: string, schedules: readonly Schedule[]): Unit {
  const [first] = schedules as [Schedule];
  const unit = unitOf(first);
  const other = schedules.find((schedule) => unitOf(schedule) !== unit);
  if (other) {
    throw new ConfigError(
      `${where}: ${first.type} counts ${unit}s and ${other.type} counts ${unitOf(other)}s; give all the same per: "step" or "epoch"`,
    );
  }
  return unit;
}

/** The place as a schedule sees it that begins after `start` and is over `length` later, in its own unit. */
export function within(place: Place, unit: Unit, start: number, length: number): Place {
  const { step, stepsPerEpoch, seen, higher } = place;
  const size = unit === "epoch" ? stepsPerEpoch : 1;
  const before = start * size;
  const steps = Math.max(1, length) * size;
  return {
    step: step - before,
    steps,
    stepsPerEpoch,
    epochs: Math.ceil(steps / stepsPerEpoch),
    higher,
    seen: seen?.filter((s) => s.step > before).map((s) => ({ ...s, step: s.step - before })),
  };
}
