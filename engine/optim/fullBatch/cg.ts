import { choice, int, num, optional, required } from "../../params/index.ts";
import { defineFullBatch } from "./definition.ts";
import { backtracking, strongWolfe } from "./lineSearch.ts";
import { dot, largest, plus, scaled } from "./vectors.ts";

/** Conjugate directions want a line's minimum rather than any fall: Nocedal & Wright 2006, section 5.2. */
const FLAT = 0.1;

export const cg = defineFullBatch({
  summary:
    "Nonlinear conjugate gradients over the whole training set: each direction is the steepest one bent towards the last. On a quadratic of n dimensions n steps are enough.",
  paper: "Polak & Ribière 1969 and others; Nocedal & Wright 2006, section 5.2",
  rule: ["d <- -g + max(0, beta) d   (beta by PR, FR, HS or DY)", "p <- p + a d,   a by the line search"],
  params: {
    beta: choice(
      "PR",
      ["PR", "FR", "HS", "DY"],
      "How much of the last direction is kept: Polak-Ribière (never below 0), Fletcher-Reeves, Hestenes-Stiefel, Dai-Yuan.",
    ),
    lineSearch: choice(
      "strongWolfe",
      ["strongWolfe", "backtracking"],
      "How far a step goes. It begins where the curvature along the line puts the minimum.",
    ),
    lr: num(1, "[0, inf)", "First trial of the line search, as a multiple of that minimum."),
    restart: optional(
      int(
        required,
        "[1, inf)",
        "Steps after which it begins anew along the gradient; the number of parameters when not given.",
      ),
    ),
    toleranceGrad: num(1e-7, "[0, inf)", "Nothing is changed where no element of the gradient is larger."),
  },
  step: async ({ x, problem, memory, options }) => {
    const before = await problem.evaluate(x);
    const { gradient } = before;
    if (largest(gradient) <= options.toleranceGrad) return { x, memory, before };
    const { steps = 0, t: last = 1 } = memory.numbers;
    const { d: old, gradient: previous } = memory.vectors;
    let d = scaled(gradient, -1);
    let since = 0;
    if (old && previous && steps < (options.restart ?? problem.size)) {
      const bent = plus(d, old, betaOf(options.beta, gradient, previous, old));
      // a direction that climbs is none
      if (dot(bent, gradient) < 0) [d, since] = [bent, steps];
    }
    const slope = dot(gradient, d);
    const curvature = dot(d, await problem.product(x, d));
    const first = options.lr * (curvature > 0 ? -slope / curvature : last);
    const line = { problem, x, d, at: before, slope };
    const t =
      options.lineSearch === "strongWolfe"
        ? (await strongWolfe(line, first, { flat: FLAT })).t
        : await backtracking(line, first);
    return {
      x: plus(x, d, t),
      before,
      memory: { vectors: { d, gradient }, numbers: { steps: since + 1, t: t || last } },
    };
  },
});

function betaOf(kind: "PR" | "FR" | "HS" | "DY", g: Float64Array, previous: Float64Array, d: Float64Array): number {
  const y = plus(g, previous, -1);
  switch (kind) {
    case "PR":
      return Math.max(0, dot(g, y) / dot(previous, previous));
    case "FR":
      return dot(g, g) / dot(previous, previous);
    case "HS":
      return dot(g, y) / dot(d, y);
    default:
      return dot(g, g) / dot(d, y);
  }
}
