import { ConfigError, located, ShapeError, type UserError } from "../errors/index.ts";
import { axisOfClasses } from "../losses/index.ts";
import { hyperparameters } from "../optim/index.ts";
import { isSchedule, rateAt, type Schedule, unitOf } from "../schedules/index.ts";
import { extentOf } from "./course.ts";
import type { Experiment } from "./experiment.ts";
import type { FitOptions } from "./options.ts";

/** What an experiment may be and seldom is meant to be: as errors that nobody throws. */
export function remarksOn({ config, options, splits }: Experiment): UserError[] {
  const { loss, model } = config;
  const { classes, y } = splits.train;
  const { layers, outputShape } = model.declaration;
  const kinds = loss.definition.takes(loss.options);
  const labels = kinds.includes("label") && classes?.length === 2;
  if (!classes || !kinds.includes("class") || labels || y.dtype !== "i32") return [];
  if (loss.definition.gives(loss.options) === "embeddings") return [];
  const { dim = null } = loss.options as { readonly dim?: number | null };
  const target = [options.batchSize, ...y.shape.slice(1)];
  const scores = outputShape[axisOfClasses(loss.type, outputShape, target, dim)] as number;
  const head = layers.findLast(({ layer }) => Object.hasOwn(layer.definition.params, "outFeatures"));
  if (scores <= classes.length || !head) return [];
  const message = `experiment: the model ends in ${scores} outputs for ${classes.length} classes; the last ${scores - classes.length} will never be right`;
  const fault = { kind: "shape", option: "outFeatures", layers: [head.layer], instead: [`${classes.length}`] } as const;
  return [new ShapeError(message, { fault })];
}

/** Options of schedules that count steps or epochs from the beginning of the run. */
const PLACES = ["milestones", "totalSteps", "tMax", "stepSize", "length", "t0"];
/** Places of a run at which its rates are looked at. */
const LOOKS = 64;

/** The same for a run: a schedule that has something to come after the run's end. Throws ConfigError for rates that are none. */
export function remarksOnFit(experiment: Experiment, options: FitOptions): UserError[] {
  const { schedule } = options;
  if (!schedule) return [];
  const extent = extentOf(experiment, options, experiment.splits.train.size);
  const base = hyperparameters(experiment.config.optimizer);
  for (let i = 0; i <= LOOKS; i++) {
    located("schedule", () =>
      rateAt(schedule, base, { step: Math.round((i / LOOKS) * (extent.steps - 1)), ...extent }),
    );
  }
  return late(schedule, extent, "schedule");
}

function late(schedule: Schedule, extent: ReturnType<typeof extentOf>, path: string): UserError[] {
  const unit = unitOf(schedule);
  const total = unit === "epoch" ? extent.epochs : extent.steps;
  return Object.entries(schedule.options as Readonly<Record<string, unknown>>).flatMap(([name, value]): UserError[] => {
    const parts = Array.isArray(value) ? value : [value];
    const within = parts.flatMap((part, i) => {
      const at = Array.isArray(value) ? `${path}.${name}[${i}]` : `${path}.${name}`;
      return isSchedule(part) ? late(part, extent, at) : [];
    });
    if (within.length > 0 || !PLACES.includes(name)) return within;
    const at = parts.findIndex((place) => typeof place === "number" && place > total);
    if (at < 0) return [];
    const option = Array.isArray(value) ? `${path}.${name}[${at}]` : `${path}.${name}`;
    const message = `${schedule.type}: ${name} = ${parts[at]} is past the run, which has ${total} ${unit}s`;
    return [new ConfigError(message, { fault: { kind: "range", option, range: `[1, ${total}]` } })];
  });
}
