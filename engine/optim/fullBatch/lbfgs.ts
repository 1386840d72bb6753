import { choice, int, num, optional, required } from "../../params/index.ts";
import { defineFullBatch, type Memory } from "./definition.ts";
import { strongWolfe } from "./lineSearch.ts";
import { dot, largest, plus, scaled } from "./vectors.ts";

/** Pairs whose product is smaller say nothing of the curvature. */
const LEAST_CURVATURE = 1e-10;

export const lbfgs = defineFullBatch({
  summary:
    "Limited-memory BFGS over the whole training set: a direction from the last pairs of steps and changes of the gradient. A step of a run is up to maxIter of its iterations, as PyTorch's step(closure).",
  paper: "Liu & Nocedal 1989; as torch.optim.LBFGS",
  rule: [
    "H g by the two-loop recursion over the last pairs s = p - pBefore, y = g - gBefore",
    "p <- p - lr H g,   or a step along -H g by the line search",
  ],
  params: {
    lr: num(1, "[0, inf)", "Length of an iteration; the first trial where there is a line search."),
    maxIter: int(20, "[1, inf)", "Iterations of one step."),
    maxEval: optional(int(required, "[1, inf)", "Evaluations of one step at most; 1.25 maxIter when not given.")),
    toleranceGrad: num(1e-7, "[0, inf)", "A step ends where no element of the gradient is larger."),
    toleranceChange: num(1e-9, "[0, inf)", "A step ends where loss or weights change by less."),
    historySize: int(100, "[1, inf)", "Pairs that are remembered: each takes twice the memory of the parameters."),
    lineSearchFn: optional(
      choice("strongWolfe", ["strongWolfe"], "How far an iteration goes; lr when not given, as in PyTorch."),
    ),
  },
  step: async ({ x: begin, problem, memory, options }) => {
    const { lr, maxIter, toleranceGrad, toleranceChange, historySize, lineSearchFn } = options;
    const maxEval = options.maxEval ?? Math.floor((maxIter * 5) / 4);
    const before = await problem.evaluate(begin);
    if (largest(before.gradient) <= toleranceGrad) return { x: begin, memory, before };

    let { d, t, previous, scale, iterations, pairs } = recall(memory, begin.length);
    let [x, loss, gradient] = [begin, before.loss, before.gradient];
    let evaluations = 1;
    for (let n = 1; n <= maxIter; n++) {
      iterations += 1;
      if (iterations === 1) {
        d = scaled(gradient, -1);
      } else {
        const [y, s] = [plus(gradient, previous, -1), scaled(d, t)];
        const curvature = dot(y, s);
        if (curvature > LEAST_CURVATURE) {
          pairs = [...pairs, { y, s }].slice(-historySize);
          scale = curvature / dot(y, y);
        }
        d = direction(gradient, pairs, scale);
      }
      previous = gradient;
      const lossBefore = loss;
      t = iterations === 1 ? Math.min(1, 1 / gradient.reduce((sum, g) => sum + Math.abs(g), 0)) * lr : lr;
      const slope = dot(gradient, d);
      if (slope > -toleranceChange) break;

      if (lineSearchFn !== null) {
        const counted = counting(problem);
        const found = await strongWolfe({ problem: counted, x, d, at: { loss, gradient }, slope }, t, {
          toleranceChange,
        });
        ({ t, loss, gradient } = found);
        evaluations += counted.count;
        x = plus(x, d, t);
      } else {
        x = plus(x, d, t);
        // after the last iteration nobody asks: the next step begins with that
        if (n < maxIter) {
          ({ loss, gradient } = await problem.evaluate(x));
          evaluations += 1;
        }
      }
      const still = largest(d) * Math.abs(t) <= toleranceChange || Math.abs(loss - lossBefore) < toleranceChange;
      if (evaluations >= maxEval || largest(gradient) <= toleranceGrad || still) break;
    }
    const kept = pairs.flatMap(({ y, s }, i) => [[`y${i}`, y] as const, [`s${i}`, s] as const]);
    return {
      x,
      before,
      memory: { vectors: { d, previous, ...Object.fromEntries(kept) }, numbers: { t, scale, iterations } },
    };
  },
});

interface Pair {
  readonly y: Float64Array;
  readonly s: Float64Array;
}

function recall({ vectors, numbers }: Memory, size: number) {
  const { d = new Float64Array(size), previous = new Float64Array(size) } = vectors;
  const { t = 0, scale = 1, iterations = 0 } = numbers;
  const pairs: Pair[] = [];
  for (let i = 0; vectors[`y${i}`]; i++) {
    pairs.push({ y: vectors[`y${i}`] as Float64Array, s: vectors[`s${i}`] as Float64Array });
  }
  return { d, previous, t, scale, iterations, pairs };
}

/** -H g by the two loops over the pairs: Nocedal & Wright 2006, algorithm 7.4. */
function direction(gradient: Float64Array, pairs: readonly Pair[], scale: number): Float64Array {
  let q = scaled(gradient, -1);
  const along: number[] = [];
  for (let i = pairs.length - 1; i >= 0; i--) {
    const { y, s } = pairs[i] as Pair;
    along[i] = dot(s, q) / dot(y, s);
    q = plus(q, y, -(along[i] as number));
  }
  let r = scaled(q, scale);
  for (const [i, { y, s }] of pairs.entries()) r = plus(r, s, (along[i] as number) - dot(y, r) / dot(y, s));
  return r;
}

/** The problem, with its evaluations counted. */
function counting(problem: Parameters<typeof strongWolfe>[0]["problem"]) {
  const counted = {
    ...problem,
    count: 0,
    evaluate: (x: Float64Array) => {
      counted.count += 1;
      return problem.evaluate(x);
    },
  };
  return counted;
}
