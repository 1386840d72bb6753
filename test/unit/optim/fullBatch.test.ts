import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../engine/errors/index.ts";
import { cholesky, solved, solvedByElimination } from "../../../engine/optim/fullBatch/dense.ts";
import { backtracking, strongWolfe } from "../../../engine/optim/fullBatch/lineSearch.ts";
import {
  type FullBatch,
  isFullBatch,
  isOptimizer,
  methods,
  nothing,
  type Optimizer,
  optim,
  type Problem,
  stateNames,
} from "../../../engine/optim/index.ts";
import { referenceOptimizer } from "../../support/optimizer.ts";

type Vector = Float64Array;
interface Counted extends Problem {
  looks: number;
}

/** A function by its formula, gradient and Hessian, in f64. */
function problemOf(
  size: number,
  f: (x: Vector) => number,
  g: (x: Vector) => ArrayLike<number>,
  h: (x: Vector) => readonly ArrayLike<number>[],
): Counted {
  const problem: Counted = {
    size,
    looks: 0,
    loss: async (x) => {
      problem.looks += 1;
      return f(x);
    },
    evaluate: async (x) => {
      problem.looks += 1;
      return { loss: f(x), gradient: Float64Array.from(g(x)) };
    },
    product: async (x, v) =>
      Float64Array.from(h(x), (row) => v.reduce((sum, vi, i) => sum + vi * (row[i] as number), 0)),
  };
  return problem;
}

/** x' A x / 2 - b' x with curvatures 1, 4, 9, 100 in directions that are no axes. */
const A = (() => {
  const values = [1, 4, 9, 100];
  // Householder's reflection through (1, 2, 3, 4)
  const u = [1, 2, 3, 4].map((x) => x / Math.sqrt(30));
  const q = (i: number, j: number) => Number(i === j) - 2 * (u[i] as number) * (u[j] as number);
  return values.map((_, i) =>
    values.map((_, j) => values.reduce((sum, lambda, k) => sum + q(i, k) * lambda * q(j, k), 0)),
  );
})();
const B = [1, -2, 3, 0.5];
const times = (m: readonly ArrayLike<number>[], v: ArrayLike<number>) =>
  m.map((row) => Array.from(row).reduce((sum, x, i) => sum + x * (v[i] as number), 0));
const quadratic = () =>
  problemOf(
    4,
    (x) => times(A, x).reduce((sum, y, i) => sum + (x[i] as number) * (y / 2 - (B[i] as number)), 0),
    (x) => times(A, x).map((y, i) => y - (B[i] as number)),
    () => A,
  );
const bottom = () =>
  solvedByElimination(
    A.map((row) => Float64Array.from(row)),
    Float64Array.from(B),
  ) as Vector;

const rosenbrock = () =>
  problemOf(
    2,
    ([x = 0, y = 0]) => (1 - x) ** 2 + 100 * (y - x * x) ** 2,
    ([x = 0, y = 0]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
    ([x = 0, y = 0]) => [
      [2 - 400 * (y - 3 * x * x), -400 * x],
      [-400 * x, 200],
    ],
  );

async function walk(optimizer: Optimizer, problem: Problem, start: ArrayLike<number>, steps: number) {
  const { definition, options } = optimizer as FullBatch;
  let x = Float64Array.from(start);
  let memory = nothing;
  const path = [x];
  for (let i = 0; i < steps; i++) {
    const done = await definition.step({ x, problem, memory, options });
    x = Float64Array.from(done.x);
    memory = done.memory;
    path.push(x);
  }
  return { x, memory, path };
}

const make = optim as unknown as Record<string, (options?: unknown) => Optimizer>;
describe.each(Object.keys(methods))("%s", (name) => {
  const optimizer = (make[name] as (options?: unknown) => Optimizer)();
  const { params } = methods[name as keyof typeof methods];

  test("finds the bottom of a quadratic", async () => {
    const { x } = await walk(optimizer, quadratic(), [3, -1, 2, 5], 8);
    expect(x).toBeAllclose(bottom(), { rtol: 1e-4, atol: 1e-5 });
  });

  test("finds the end of Rosenbrock's valley", async () => {
    const searching = "lineSearchFn" in params ? make[name]?.({ lineSearchFn: "strongWolfe" }) : optimizer;
    const { x } = await walk(searching as Optimizer, rosenbrock(), [-1.2, 1], 60);
    expect(x).toBeAllclose([1, 1], { atol: 1e-4 });
  });

  test("with every way to search it goes down at each step", async () => {
    for (const [option, { type }] of Object.entries(params)) {
      if (!option.startsWith("lineSearch")) continue;
      for (const [, word] of type.matchAll(/"(\w+)"/g)) {
        const problem = rosenbrock();
        const { path } = await walk(make[name]?.({ [option]: word }) as Optimizer, problem, [-1.2, 1], 25);
        const losses = await Promise.all(path.map((x) => problem.loss(x)));
        for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThanOrEqual(losses[i - 1] as number);
        expect(losses.at(-1)).toBeLessThan(0.1 * (losses[0] as number));
      }
    }
  });

  test("stays where the gradient is 0", async () => {
    const { x } = await walk(optimizer, rosenbrock(), [1, 1], 2);
    expect([...x]).toEqual([1, 1]);
  });

  test("is an optimizer, and no update rule", () => {
    expect(isOptimizer(optimizer)).toBe(true);
    expect(isFullBatch(optimizer)).toBe(true);
    expect(stateNames(optimizer)).toEqual([]);
    expect(() => referenceOptimizer(optimizer, 2)).toThrow(ConfigError);
    expect(() => referenceOptimizer(optimizer, 2)).toThrow(
      "takes an update rule for minibatches, such as optim.adam()",
    );
  });
});

describe("lbfgs", () => {
  test("goes along the inverse Hessian that its last pairs make, by the product form in dense matrices", async () => {
    for (const historySize of [2, 100]) {
      const problem = rosenbrock();
      const optimizer = optim.lbfgs({ lr: 0.02, maxIter: 1, historySize });
      const { path } = await walk(optimizer, problem, [-1.2, 1], 8);
      const gradients = await Promise.all(path.map(async (x) => (await problem.evaluate(x)).gradient));
      const difference = (list: readonly Vector[], i: number) =>
        (list[i + 1] as Vector).map((v, k) => v - (list[i]?.[k] as number));
      for (let k = 1; k < 8; k++) {
        // Nocedal & Wright 2006, equation 7.19: H <- V' H V + s s' / (y's), from the oldest pair on
        const first = Math.max(0, k - historySize);
        const [s, y] = [difference(path, k - 1), difference(gradients, k - 1)];
        const gamma = dot(s, y) / dot(y, y);
        let H: number[][] = [
          [gamma, 0],
          [0, gamma],
        ];
        for (let i = first; i < k; i++) H = updated(H, difference(path, i), difference(gradients, i));
        const want = times(H, gradients[k] as Vector).map((d, j) => (path[k]?.[j] as number) - 0.02 * d);
        expect(path[k + 1]).toBeAllclose(want, { rtol: 1e-9 });
      }
    }
  });

  test("the first iteration goes 1 / |g|_1 times lr along the gradient, or lr where that is shorter", async () => {
    const problem = quadratic();
    const g = (await problem.evaluate(Float64Array.of(3, -1, 2, 5))).gradient;
    const { x } = await walk(optim.lbfgs({ lr: 0.5, maxIter: 1 }), problem, [3, -1, 2, 5], 1);
    const length = g.reduce((sum, v) => sum + Math.abs(v), 0);
    expect(x).toBeAllclose([3, -1, 2, 5].map((v, i) => v - (0.5 / length) * (g[i] as number)));
  });

  test("looks at most maxEval times in a step, and no further once the gradient or the change is small", async () => {
    const looks = async (options: object) => {
      const problem = quadratic();
      await walk(optim.lbfgs({ lr: 0.1, maxIter: 50, ...options }), problem, [3, -1, 2, 5], 1);
      return problem.looks;
    };
    // PyTorch: one at the start of the step, one after each iteration but the last
    expect(await looks({ maxIter: 7 })).toBe(7);
    expect(await looks({ maxEval: 9 })).toBe(9);
    expect(await looks({ toleranceGrad: 1e9 })).toBe(1);
    expect(await looks({ toleranceChange: 1e9 })).toBe(1);
    expect(await looks({ maxIter: 4 })).toBe(4);
    expect(await looks({ maxIter: 100, maxEval: null })).toBeLessThanOrEqual(125);
  });
});

describe("cg", () => {
  test("is at the bottom of a quadratic of n dimensions after n steps, by every beta; steepest descent is not", async () => {
    for (const beta of ["PR", "FR", "HS", "DY"] as const) {
      const { x } = await walk(optim.cg({ beta }), quadratic(), [3, -1, 2, 5], 4);
      expect(x).toBeAllclose(bottom(), { rtol: 1e-8, atol: 1e-9 });
    }
    const { x } = await walk(optim.cg({ restart: 1 }), quadratic(), [3, -1, 2, 5], 4);
    expect(Math.hypot(...x.map((v, i) => v - (bottom()[i] as number)))).toBeGreaterThan(0.1);
  });

  test("directions are conjugate, with the beta of each formula where they differ", async () => {
    const start = [-1.2, 1];
    const seen = new Set<number>();
    for (const beta of ["PR", "FR", "HS", "DY"] as const) {
      const problem = rosenbrock();
      const { path, memory } = await walk(optim.cg({ beta }), problem, start, 2);
      const [g0, g1] = await Promise.all([0, 1].map(async (i) => (await problem.evaluate(path[i] as Vector)).gradient));
      const [before, now] = [g0 as Vector, g1 as Vector];
      const y = now.map((v, i) => v - (before[i] as number));
      const d0 = before.map((v) => -v);
      const want = {
        PR: Math.max(0, dot(now, y) / dot(before, before)),
        FR: dot(now, now) / dot(before, before),
        HS: dot(now, y) / dot(d0, y),
        DY: dot(now, now) / dot(d0, y),
      }[beta];
      const d = now.map((v, i) => -v + want * (d0[i] as number));
      expect(memory.vectors.d).toBeAllclose(d, { rtol: 1e-12 });
      seen.add(want);
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  test("backtracking from half the way is no further than half the way", async () => {
    const options = { lineSearch: "backtracking", lr: 0.5 } as const;
    const [half, whole] = await Promise.all(
      [options, { ...options, lr: 1 }].map(async (o) => (await walk(optim.cg(o), quadratic(), [3, -1, 2, 5], 1)).x),
    );
    expect(half).toBeAllclose([3, -1, 2, 5].map((x, i) => (x + (whole?.[i] as number)) / 2));
  });
});

describe("newton", () => {
  test("is at the bottom of a quadratic after one step", async () => {
    for (const lineSearch of [null, "backtracking", "strongWolfe"] as const) {
      const { x } = await walk(optim.newton({ lineSearch }), quadratic(), [3, -1, 2, 5], 1);
      expect(x).toBeAllclose(bottom(), { rtol: 1e-10 });
    }
  });

  test("damping is added to the diagonal, and a large one gives gradient descent", async () => {
    const g = (await quadratic().evaluate(Float64Array.of(3, -1, 2, 5))).gradient;
    for (const damping of [0.5, 1e7]) {
      for (const lineSearch of [null, "backtracking"] as const) {
        const { x } = await walk(optim.newton({ damping, lineSearch }), quadratic(), [3, -1, 2, 5], 1);
        const back = times(
          A.map((row, i) => row.map((v, j) => v + (i === j ? damping : 0))),
          x.map((v, i) => ([3, -1, 2, 5][i] as number) - v),
        );
        expect(back).toBeAllclose(g, { rtol: 1e-7 });
      }
    }
  });

  test("without a line search it goes lr of the step, also up a hill", async () => {
    const hill = problemOf(
      1,
      ([x = 0]) => -x * x,
      ([x = 0]) => [-2 * x],
      () => [[-2]],
    );
    expect([...(await walk(optim.newton({ lineSearch: null, lr: 0.5 }), hill, [4], 1)).x]).toEqual([2]);
    const { x } = await walk(optim.newton(), hill, [4], 1);
    expect(x[0]).toBeGreaterThan(4);
  });

  test("a flat Hessian asks for damping", async () => {
    const slope = problemOf(
      2,
      ([x = 0]) => x,
      () => [1, 0],
      () => [
        [0, 0],
        [0, 0],
      ],
    );
    await expect(walk(optim.newton({ lineSearch: null }), slope, [1, 1], 1)).rejects.toThrow(
      "newton: the Hessian is singular; give damping above 0",
    );
    expect((await walk(optim.newton(), slope, [1, 1], 1)).x[0]).toBeLessThan(1);
  });

  test("a model that is too large is refused with what it would take", async () => {
    await expect(walk(optim.newton({ maxParameters: 3 }), quadratic(), [3, -1, 2, 5], 1)).rejects.toThrow(
      /newton: the model has 4 parameters, more than maxParameters = 3: a step would take about \d.* s and the Hessian \d+ MB; take optim.cg\(\) or optim.lbfgs\(\)/,
    );
  });

  test("what is not finite is not waited for", async () => {
    const nan = problemOf(
      1,
      () => 1,
      () => [1],
      () => [[Number.NaN]],
    );
    expect((await walk(optim.newton(), nan, [4], 1)).x[0]).toBeNaN();
  });
});

describe("line searches", () => {
  const along = async (problem: Problem, x: Vector) => {
    const at = await problem.evaluate(x);
    const d = at.gradient.map((g) => -g);
    return { problem, x, d, at, slope: dot(at.gradient, d) };
  };

  test("strongWolfe fulfils both conditions, from far too long and from far too short", async () => {
    const line = await along(rosenbrock(), Float64Array.of(-1.2, 1));
    for (const first of [1e-7, 1e-4, 1, 100]) {
      for (const flat of [0.9, 0.1]) {
        const found = await strongWolfe(line, first, { flat });
        expect(found.loss).toBeLessThanOrEqual(line.at.loss + 1e-4 * found.t * line.slope);
        expect(Math.abs(found.slope)).toBeLessThanOrEqual(flat * Math.abs(line.slope));
      }
    }
  });

  test("backtracking brings what the slope promises, and nothing where nothing falls", async () => {
    const problem = rosenbrock();
    const line = await along(problem, Float64Array.of(-1.2, 1));
    const t = await backtracking(line, 1);
    expect(await problem.loss(line.x.map((v, i) => v + t * (line.d[i] as number)))).toBeLessThanOrEqual(
      line.at.loss + 1e-4 * t * line.slope,
    );
    expect(await backtracking({ ...line, d: line.at.gradient }, 1)).toBe(0);
  });
});

describe("dense solutions", () => {
  const m = A.map((row) => Float64Array.from(row));
  const b = Float64Array.from(B);

  test("both ways solve the system", () => {
    const l = cholesky(m) as Vector[];
    for (const x of [solved(l, b), solvedByElimination(m, b) as Vector])
      expect(times(A, x)).toBeAllclose(B, { rtol: 1e-10 });
  });

  test("each says what it cannot", () => {
    expect(cholesky([Float64Array.of(1, 2), Float64Array.of(2, 1)])).toBeUndefined();
    const turned = solvedByElimination([Float64Array.of(0, 2), Float64Array.of(1, 0)], Float64Array.of(4, 3));
    expect(turned).toBeAllclose([3, 2]);
    expect(solvedByElimination([Float64Array.of(1, 2), Float64Array.of(2, 4)], Float64Array.of(1, 1))).toBeUndefined();
  });
});

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** (I - s y' / y's) H (I - y s' / y's) + s s' / y's */
function updated(H: readonly number[][], s: Vector, y: Vector): number[][] {
  const rho = 1 / dot(s, y);
  const V =
    y.length === 2
      ? [0, 1].map((i) => [0, 1].map((j) => Number(i === j) - rho * (y[i] as number) * (s[j] as number)))
      : [];
  const product = (a: readonly number[][], b: readonly number[][]) =>
    a.map((row) => [0, 1].map((j) => row.reduce((sum, v, k) => sum + v * (b[k]?.[j] as number), 0)));
  const Vt = [0, 1].map((i) => [0, 1].map((j) => V[j]?.[i] as number));
  return product(product(Vt, H as number[][]), V).map((row, i) =>
    row.map((v, j) => v + rho * (s[i] as number) * (s[j] as number)),
  );
}
