import { Lanczos, powerIteration } from "../../../engine/diagnostics/curvature/lanczos.ts";
import { Objective } from "../../../engine/diagnostics/curvature/objective.ts";
import { dot, plus, scaled } from "../../../engine/diagnostics/curvature/vectors.ts";
import { heights } from "../../../engine/diagnostics/landscape/grid.ts";
import { symmetricEigen } from "../../../engine/linalg/index.ts";
import { DeviceModel } from "../../../engine/session/device.ts";
import type { Layout } from "../../../engine/session/layout.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Runner } from "../run.ts";
import { experimentOf, weightsOf } from "../subject.ts";

/** Curvature at given weights: Hessian-vector products on the device, the whole Hessian as its columns. */
export const curvatureGroup: Runner = async (c, bench) => {
  if (c.op !== "hessian") throw new Unsupported(`op ${c.op}`);
  const experiment = await experimentOf(c, bench);
  const device = new DeviceModel(bench.backend, experiment.config);
  try {
    const weights = weightsOf(c, experiment, "param");
    device.load(weights);
    const set = experiment.splits.train;
    const objective = new Objective(device, set, {
      samples: set.size,
      training: c.config.mode === "train",
      batchSize: set.size,
      seed: 0,
      stopped: () => false,
    });
    return await measured(c, objective, weights.parameters);
  } finally {
    device.dispose();
  }
};

async function measured(c: Case, objective: Objective, at: Float32Array): Promise<Given> {
  const { config, inputs } = c;
  const layout = objective.device.config.model.parameters;
  const order = places(layout, config.params as string[]);
  const n = order.length;
  /** A vector in the case's order as the library has it, and the other way round. */
  const ours = (v: ArrayLike<number>, from = 0): Float64Array => {
    const out = new Float64Array(layout.words);
    for (const [i, place] of order.entries()) out[place] = v[from + i] as number;
    return out;
  };
  const theirs = (v: ArrayLike<number>): Float64Array => Float64Array.from(order, (place) => v[place] as number);
  const product = async (v: ArrayLike<number>) => theirs(await objective.product(ours(v)));

  const { loss, gradient } = await objective.gradient();
  const g = theirs(gradient);
  const curved = dot(g, await product(g));
  const columns: Float64Array[] = [];
  for (let k = 0; k < n; k++) columns.push(await product(unit(n, k)));
  const eigen = symmetricEigen(columns.map((column, i) => column.map((x, j) => (x + (columns[j]?.[i] as number)) / 2)));
  const eigenvalues = Array.from(eigen.values).reverse();

  const steps = (config.taylor_eps as number[] | undefined) ?? [];
  const after: number[] = [];
  await heights(
    objective,
    { first: Float32Array.from(gradient) },
    [...steps.map((eps) => ({ a: -eps, b: 0 })), { a: 0, b: 0 }],
    {
      stopped: () => false,
      take: (i, { loss: there }) => {
        after[i] = there;
      },
    },
  );

  const newton: number[] = [];
  for (const damping of (config.newton_damping as number[] | undefined) ?? []) {
    const step = eigen.vectors.reduce(
      (sum, v, k) => plus(sum, v, dot(v, g) / ((eigen.values[k] as number) + damping)),
      new Float64Array(n),
    );
    objective.moveTo(plus(at, ours(step), -1));
    newton.push(await objective.loss());
    objective.moveTo(at);
  }

  const given = (name: string): Numbers => {
    const found = inputs[name];
    if (!found) throw new Unsupported(`no input ${name}`);
    return found;
  };
  const samples: number[] = [];
  for (let k = 0; k < (inputs.rademacher?.shape[0] ?? 0); k++) {
    const z = given("rademacher").data.subarray(k * n, (k + 1) * n);
    samples.push(dot(z, await product(z)));
  }
  const lanczos = new Lanczos(
    product,
    Float64Array.from({ length: n }, (_, i) => 1 + (i % 7) / 7),
  );
  while (!lanczos.exhausted && lanczos.size < Math.min(n, 80)) await lanczos.step();
  const power =
    inputs.power_start &&
    (await powerIteration(product, given("power_start").data, {
      iterations: config.power_iterations as number,
      tolerance: 0,
    }));
  return {
    loss: [loss],
    grad: g,
    trace: [columns.reduce((sum, column, k) => sum + (column[k] as number), 0)],
    eigenvalues,
    top_eigenvalue: [lanczos.values.at(-1)?.value as number],
    frobenius_norm: [Math.sqrt(columns.reduce((sum, column) => sum + dot(column, column), 0))],
    hessian: columns.flatMap((column) => Array.from(column)),
    ...(inputs.v && { Hv: await product(given("v").data) }),
    gHg: [curved],
    gg: [dot(g, g)],
    taylor_predicted: steps.map((eps) => -eps * dot(g, g) + (eps * eps * curved) / 2),
    actual_change: steps.map((_, i) => (after[i] as number) - (after[steps.length] as number)),
    newton_damped_loss: newton,
    ...(power && { power_rayleigh: power.rayleigh }),
    hutchinson_samples: samples,
  };
}

const unit = (n: number, k: number): Float64Array =>
  scaled(
    Float64Array.from({ length: n }, (_, i) => +(i === k)),
    1,
  );

/** Where each number of the case's vectors lies in ours: its parameters one after the other, in its order. */
function places({ slices }: Layout, names: readonly string[]): number[] {
  return names.flatMap((name) => {
    const slice = slices.find((s) => s.name === name);
    if (!slice) throw new Unsupported(`parameter ${name}`);
    return Array.from({ length: slice.size }, (_, i) => slice.offset + i);
  });
}
