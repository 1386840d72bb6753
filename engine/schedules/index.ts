import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import type { Calls } from "./calls.ts";
import type { Schedule } from "./definition.ts";
import { preview } from "./preview.ts";

export {
  type Driven,
  type Drop,
  monitorsOf,
  type Place,
  rateAt,
  type Schedule,
  type ScheduleDefinition,
  type Seen,
  scheduleAt,
  type Unit,
  unitOf,
} from "./definition.ts";
export { all as schedules };

/** The schedules, as cells see them: `schedule.oneCycle({ maxLr: 3e-3 })`; `schedule.preview` draws them before a run. */
export const schedule = library("schedule", all, { preview }) as unknown as Calls & {
  readonly preview: typeof preview;
};

export const isSchedule = (given: unknown): given is Schedule => isInstance(all, given);
