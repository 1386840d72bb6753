import { currentContext, maybeContext } from "../context/index.ts";
import { ConfigError, Interrupted } from "../errors/index.ts";
import { isOptimizer, type Optimizer } from "../optim/index.ts";
import { check, int, num, type Options, optional, required, value } from "../params/index.ts";
import { type RacePath, type RaceState, race as racePlot } from "../plots/race.ts";
import { CHART_MIME, type OutputItem } from "../protocol/index.ts";
import { normal } from "../random/index.ts";
import { isSchedule, type Schedule } from "../schedules/index.ts";
import type { Clip } from "../session/forward.ts";
import { clipParams } from "../session/options.ts";
import type { Point } from "./definition.ts";
import { type SurfaceName, surface as surfaceNamed } from "./named.ts";
import { Surface } from "./surface.ts";
import { type Path, type Walker, walk } from "./walk.ts";

/** Streams of the random numbers, at step 0: gradient noise, and the shift of the start. */
const [NOISE_STREAM, START_STREAM] = [0x70790001, 0x70790002];
/** More paths than these cannot be told apart. */
const MOST_RACERS = 12;
const PROGRESS_MS = 200;

/** A racer: an optimizer, or one with its own clipping or schedule. */
export type Racer =
  | Optimizer
  | { readonly optimizer: Optimizer; readonly clip?: Clip | null; readonly schedule?: Schedule | null };

const isPoint = (given: unknown): boolean =>
  Array.isArray(given) && given.length === 2 && given.every((x) => typeof x === "number" && Number.isFinite(x));

/** Options of `toy.race({ ... })`. */
export const raceParams = {
  surface: value<Surface | SurfaceName>(
    required,
    {
      type: "Surface | string",
      noun: 'a surface, as from toy.surface("beale"), or the name of one',
      accepts: (given) => given instanceof Surface || typeof given === "string",
    },
    "Where they race.",
  ),
  optimizers: value<Readonly<Record<string, Racer>> | readonly Racer[]>(
    required,
    {
      type: "Record<string, Racer> | Racer[]",
      noun: "optimizers, as { adam: optim.adam({ lr: 0.1 }) }",
      accepts: (given) => typeof given === "object" && given !== null,
    },
    "Who races, by name or in a list: optimizers, or { optimizer, clip, schedule } for one with its own.",
  ),
  start: value<Point | null>(
    null,
    { type: "[number, number]", noun: "two numbers, [x, y]", accepts: isPoint },
    "Where all begin; the surface's own start when not given.",
  ),
  steps: int(200, "[1, 10000]", "Updates of each optimizer."),
  seed: int(0, "[0, 4294967295]", "Draws the noise and the shift of the start: the same race again, bit for bit."),
  noise: num(
    0,
    "[0, inf)",
    "Standard deviation of what is added to each component of every gradient, the same for all.",
  ),
  startJitter: num(0, "[0, inf)", "Standard deviation of a shift of the start, the same for all."),
  schedule: value<Schedule | null>(
    null,
    { type: "Schedule", noun: "a schedule, as from schedule.cosine({ ... })", accepts: isSchedule },
    "Drives the rate of those without a schedule of their own; a step counts as an epoch.",
  ),
  clip: value<Clip | null>(
    null,
    {
      type: '{ norm?: number; normType?: number | "inf"; value?: number }',
      noun: "{ norm } or { value }",
      accepts: (given) => typeof given === "object",
    },
    "Gradient clipping of those without a clipping of their own.",
  ),
  tolerance: optional(
    num(
      required,
      "(0, inf)",
      "Distance from a minimum that counts as there; 1 % of the drawing's diagonal by default.",
    ),
  ),
};

export type RaceOptions = Options<typeof raceParams>;

/** One optimizer's way. */
export interface RaceResult extends RacePath {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly loss: Float64Array;
}

/** A race that was run: every path, who came first, and a chart to scrub through as a cell's last value. */
export class Race {
  readonly surface: Surface;
  readonly start: Point;
  readonly steps: number;
  readonly tolerance: number;
  /** In the order in which they were given. */
  readonly paths: readonly RaceResult[];

  constructor(about: Pick<Race, "surface" | "start" | "steps" | "tolerance" | "paths">) {
    this.surface = about.surface;
    this.start = about.start;
    this.steps = about.steps;
    this.tolerance = about.tolerance;
    this.paths = about.paths;
  }

  /** The path of one name. */
  path(name: string): RaceResult {
    const found = this.paths.find((path) => path.name === name);
    if (!found) throw new ConfigError(`race: no path "${name}"; there is ${this.paths.map((p) => p.name).join(", ")}`);
    return found;
  }

  get #state(): RaceState {
    const { surface, start, steps, paths } = this;
    const { type: name, formula, minima } = surface;
    return { name, formula, minima, start, steps, paths, grid: surface.grid() };
  }

  toString(): string {
    const state = this.#state;
    const lines = this.paths.map(({ name, x, y, loss, longest }, i) => {
      const n = loss.length - 1;
      const end = `(${short(x[n])}, ${short(y[n])}), loss ${short(loss[n])}`;
      const leap = `longest step ${short(longest.length)} at ${longest.step}`;
      return `  ${name}: ${racePlot.outcomes(state)[i]}; ends at ${end}; ${leap}`;
    });
    return [racePlot.title(state), ...lines].join("\n");
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }

  [Symbol.for("dlnb.display")](): OutputItem[] {
    const chart = racePlot.chart(maybeContext()?.freshId("chart") ?? "chart", this.#state, false);
    return [
      { mime: CHART_MIME, data: chart },
      { mime: "text/plain", data: this.toString() },
    ];
  }
}

/**
 * Lets optimizers walk from one start on a surface, each with the update rule, clipping and schedule of training, on the
 * chosen backend. Throws Interrupted when it is stopped.
 */
export async function race(given: RaceOptions): Promise<Race> {
  const options = check(raceParams, given, "race");
  const { steps, seed, noise, startJitter } = options;
  const surface = typeof options.surface === "string" ? surfaceNamed(options.surface) : options.surface;
  const context = currentContext();
  const walkers = Object.entries(named(options.optimizers)).map(([name, racer]) => ({
    name,
    ...walkerOf(name, racer, options),
  }));
  const backend = await context.backend();
  const shift = normal(seed, START_STREAM, 2).map((z) => z * startJitter);
  const start = (options.start ?? surface.start).map((x, i) => x + (shift[i] as number)) as unknown as Point;
  const noises = noise > 0 ? normal(seed, NOISE_STREAM, 2 * steps).map((z) => z * noise) : null;
  const { x, y } = surface.domain;
  const tolerance = options.tolerance ?? 0.01 * Math.hypot(x[1] - x[0], y[1] - y[0]);
  const paths: RaceResult[] = [];
  let told = performance.now();
  for (const { name, ...walker } of walkers) {
    const before = paths.length * steps;
    const done = (step: number): boolean => {
      if (performance.now() - told > PROGRESS_MS) {
        told = performance.now();
        const about = { total: walkers.length * steps, unit: "steps", message: "race", run: null };
        context.emit({ event: "progress", done: before + step, ...about });
      }
      return context.signal.aborted;
    };
    const path = await walk(backend, surface, walker, { start, steps, noise: noises, done });
    if (context.signal.aborted) {
      throw new Interrupted(`race: interrupted in the path of ${name}, ${paths.length} of ${walkers.length} were done`);
    }
    paths.push(judged(name, path, surface, tolerance));
  }
  return new Race({ surface, start, steps, tolerance, paths });
}

/** A path with what it came to. */
function judged(name: string, path: Path, surface: Surface, tolerance: number): RaceResult {
  const { x, y, loss, diverged } = path;
  const last = x.length - 1;
  const at = (i: number): Point => [x[i] as number, y[i] as number];
  let longest = { length: 0, step: 0, before: 0 };
  for (let i = 1, before = 0; i <= last; i++) {
    const length = Math.hypot((x[i] as number) - (x[i - 1] as number), (y[i] as number) - (y[i - 1] as number));
    if (length > longest.length) longest = { length, step: i, before };
    before = length;
  }
  return { name, x, y, loss, diverged, distance: surface.distance(at(last)), reached: arrival(), longest };

  /** The step from which on it stays near a minimum; without minima, at which it leaves the drawing downhill. */
  function arrival(): number | null {
    if (surface.minima.length === 0) {
      const { x: wide, y: high } = surface.domain;
      const outside = ([a, b]: Point) => a < wide[0] || a > wide[1] || b < high[0] || b > high[1];
      const left = Array.from(x.keys()).find((i) => outside(at(i)));
      return left !== undefined && (loss[left] as number) < (loss[0] as number) ? left : null;
    }
    if (diverged !== null) return null;
    let from = last + 1;
    while (from > 0 && (surface.distance(at(from - 1)) as number) <= tolerance) from--;
    return from <= last ? from : null;
  }
}

function walkerOf(
  name: string,
  racer: Racer,
  { clip, schedule }: { clip: Clip | null; schedule: Schedule | null },
): Walker {
  const own: Partial<Exclude<Racer, Optimizer>> = isOptimizer(racer) ? { optimizer: racer } : Object(racer);
  const unknown = Object.keys(own).find((key) => !["optimizer", "clip", "schedule"].includes(key));
  if (!isOptimizer(own.optimizer) || unknown !== undefined) {
    const wrong = own.optimizer && unknown !== undefined ? `has no "${unknown}"` : "is no optimizer";
    throw new ConfigError(
      `race: ${name} ${wrong}; give one, as optim.adam({ lr: 0.1 }), or { optimizer, clip, schedule }`,
    );
  }
  const { optimizer, clip: ownClip = clip, schedule: ownSchedule = schedule } = own;
  if (ownSchedule !== null && !isSchedule(ownSchedule)) {
    throw new ConfigError(`race: the schedule of ${name} must be one, as from schedule.cosine({ ... })`);
  }
  const limits = Object.entries(check(clipParams, ownClip ?? {}, `race: clip of ${name}`));
  return {
    optimizer,
    schedule: ownSchedule,
    clip: Object.fromEntries(limits.filter(([, limit]) => limit !== null)) as Clip,
  };
}

/** Racers of a list get their optimizer's name, with its rate when there are several, and a number when that is not enough. */
function named(given: Readonly<Record<string, Racer>> | readonly Racer[]): Record<string, Racer> {
  const racers: Record<string, Racer> = {};
  if (!Array.isArray(given)) Object.assign(racers, given);
  else {
    const optimizerOf = (racer: Racer): Partial<Optimizer> => (isOptimizer(racer) ? racer : (racer?.optimizer ?? {}));
    for (const racer of given as readonly Racer[]) {
      const { type = "racer", options } = optimizerOf(racer);
      const alike = given.filter((other) => optimizerOf(other).type === type).length;
      const base = alike > 1 ? `${type} lr ${(options as { lr?: number } | undefined)?.lr}` : type;
      let name = base;
      for (let n = 2; name in racers; n++) name = `${base} (${n})`;
      racers[name] = racer;
    }
  }
  const count = Object.keys(racers).length;
  if (count < 1 || count > MOST_RACERS) throw new ConfigError(`race: ${count} optimizers; give 1 to ${MOST_RACERS}`);
  return racers;
}

const short = (x: number | undefined): string => (x === undefined ? "?" : String(Number(x.toPrecision(3))));
