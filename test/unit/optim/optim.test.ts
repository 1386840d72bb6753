import { describe, expect, test } from "vitest";
import { Tensor } from "../../../engine/ops/index.ts";
import { add, equal, mul, oneMinusPow, select } from "../../../engine/optim/algebra.ts";
import { HostScalar } from "../../../engine/optim/hostScalar.ts";
import { evaluateHost, isOptimizer, type Optimizer, optim, optimizers } from "../../../engine/optim/index.ts";
import type { Params } from "../../../engine/params/index.ts";
import { referenceOptimizer } from "../../support/optimizer.ts";

type Gradient = (p: Float64Array) => Float64Array;
const make = optim as unknown as Record<string, (options?: unknown) => Optimizer>;

function descend(optimizer: Optimizer, gradient: Gradient, start: readonly number[], steps: number): Float64Array {
  const run = referenceOptimizer(optimizer, start.length);
  let p: Float64Array = Float64Array.from(start);
  for (let i = 0; i < steps; i++) p = run.step(p, gradient(p));
  return p;
}

/** x^2 / 2 + 5 y^2: lowest at 0. */
const parabola: Gradient = ([x = 0, y = 0]) => Float64Array.of(x, 10 * y);
/** (1 - x)^2 + 100 (y - x^2)^2: lowest at (1, 1), at the end of a curved valley. */
const rosenbrock: Gradient = ([x = 0, y = 0]) =>
  Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x));

/** A law holds at a rate that suits the method: one of these. */
const rates = [5e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.02, 0.05, 0.5, 1, 5];

describe.each(Object.keys(optimizers))("%s", (name) => {
  const { params } = (optimizers as unknown as Record<string, { params: Params }>)[name] as { params: Params };
  const known = (options: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(options).filter(([option]) => option in params));
  const build = (lr: number) => make[name]?.(known({ lr, weightDecay: 0, stepSizes: [lr && 1e-6, 50] })) as Optimizer;

  /** The least that `value` comes to at any of the rates. */
  const least = (gradient: Gradient, start: readonly number[], steps: number, value: (p: Float64Array) => number) =>
    Math.min(...rates.map((lr) => value(descend(build(lr), gradient, start, steps))).filter(Number.isFinite));

  test("finds the bottom of a parabola", () => {
    expect(least(parabola, [1, -1], 400, (p) => Math.hypot(...p))).toBeLessThan(0.05);
  });

  test("goes down Rosenbrock's valley", () => {
    const value = ([x = 0, y = 0]: Float64Array) => (1 - x) ** 2 + 100 * (y - x * x) ** 2;
    expect(least(rosenbrock, [-1, 1], 3000, value)).toBeLessThan(0.2 * value(Float64Array.of(-1, 1)));
  });

  test("lr 0 moves nothing", () => {
    expect([...descend(build(0), rosenbrock, [-1, 1], 3)]).toEqual([-1, 1]);
  });

  test("maximize climbs: it descends against the gradient turned round", () => {
    const options = known({ lr: 1e-3, weightDecay: 0.01 });
    const turned: Gradient = (p) => rosenbrock(p).map((x) => -x);
    const up = make[name]?.({ ...options, maximize: true }) as Optimizer;
    expect(descend(up, turned, [-1, 1], 20)).toEqual(
      descend(make[name]?.(options) as Optimizer, rosenbrock, [-1, 1], 20),
    );
  });

  test("a negative or missing rate is refused", () => {
    expect(() => make[name]?.({ lr: -1 })).toThrow(`${name}: lr = -1 is outside [0, inf)`);
    expect(() => make[name]?.({ lr: Number.NaN })).toThrow(`${name}: lr = NaN is outside [0, inf)`);
    expect(isOptimizer(make[name]?.())).toBe(true);
  });
});

describe("host scalars", () => {
  const b = new HostScalar("betas[1]");
  const step = new HostScalar("step");

  test("stay on the host among themselves, as a tree that is JSON", () => {
    const correction = oneMinusPow(b, step) as HostScalar;
    expect(String(correction)).toBe("sub(1, pow(betas[1], step))");
    const tree = JSON.parse(JSON.stringify(correction.tree));
    expect(evaluateHost(tree, { "betas[1]": 0.999, step: 1 })).toBe(1 - 0.999);
    expect(evaluateHost((select(equal(step, 1), 1, 0.5) as HostScalar).tree, { step: 2 })).toBe(0.5);
  });

  test("numbers stay numbers", () => expect(add(1, mul(2, 3))).toBe(7));

  test("become scalar inputs, named by their text, where they meet a tensor", () => {
    const product = mul(new Tensor("input", [], { name: "g" }, [4], "f32"), oneMinusPow(b, step)) as Tensor;
    const find = (t: Tensor): Tensor | undefined => (t.attrs.expr ? t : t.inputs.map(find).find((x) => x));
    expect(find(product)?.attrs).toEqual({
      name: "sub(1, pow(betas[1], step))",
      scalar: true,
      expr: ["sub", 1, ["pow", "betas[1]", "step"]],
    });
  });

  test("an unknown name is an error", () => {
    expect(() => evaluateHost("beta", { lr: 1 })).toThrow('host scalar "beta" is not among lr');
  });
});

test("options that do not go together are refused where they are given", () => {
  expect(() => optim.sgd({ nesterov: true })).toThrow("sgd: nesterov takes momentum above 0 and dampening 0");
  expect(() => (optim as unknown as Record<string, unknown>).adamW).toThrow(
    'no optimizer "adamW"; did you mean "adamw"?',
  );
});
