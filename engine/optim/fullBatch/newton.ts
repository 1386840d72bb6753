import { ConfigError } from "../../errors/index.ts";
import { choice, int, nullable, num } from "../../params/index.ts";
import { defineFullBatch, type Problem } from "./definition.ts";
import { cholesky, solved, solvedByElimination } from "./dense.ts";
import { backtracking, strongWolfe } from "./lineSearch.ts";
import { dot, largest, plus, scaled } from "./vectors.ts";

/** Damping that is tried first where the Hessian has directions that bend down, as a share of its largest diagonal element. */
const FIRST_DAMPING = 1e-4;
const MORE_DAMPING = 10;

export const newton = defineFullBatch({
  summary:
    "Damped Newton over the whole training set: x - (H + damping I)^-1 g, with the whole Hessian from Hessian-vector products. One step on a quadratic. For small models.",
  paper: "Nocedal & Wright 2006, sections 3.3 and 3.4",
  rule: ["(H + damping I) d = -g,   H the Hessian of the loss", "p <- p + lr d"],
  params: {
    damping: num(
      0,
      "[0, inf)",
      "Added to the diagonal of the Hessian; large values tend to gradient descent. With a line search it grows by itself where the Hessian is not positive definite.",
    ),
    lineSearch: nullable(
      choice("backtracking", ["backtracking", "strongWolfe"], "How far a step goes; null for lr, wherever that leads."),
    ),
    lr: num(1, "[0, inf)", "Length of a step, or the first trial of the line search."),
    toleranceGrad: num(1e-7, "[0, inf)", "Nothing is changed where no element of the gradient is larger."),
    maxParameters: int(
      2000,
      "[1, inf)",
      "Largest model: memory grows with the square of its parameters, time with the cube.",
    ),
  },
  step: async ({ x, problem, memory, options }) => {
    await guard(problem, x, options.maxParameters);
    const before = await problem.evaluate(x);
    const { gradient } = before;
    if (largest(gradient) <= options.toleranceGrad) return { x, memory, before };
    const hessian = await hessianAt(problem, x);
    const { lr, lineSearch } = options;
    if (lineSearch === null) {
      const step = solvedByElimination(shifted(hessian, options.damping), gradient);
      if (!step) throw new ConfigError("newton: the Hessian is singular; give damping above 0");
      return { x: plus(x, step, -lr), before, memory: { vectors: {}, numbers: { damping: options.damping } } };
    }
    let { damping } = options;
    let factor = cholesky(shifted(hessian, damping));
    const diagonal = hessian.reduce((most, row, i) => Math.max(most, Math.abs(row[i] as number)), 0);
    while (!factor && damping < Infinity) {
      damping = Math.max(damping * MORE_DAMPING, FIRST_DAMPING * (diagonal || 1));
      factor = cholesky(shifted(hessian, damping));
    }
    // a Hessian that is not finite leads nowhere
    if (!factor) return { x: x.map(() => Number.NaN), before, memory };
    const d = scaled(solved(factor, gradient), -1);
    const line = { problem, x, d, at: before, slope: dot(gradient, d) };
    const t = lineSearch === "backtracking" ? await backtracking(line, lr) : (await strongWolfe(line, lr)).t;
    return { x: plus(x, d, t), before, memory: { vectors: {}, numbers: { damping, t } } };
  },
});

/** Row by row, made symmetric: products in f32 are so only nearly. */
async function hessianAt(problem: Problem, x: Float64Array): Promise<Float64Array[]> {
  const rows: Float64Array[] = [];
  const unit = new Float64Array(problem.size);
  for (let i = 0; i < problem.size; i++) {
    unit[i] = 1;
    rows.push(await problem.product(x, unit));
    unit[i] = 0;
  }
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < i; j++) {
      const other = rows[j] as Float64Array;
      const mean = ((row[j] as number) + (other[i] as number)) / 2;
      row[j] = mean;
      other[i] = mean;
    }
  }
  return rows;
}

const shifted = (matrix: readonly Float64Array[], by: number): Float64Array[] =>
  matrix.map((row, i) => {
    const copy = row.slice();
    copy[i] = (copy[i] as number) + by;
    return copy;
  });

/** Refuses a model that is too large before it takes hours, and says what it would take. */
async function guard(problem: Problem, x: Float64Array, most: number): Promise<void> {
  const n = problem.size;
  if (n <= most) return;
  await problem.product(x, x); // the first compiles
  const began = performance.now();
  await problem.product(x, x);
  const seconds = (n * (performance.now() - began)) / 1000 + n ** 3 / 3e9;
  const time = seconds < 90 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds / 60).toLocaleString("en-US")} min`;
  const bytes = 16 * n * n;
  const memory = bytes < 1e9 ? `${(bytes / 1e6).toFixed(0)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
  throw new ConfigError(
    `newton: the model has ${n.toLocaleString("en-US")} parameters, more than maxParameters = ${most}: a step would take about ${time} and the Hessian ${memory}; take optim.cg() or optim.lbfgs(), or raise maxParameters`,
  );
}
