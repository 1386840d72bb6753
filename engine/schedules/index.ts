import { isInstance, library } from "../params/index.ts";
import * as all from "./all.ts";
import { preview, type Schedule } from "./definition.ts";

export {
  type Driven,
  type Place,
  rateAt,
  type Schedule,
  type ScheduleDefinition,
  scheduleAt,
} from "./definition.ts";
export { all as schedules };

/** The schedules, as cells see them: `schedule.oneCycle({ maxLr: 3e-3 })`; `schedule.preview` gives the rates of a run. */
export const schedule = library("schedule", all, { preview });

export const isSchedule = (given: unknown): given is Schedule => isInstance(all, given);
