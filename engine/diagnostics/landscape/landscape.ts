import { createHash } from "node:crypto";
import type { RunContext } from "../../context/index.ts";
import { ConfigError, Interrupted } from "../../errors/index.ts";
import { bool, choice, int, num, optional, required, value } from "../../params/index.ts";
import { landscape2d } from "../../plots/landscape2d.ts";
import { panelWords } from "../../plots/landscapeWords.ts";
import type { DeviceModel } from "../../session/device.ts";
import { Run } from "../../session/run.ts";
import type { Objective } from "../curvature/objective.ts";
import { objectiveOf, objectiveParams, overWhat } from "../curvature/objectiveOf.ts";
import { contentKey, remembered } from "../curvature/remember.ts";
import { dot, length, plus, scaled, type Vector } from "../curvature/vectors.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress, ShownChart } from "../showing.ts";
import { Subject } from "../subject.ts";
import { type Normalization, randomDirection } from "./directions.ts";
import { fewer, type PathPlane, type Projected, planeOfPath, project } from "./pathPlane.ts";
import { type Extent, type Plane, planeOf } from "./plane.ts";
import { proposedSteps } from "./proposedSteps.ts";
import { type Shape, shapeOf } from "./shape.ts";

/** One picture: a plane of losses and what lies in it. */
export interface Panel extends Plane, Shape {
  readonly name: string;
  /** Where the optimizer has been, with the loss of the weights themselves and not of their shadow in the plane. */
  readonly path: readonly (Projected & { readonly loss: number })[];
  /** Share of the path's squared distances from its end that the plane's directions explain; NaN without a path. */
  readonly explained: number;
  /** The step that a batch proposes, as it lies in the plane, with its whole length. */
  readonly arrow: { readonly a: number; readonly b: number; readonly length: number } | null;
}

export interface Landscape {
  readonly panels: readonly Panel[];
  readonly directions: "random" | "pca" | "steps";
  readonly normalization: Normalization;
  readonly samples: number;
  readonly training: boolean;
  /** Angle between the first two batches' steps in degrees; NaN without. */
  readonly angle: number;
  readonly interrupted: boolean;
}

/** Room around a path, as a share of its size. */
const MARGIN = 0.35;
/** Radius of a plane of steps, in steps. */
const STEPS_AROUND = 4;

/** A picture that grows is drawn anew at most so often: its colours change. */
const DRAW_MS = 1000;

const isNumbers = (least: number) => (given: unknown) =>
  Array.isArray(given) &&
  given.length > 0 &&
  given.length <= 6 &&
  given.every((x) => typeof x === "number" && x >= least);

export const landscape = defineDiagnostic({
  summary: "The loss on a plane through the weights: random directions, the path's own plane, or what batches propose.",
  paper: "Li, Xu, Taylor, Studer & Goldstein 2018, Visualizing the loss landscape of neural nets, arXiv:1712.09913",
  params: {
    points: int(25, "[5, 201]", "Points along each side; 51 for a picture to keep."),
    radius: optional(
      num(
        required,
        "(0, inf)",
        "Half of the side: 1 is as far as the weights are long (random), a whole unit of weight (pca), a step (steps). When not given: 1, the path with room around it, 4 steps.",
      ),
    ),
    radii: optional(
      value<readonly number[], typeof required>(
        required,
        { type: "readonly number[]", noun: "one to six positive numbers, as [0.1, 1, 10]", accepts: isNumbers(1e-12) },
        "Several radii, one plane each, to choose from: the same place from near and far.",
      ),
    ),
    directions: choice(
      "auto",
      ["auto", "random", "pca", "steps"],
      "random: two random directions; pca: the plane nearest to the run's path, which fit({ trace: 50 }) keeps; steps: the plane of two batches' steps; auto: steps with batches, pca with path, otherwise random.",
    ),
    normalization: choice(
      "filter",
      ["filter", "layer", "none"],
      "Random directions are scaled to the weights, filter by filter or layer by layer; none: not at all.",
    ),
    biases: choice(
      "still",
      ["still", "along"],
      "In scaled random directions biases and norms do not move, or grow and shrink: the authors' ignore='biasbn' and None.",
    ),
    path: optional(bool(required, "Draws the run's path; when not given, where the plane is the path's own.")),
    batches: optional(
      value<readonly number[], typeof required>(
        required,
        {
          type: "readonly number[]",
          noun: "one to six numbers of batches, as [0, 1]",
          accepts: (given) => isNumbers(0)(given) && (given as number[]).every(Number.isInteger),
        },
        "Batches of the first epoch, each with a plane of its own loss and the step that it proposes.",
      ),
    ),
    compare: optional(
      value<Run, typeof required>(
        required,
        { type: "Run", noun: "a run", accepts: (given) => given instanceof Run },
        "Another run, of any experiment, beside this one on the same scale of colours.",
      ),
    ),
    ...objectiveParams,
  },
  validate: ({ radii, batches, compare, directions }) => {
    const given = Object.entries({ radii, batches, compare }).filter(([, x]) => x !== null);
    if (given.length > 1) {
      throw new ConfigError(`landscape: ${given.map(([name]) => name).join(" and ")} are both given; give one`);
    }
    if (directions === "steps" && batches === null) {
      throw new ConfigError('landscape: directions "steps" are those of batches; give batches: [0, 1]');
    }
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "a forward pass over the samples for each point of the grid: 625 passes by default",
  measure: async (subject, options, context): Promise<Landscape> => {
    const look = new Look(subject, options, context);
    const found = await look.run();
    return measured(found, described(subject, found));
  },
});

type Options = Parameters<typeof landscape.measure>[1];

/** Directions, where the plane lies, and what lies in it. */
interface Scene {
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly extent: Extent;
  readonly path: Panel["path"];
  readonly explained: number;
}

/** One landscape under way. */
class Look {
  readonly #subject: Subject;
  readonly #options: Options;
  readonly #context: RunContext;
  readonly #kind: Landscape["directions"];
  readonly #shown: ShownChart<Parameters<typeof landscape2d.title>[0]>;
  readonly #progress: Progress;
  readonly #panels: Panel[] = [];
  readonly #total: number;
  #computed = 0;
  #drawn = performance.now();
  #angle = Number.NaN;
  #samples = 0;
  #training = false;

  constructor(subject: Subject, options: Options, context: RunContext) {
    this.#subject = subject;
    this.#options = options;
    this.#context = context;
    const { directions, batches, path, radii, compare, points } = options;
    this.#kind = directions !== "auto" ? directions : batches ? "steps" : path ? "pca" : "random";
    if ((path || this.#kind === "pca") && (subject.run?.trace.length ?? 0) === 0) {
      throw new ConfigError("landscape: this run kept no path; train it with fit({ trace: 50 })");
    }
    const count = radii?.length ?? batches?.length ?? (compare ? 2 : 1);
    this.#total = count * points * points;
    this.#shown = new ShownChart(context, landscape2d);
    this.#progress = new Progress(context, { total: this.#total, unit: "points", message: "landscape" });
  }

  async run(): Promise<Landscape> {
    const { compare, batches } = this.#options;
    if (batches) await this.#ofBatches(batches);
    else {
      await this.#ofSubject(this.#subject);
      if (compare) await this.#ofSubject(new Subject(compare.experiment, compare));
    }
    if (this.#computed === 0)
      throw new Interrupted("landscape: interrupted before the first point; nothing was changed");
    this.#shown.end(this.#state());
    return this.#found();
  }

  #found(panels: readonly Panel[] = this.#panels): Landscape {
    return {
      panels,
      directions: this.#kind,
      normalization: this.#options.normalization,
      samples: this.#samples,
      training: this.#training,
      angle: this.#angle,
      interrupted: this.#computed < this.#total,
    };
  }

  #state(panels?: readonly Panel[]) {
    return { ...this.#found(panels), name: this.#subject.name, radii: this.#options.radii !== null };
  }

  /** A plane, or one for each radius. */
  async #ofSubject(subject: Subject): Promise<void> {
    const { radii } = this.#options;
    await subject.onDevice(this.#context, async (device) => {
      const objective = this.#objective(subject, device);
      const scene = await this.#scene(subject, objective);
      for (const radius of radii ?? [scene.extent.radius]) {
        const name = radii ? `radius ${radius}` : subject.name;
        await this.#panel(subject, objective, name, { ...scene, extent: { ...scene.extent, radius } }, null);
      }
    });
  }

  #objective(subject: Subject, device: DeviceModel): Objective {
    const objective = objectiveOf(subject, device, this.#options, this.#context);
    this.#samples = objective.samples;
    this.#training = objective.training;
    return objective;
  }

  /** Where the plane of a subject lies. */
  async #scene(subject: Subject, objective: Objective): Promise<Scene> {
    const { normalization, biases, seed, radius, path } = this.#options;
    const layout = subject.config.model.parameters;
    const { parameters } = subject.weights();
    const trace = fewer(subject.run?.trace ?? [], layout.words);
    if (this.#kind === "pca") {
      const plane = planeOfPath(trace, parameters);
      const points = await this.#path(subject, objective, plane);
      return { ...plane, ...points, extent: around(points.path, radius) };
    }
    const [first, second] = [0, 1].map((index) =>
      randomDirection(layout, parameters, { seed, index, normalization, biases }),
    ) as [Float32Array, Float32Array];
    const points = path && trace.length > 0 ? await this.#path(subject, objective, { first, second }) : noPath;
    return { first, second, ...points, extent: { a: 0, b: 0, radius: radius ?? 1 } };
  }

  /** The path's shadow in a plane, with the true losses. Leaves the objective where it was. */
  async #path(
    subject: Subject,
    objective: Objective,
    plane: Pick<PathPlane, "first" | "second">,
  ): Promise<Pick<Panel, "path" | "explained">> {
    const { device } = objective;
    const weights = subject.weights();
    const trace = fewer(subject.run?.trace ?? [], weights.parameters.length);
    const path: (Projected & { loss: number })[] = [];
    const progress = new Progress(this.#context, { total: trace.length, unit: "snapshots", message: "landscape" });
    let [seen, all] = [0, 0];
    for (const [i, snapshot] of trace.entries()) {
      progress.check(i);
      const { parameters } = snapshot.weights;
      device.load(snapshot.weights);
      const point = project(parameters, weights.parameters, plane);
      const away = plus(parameters, weights.parameters, -1);
      all += dot(away, away);
      seen += dot(away, away) - point.distance ** 2;
      path.push({ step: snapshot.step, ...point, loss: await objective.loss() });
    }
    device.load(weights);
    return { path, explained: seen / all };
  }

  /** The same plane for every batch: that of the first two batches' steps, or two random directions. */
  async #ofBatches(batches: readonly number[]): Promise<void> {
    const subject = this.#subject;
    const { experiment } = subject;
    const { batchSize } = experiment.options;
    const { normalization, biases, seed, radius, mode } = this.#options;
    const whole = Math.floor(experiment.splits.train.size / batchSize);
    const missing = batches.find((k) => k >= whole);
    if (missing !== undefined) {
      throw new ConfigError(`landscape: there is no batch ${missing}: an epoch has ${whole} whole batches, from 0 on`);
    }
    await subject.onDevice(this.#context, async (device) => {
      const steps = await proposedSteps(subject, device, batches);
      const { parameters: layout } = subject.config.model;
      const { parameters } = subject.weights();
      const [s = [], t = s] = steps;
      this.#angle = (Math.acos(Math.max(-1, Math.min(1, dot(s, t) / (length(s) * length(t))))) * 180) / Math.PI;
      const longest = Math.max(...steps.map(length));
      const random = (index: number) => randomDirection(layout, parameters, { seed, index, normalization, biases });
      const [first, second] = this.#kind === "steps" ? spanned(s, t, random(1)) : [random(0), random(1)];
      const unit = this.#kind === "steps" ? longest : 1;
      const extent = { a: 0, b: 0, radius: (radius ?? (this.#kind === "steps" ? STEPS_AROUND : 1)) * unit };
      const order = experiment.epochOrder(0);
      for (const [i, k] of batches.entries()) {
        const rows = order.subarray(k * batchSize, (k + 1) * batchSize);
        const set = experiment.splits.train.rows(rows);
        const choice = { samples: batchSize, mode: mode === "auto" ? ("training" as const) : mode, seed };
        const objective = objectiveOf(subject, device, choice, this.#context, { set, name: `batch ${k}` });
        this.#samples = objective.samples;
        this.#training = objective.training;
        const step = steps[i] as Vector;
        const tip = project(plus(parameters, step), parameters, { first, second });
        const arrow = { a: tip.a, b: tip.b, length: length(step) };
        await this.#panel(subject, objective, `batch ${k}`, { first, second, ...noPath, extent }, arrow);
      }
    });
  }

  /** Computes a plane, or finds it among those of before, and shows it while it grows. */
  async #panel(
    subject: Subject,
    objective: Objective,
    name: string,
    { first, second, extent, path, explained }: Scene,
    arrow: Panel["arrow"],
  ): Promise<void> {
    if (this.#progress.stopped) return;
    const { points } = this.#options;
    const panel = (plane: Plane): Panel => ({ ...plane, ...shapeOf(plane), name, path, explained, arrow });
    const before = this.#computed;
    const key = contentKey(objective, [subject.weights()], { extent, points, planes: digest(first, second) });
    const plane = await remembered(key, () =>
      planeOf(
        objective,
        { first, second },
        { ...extent, points },
        {
          stopped: () => this.#progress.stopped,
          progress: (soFar) => {
            this.#computed = before + soFar.computed;
            this.#progress.at(this.#computed);
            const now = performance.now();
            if (now - this.#drawn < DRAW_MS) return;
            this.#drawn = now;
            this.#shown.live(() => this.#state([...this.#panels, panel(soFar)]));
          },
        },
      ),
    );
    this.#computed = before + plane.computed;
    if (plane.computed > 0) this.#panels.push(panel(plane));
  }
}

const noPath = { path: [], explained: Number.NaN };

/** A square around a path's shadow, its end and its beginning included; `radius` in its place when it is given. */
function around(path: readonly Projected[], radius: number | null): Extent {
  const middle = (values: readonly number[]) => (Math.min(...values) + Math.max(...values)) / 2;
  const half = (values: readonly number[]) => (Math.max(...values) - Math.min(...values)) / 2;
  const [as, bs] = [path.map(({ a }) => a), path.map(({ b }) => b)];
  const size = Math.max(half(as), half(bs)) * (1 + MARGIN);
  return { a: middle(as), b: middle(bs), radius: radius ?? (size || 1) };
}

/** Two unit vectors at a right angle in whose plane both steps lie; where there is one step only, with another direction. */
function spanned(s: Vector, t: Vector, other: Vector): [Float32Array, Float32Array] {
  if (!(length(s) > 0)) throw new ConfigError("landscape: the first batch proposes no step; its gradient is 0");
  const first = scaled(s, 1 / length(s));
  const across = (v: Vector) => plus(v, first, -dot(v, first));
  const apart = length(across(t)) > 1e-6 * length(t);
  const second = across(apart ? t : other);
  return [Float32Array.from(first), Float32Array.from(scaled(second, 1 / length(second)))];
}

/** The directions' bits, for a key. */
function digest(...directions: readonly Float32Array[]): string {
  const hash = createHash("sha256");
  for (const d of directions) hash.update(new Uint8Array(d.buffer, d.byteOffset, d.byteLength));
  return hash.digest("hex");
}

function described(subject: Subject, found: Landscape): string {
  const lines = found.panels.map((panel) => `  ${panel.name}: ${panelWords(panel, found.directions)}`);
  const stopped = found.interrupted ? "; interrupted, what was computed is kept" : "";
  return [`landscape of ${subject.name} over ${overWhat(found)}${stopped}`, ...lines].join("\n");
}
