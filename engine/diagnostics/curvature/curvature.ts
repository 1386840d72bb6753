import type { RunContext } from "../../context/index.ts";
import { Interrupted } from "../../errors/index.ts";
import { choice, int, num, optional, required } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { spectrum } from "../../plots/spectrum.ts";
import { HostTensor } from "../../tensor/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { heights } from "../landscape/grid.ts";
import { measured, Progress, showChart } from "../showing.ts";
import type { Subject } from "../subject.ts";
import { type Density, densityOf } from "./density.ts";
import { type Eigenvalue, Lanczos, type Product, powerIteration } from "./lanczos.ts";
import type { Objective } from "./objective.ts";
import { objectiveOf, objectiveParams, overWhat } from "./objectiveOf.ts";
import { type Bound, boundOf, rateOf, stability } from "./rate.ts";
import { contentKey, remembered } from "./remember.ts";
import { type Sharpness, sharpnessOf } from "./sharpness.ts";
import {
  addTo,
  dot,
  gaussian,
  length,
  PROBE_STREAM,
  plus,
  rademacher,
  START_STREAM,
  sizeOf,
  type Vector,
} from "./vectors.ts";

/** An eigenvalue is known once its error is below this share of the largest. */
const TOLERANCE = 1e-3;
/** Repeats of the ascent from each start. */
const ASCENT_STEPS = 3;
/** Weights are at a stationary point when the best gradient step, |g|^2 / 2 / largest curvature, gains less than this share of the loss. */
const STILL = 0.01;
/** Products in f32 are exact to about this share of the largest eigenvalue. */
const ROUNDING = 1e-6;

/** Numbers of the curvature of the loss around some weights. */
export interface Curvature {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly parameters: number;
  readonly samples: number;
  readonly training: boolean;
  /** The largest eigenvalues of the Hessian (by magnitude with method "power"), the largest first. */
  readonly top: readonly Eigenvalue[];
  /** The lowest eigenvalue, the direction that belongs to it as a unit vector by parameter, and the loss along it. */
  readonly lowest: Escape | null;
  /** Sum of all eigenvalues, with the standard error of the mean over the probes; null without probes. */
  readonly trace: { readonly value: number; readonly error: number; readonly probes: number } | null;
  /** Rate that curvature is compared with; NaN without one. */
  readonly lr: number;
  readonly bound: Bound;
  readonly sharpness: Sharpness | null;
  readonly density: Density | null;
  /** What a small step would meet: no way down in any direction seen, a way down along negative curvature, or a slope. */
  readonly kind: "minimum" | "saddle" | "slope";
  /** Hessian-vector products that it took. */
  readonly products: number;
  readonly interrupted: boolean;
}

export interface Escape extends Eigenvalue {
  /** Whether the loss bends down along it, beyond the error of the eigenvalue. */
  readonly negative: boolean;
  /** The lowest loss met along it, both ways, and how far away. */
  readonly best: { readonly loss: number; readonly distance: number };
  readonly direction: Readonly<Record<string, HostTensor>>;
}

export const curvature = defineDiagnostic({
  summary:
    "How curved the loss is around the weights: eigenvalues and trace of its Hessian, against what the rate bears.",
  paper:
    "Pearlmutter 1994, Fast exact multiplication by the Hessian; Cohen et al. 2021, arXiv:2103.00065; Foret et al. 2021, arXiv:2010.01412",
  params: {
    top: int(5, "[1, 50]", "Largest eigenvalues that are looked for."),
    method: choice(
      "lanczos",
      ["lanczos", "power"],
      "lanczos: both ends of the spectrum at once; power: power iteration with deflation, eigenvalues by magnitude.",
    ),
    iterations: int(
      100,
      "[2, 2000]",
      "Products with the Hessian at most: in all (lanczos), or for each eigenvalue (power).",
    ),
    trace: int(16, "[0, 10000]", "Random vectors of +1 and -1 for the trace; 0 leaves it out. Hutchinson 1990."),
    density: int(
      1,
      "[0, 100]",
      "Random starts of Lanczos that the density of the spectrum is the mean of; 0 leaves it out.",
    ),
    rho: num(
      0.05,
      "[0, inf)",
      "Radius for the largest loss close by, as in sharpness-aware minimization; 0 leaves it out.",
    ),
    lr: optional(
      num(required, "(0, inf)", "Rate to compare with; the run's last, or the optimizer's, when not given."),
    ),
    ...objectiveParams,
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "up to 120 Hessian-vector products, each about two passes forward and backward over the samples",
  measure: async (subject, options, context): Promise<Curvature> => {
    const found = await subject.onDevice(context, async (device) => {
      const objective = objectiveOf(subject, device, options, context);
      const weights = subject.weights();
      const { lr: given, ...rest } = options;
      const lr = given ?? rateOf(subject);
      const key = contentKey(objective, [weights], { curvature: rest });
      const spectral = await remembered(key, () => spectralNumbers(objective, weights.parameters, rest, context));
      return { ...spectral, lr, bound: boundOf(subject, lr) };
    });
    showChart(context, spectrum, { name: subject.name, ...found });
    return measured(found, described(subject, found));
  },
});

interface Wanted {
  readonly top: number;
  readonly method: "lanczos" | "power";
  readonly iterations: number;
  readonly trace: number;
  readonly density: number;
  readonly rho: number;
  readonly seed: number;
}

/** Everything that does not depend on the rate. Throws Interrupted when it is stopped before there is an eigenvalue. */
async function spectralNumbers(
  objective: Objective,
  at: Float32Array,
  wanted: Wanted,
  context: RunContext,
): Promise<Omit<Curvature, "lr" | "bound">> {
  const layout = objective.device.config.model.parameters;
  const { seed } = wanted;
  const size = sizeOf(layout);
  const most = wanted.method === "lanczos" ? Math.min(size, wanted.iterations) : wanted.iterations * (wanted.top + 1);
  const progress = new Progress(context, {
    total: most * Math.max(1, wanted.density) + wanted.trace,
    unit: "products",
    message: "curvature",
  });
  const product: Product = async (v) => {
    progress.check(objective.passes.products);
    return await objective.product(v);
  };
  const start = (k: number) => gaussian(layout, seed, START_STREAM + k);

  const { loss, gradient } = await objective.gradient();
  const ends =
    wanted.method === "lanczos"
      ? await byLanczos(product, start(0), wanted, most)
      : await byPower(product, start, wanted);
  let interrupted = ends.interrupted;
  /** What is still to do after a stop is left out. */
  const unlessStopped = async <T>(work: () => Promise<T>): Promise<T | null> => {
    if (interrupted) return null;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      interrupted = true;
      return null;
    }
  };
  const largest = Math.max(...ends.top.map(({ value }) => Math.abs(value)), Math.abs(ends.lowest.value));
  const negative = ends.lowest.value < -Math.max(ends.lowest.error, TOLERANCE * largest);
  const trace = wanted.trace ? await unlessStopped(() => traceOf(product, layout, wanted)) : null;
  const density = await unlessStopped(async () => {
    const spaces = ends.space ? [ends.space] : [];
    while (spaces.length < wanted.density) {
      const space = new Lanczos(product, start(100 + spaces.length));
      while (!space.exhausted && space.size < most) await space.step();
      spaces.push(space);
    }
    return wanted.density ? densityOf(spaces) : null;
  });
  const sharpness = await unlessStopped(async () => {
    if (wanted.rho === 0) return null;
    return await sharpnessOf(objective, at, {
      rho: wanted.rho,
      steps: ASCENT_STEPS,
      gradient,
      along: ends.first,
      loss,
    });
  });
  const lowest = await unlessStopped(async (): Promise<Escape> => {
    const best = await lowestAlong(objective, ends.last, { loss, reach: wanted.rho || length(at) / 10 });
    return { ...ends.lowest, negative, best, direction: tensors(objective, ends.last) };
  });
  const still = dot(gradient, gradient) / (2 * largest) <= STILL * Math.abs(loss);
  const rounded = ({ value, error }: Eigenvalue) => ({ value, error: Math.hypot(error, ROUNDING * largest) });
  return {
    loss,
    gradientNorm: length(gradient),
    parameters: size,
    samples: objective.samples,
    training: objective.training,
    top: ends.top.map(rounded),
    lowest: lowest && { ...lowest, ...rounded(lowest) },
    trace,
    sharpness,
    density,
    kind: still ? (negative ? "saddle" : "minimum") : "slope",
    products: objective.passes.products,
    interrupted,
  };
}

/** Both ends of the spectrum, and the vectors that belong to the outermost. */
interface Ends {
  readonly top: readonly Eigenvalue[];
  readonly first: Float64Array;
  readonly lowest: Eigenvalue;
  readonly last: Float64Array;
  readonly space: Lanczos | null;
  readonly interrupted: boolean;
}

async function byLanczos(product: Product, start: Vector, { top, density }: Wanted, most: number): Promise<Ends> {
  const space = new Lanczos(product, start);
  let interrupted = false;
  const settled = (): boolean => {
    const { values } = space;
    if (values.length < 2 * top) return false;
    const largest = Math.max(...values.map(({ value }) => Math.abs(value)));
    const sought = [...values.slice(-top), values[0] as Eigenvalue];
    return sought.every(({ error }) => error <= TOLERANCE * largest);
  };
  try {
    // the density wants the inside of the spectrum too: as many products as there are
    while (!space.exhausted && space.size < most && (density > 0 || !settled())) await space.step();
  } catch (error) {
    if (!(error instanceof Interrupted) || space.size === 0) throw error;
    interrupted = true;
  }
  const { values } = space;
  return {
    top: values.slice(-top).reverse(),
    first: space.vector(values.length - 1),
    lowest: values[0] as Eigenvalue,
    last: space.vector(0),
    space,
    interrupted,
  };
}

/** Largest magnitudes first, each taken out of the matrix before the next; the lowest as the largest of largest - H. */
async function byPower(product: Product, start: (k: number) => Vector, { top, iterations }: Wanted): Promise<Ends> {
  const found: (Eigenvalue & { vector: Float64Array })[] = [];
  const limits = { iterations, tolerance: TOLERANCE };
  const without = async (v: Vector): Promise<Float64Array> => {
    const w = Float64Array.from(await product(v));
    for (const { value, vector } of found) addTo(w, vector, -value * dot(vector, v));
    return w;
  };
  for (let k = 0; k < top; k++) found.push(await powerIteration(without, start(k), limits));
  const shift = Math.max(...found.map(({ value }) => value), 0);
  const turned = await powerIteration(
    async (v) =>
      plus(
        Float64Array.from(v, (x) => shift * x),
        await product(v),
        -1,
      ),
    start(top),
    limits,
  );
  const sorted = found.sort((a, b) => b.value - a.value);
  return {
    top: sorted.map(({ value, error }) => ({ value, error })),
    first: (sorted[0] as (typeof sorted)[number]).vector,
    lowest: { value: shift - turned.value, error: turned.error },
    last: turned.vector,
    space: null,
    interrupted: false,
  };
}

/** Mean and standard error of z'Hz over random z of +1 and -1. */
async function traceOf(
  product: Product,
  layout: Parameters<typeof rademacher>[0],
  { trace: probes, seed }: Wanted,
): Promise<NonNullable<Curvature["trace"]>> {
  const samples: number[] = [];
  for (let k = 0; k < probes; k++) {
    const z = rademacher(layout, seed, PROBE_STREAM + k);
    samples.push(dot(z, await product(z)));
  }
  const value = samples.reduce((a, b) => a + b, 0) / probes;
  const variance = samples.reduce((sum, x) => sum + (x - value) ** 2, 0) / (probes - 1);
  return { value, error: Math.sqrt(variance / probes), probes };
}

/** The lowest loss on a few places both ways along a unit vector. */
async function lowestAlong(
  objective: Objective,
  direction: Float64Array,
  { loss, reach }: { loss: number; reach: number },
): Promise<Escape["best"]> {
  const places = [-20, -10, -5, -2, -1, 1, 2, 5, 10, 20].map((k) => ({ a: k * reach, b: 0 }));
  let best = { loss, distance: 0 };
  const stopped = () => false;
  await heights(objective, { first: Float32Array.from(direction) }, places, {
    stopped,
    take: (i, height) => {
      if (height.loss < best.loss) best = { loss: height.loss, distance: Math.abs((places[i] as { a: number }).a) };
    },
  });
  return best;
}

const tensors = ({ device }: Objective, flat: Float64Array): Record<string, HostTensor> =>
  Object.fromEntries(
    device.config.model.parameters.slices.map(({ name, shape, offset, size }) => [
      name,
      new HostTensor(shape, "f32", Float32Array.from(flat.subarray(offset, offset + size))),
    ]),
  );

/** The result in words. */
function described(subject: Subject, found: Curvature): string {
  const { top, lowest, trace, bound, lr, sharpness, loss, kind } = found;
  const known = ({ value, error }: Eigenvalue) => `${significant(value)} ± ${significant(error)}`;
  const first = top[0] as Eigenvalue;
  const lines = [
    `curvature of ${subject.name}: loss ${significant(loss)}, |gradient| ${significant(found.gradientNorm)}, over ${overWhat(found)}, ${found.parameters.toLocaleString("en-US")} parameters`,
    `  largest eigenvalues  ${top.map(known).join(", ")}`,
  ];
  if (Number.isFinite(bound.value)) lines.push(`  ${stability(found)}`);
  if (lowest) lines.push(`  lowest eigenvalue    ${known(lowest)}: ${escapeWords(found, lowest)}`);
  if (trace) {
    const mean = trace.value / found.parameters;
    lines.push(
      `  trace                ${significant(trace.value)} ± ${significant(trace.error)} (${trace.probes} probes), ${significant(mean)} per parameter`,
    );
  }
  if (sharpness) {
    lines.push(
      `  sharpness            within ${sharpness.rho} of the weights the loss rises by at least ${significant(sharpness.rise)}, to ${significant(sharpness.loss)}`,
    );
  }
  const where = {
    minimum: "a minimum, as far as was looked",
    saddle: "a saddle point",
    slope: "on a slope, not at a stationary point",
  };
  lines.push(
    `  ${where[kind]}; ${found.products} Hessian-vector products${found.interrupted ? "; interrupted, the rest was left out" : ""}`,
  );
  if (Number.isNaN(lr)) lines.push("  the optimizer has no rate to compare with");
  return first === undefined ? (lines[0] as string) : lines.join("\n");
}

function escapeWords({ loss, top }: Curvature, { negative, error, best, direction }: Escape): string {
  if (!negative && error > TOLERANCE * Math.abs(top[0]?.value ?? 0)) {
    return 'not settled, the true one may be lower; give more iterations, or method: "lanczos"';
  }
  if (!negative) return "no direction of negative curvature";
  const shares = Object.entries(direction).map(([name, t]) => ({ name, share: dot(t.data, t.data) }));
  const most = shares.reduce((a, b) => (b.share > a.share ? b : a));
  const where = `mostly in ${most.name} (${Math.round(100 * most.share)} %)`;
  if (best.distance === 0) return `the loss bends down along a direction ${where}`;
  return `the loss bends down along a direction ${where}, and falls from ${significant(loss)} to ${significant(best.loss)} at distance ${significant(best.distance)}`;
}
