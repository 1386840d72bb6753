import { describe, expect, test } from "vitest";
import { type Optimizer, optim, optimizers } from "../../../engine/optim/index.ts";
import { referenceOptimizer } from "../../support/optimizer.ts";
import { references } from "./references.ts";

const make = optim as unknown as Record<string, (options?: unknown) => Optimizer>;

/** Option sets that together use every option away from its default and where it matters. */
const cases: Readonly<Record<string, readonly object[]>> = {
  sgd: [
    {},
    { momentum: 0.9, dampening: 0.3, weightDecay: 0.1 },
    { momentum: 0.8, nesterov: true, weightDecay: 0.1, maximize: true },
    { momentum: 0.9, dampening: 0.3, weightDecay: 0.1, form: "classic" },
    { momentum: 0.8, nesterov: true, form: "classic", maximize: true },
  ],
  adagrad: [{}, { lrDecay: 0.2, weightDecay: 0.1, initialAccumulatorValue: 0.3, eps: 0.05, maximize: true }],
  rmsprop: [
    {},
    { alpha: 0.7, eps: 0.05, weightDecay: 0.1, momentum: 0.6, centered: true, maximize: true },
    { alpha: 0.7, eps: 0.05, weightDecay: 0.1, momentum: 0.6 },
    { alpha: 0.7, eps: 0.05, centered: true },
  ],
  adadelta: [{}, { rho: 0.6, eps: 0.05, weightDecay: 0.1, maximize: true }],
  adam: [
    {},
    { betas: [0.8, 0.7], eps: 0.05, weightDecay: 0.1, amsgrad: true, maximize: true },
    { betas: [0.8, 0.7], eps: 0.05, weightDecay: 0.1, biasCorrection: false },
  ],
  adamw: [{}, { betas: [0.8, 0.7], eps: 0.05, weightDecay: 0.1, amsgrad: true, maximize: true }],
  nadam: [
    {},
    { betas: [0.8, 0.7], eps: 0.05, weightDecay: 0.1, momentumDecay: 0.3, maximize: true },
    { betas: [0.8, 0.7], weightDecay: 0.1, decoupledWeightDecay: true },
  ],
  radam: [
    {},
    { betas: [0.8, 0.9], eps: 0.05, weightDecay: 0.1, maximize: true },
    { betas: [0.8, 0.9], weightDecay: 0.1, decoupledWeightDecay: true },
  ],
  adamax: [{}, { betas: [0.8, 0.7], eps: 0.05, weightDecay: 0.1, maximize: true }],
  asgd: [{}, { lambd: 0.2, alpha: 0.6, t0: 3, weightDecay: 0.1, maximize: true }],
  rprop: [{}, { etas: [0.4, 1.5], stepSizes: [0.02, 0.15], maximize: true }],
  lion: [{}, { betas: [0.7, 0.9], weightDecay: 0.1, maximize: true }],
};

const STEPS = 25;
/** Gradients that turn round now and then, of several sizes; rates that change as under a schedule. */
const gradient = (t: number) => Float64Array.of(Math.sin(1.7 * t), 0.3 * Math.cos(0.4 * t), 3 / (t + 1), -0.02 * t);
const rate = (t: number) => (t <= 8 ? 0.1 : t <= 16 ? 0.03 : 0.06);

describe.each(Object.entries(references))("%s", (name, reference) => {
  test("its cases name every option", () => {
    const given = new Set(["lr", ...(cases[name] ?? []).flatMap((options) => Object.keys(options))]);
    const { params } = (optimizers as unknown as Record<string, { params: object }>)[name] as { params: object };
    const own = Object.keys(params).filter((option) => option !== "groups" && option !== "weightDecayOn");
    expect([...given].sort()).toEqual(own.sort());
  });

  test.each(cases[name] ?? [])("follows the plain rule, at a rate that changes: %o", (options) => {
    const optimizer = make[name]?.({ lr: rate(1), ...options }) as Optimizer;
    const run = referenceOptimizer(optimizer, 4);
    const plain = [1, -2, 0.5, 3].map((p) => ({ p, rule: reference(optimizer.options) }));
    let p: Float64Array = Float64Array.from(plain, (one) => one.p);
    for (let t = 1; t <= STEPS; t++) {
      p = run.step(p, gradient(t), { lr: rate(t) });
      for (const [i, one] of plain.entries()) one.p = one.rule.step(one.p, gradient(t)[i] as number, t, rate(t));
      expect(p).toBeAllclose(
        plain.map((one) => one.p),
        { rtol: 1e-9, atol: 1e-9 },
      );
    }
  });
});

test("asgd: ax is p up to step t0 + 1 and the average of the weights from there on", () => {
  const run = referenceOptimizer(optim.asgd({ lr: 0.1, t0: 4 }), 4);
  let p: Float64Array = Float64Array.of(1, -2, 0.5, 3);
  const seen: Float64Array[] = [];
  for (let t = 1; t <= 12; t++) {
    p = run.step(p, gradient(t));
    if (t > 5) seen.push(p);
    const mean = seen.length ? p.map((_, i) => seen.reduce((sum, q) => sum + (q[i] as number), 0) / seen.length) : p;
    expect(run.state.get("ax")).toBeAllclose(mean, { rtol: 1e-12 });
  }
});

test("the classical form is PyTorch's while the rate is constant and another one once it has changed", () => {
  const options = { lr: 0.1, momentum: 0.9 };
  for (const nesterov of [false, true]) {
    const classic = referenceOptimizer(optim.sgd({ ...options, nesterov, form: "classic" }), 4);
    const pytorch = referenceOptimizer(optim.sgd({ ...options, nesterov }), 4);
    let [p, q]: [Float64Array, Float64Array] = [Float64Array.of(1, -2, 0.5, 3), Float64Array.of(1, -2, 0.5, 3)];
    for (let t = 1; t <= 10; t++) {
      p = classic.step(p, gradient(t));
      q = pytorch.step(q, gradient(t));
      expect(p).toBeAllclose(q, { rtol: 1e-12, atol: 1e-12 });
    }
    p = classic.step(p, gradient(11), { lr: 0.01 });
    q = pytorch.step(q, gradient(11), { lr: 0.01 });
    expect(Math.max(...p.map((x, i) => Math.abs(x - (q[i] as number))))).toBeGreaterThan(0.01);
  }
});

test("Nesterov's momentum in the classical form is the gradient taken where the velocity leads", () => {
  // Sutskever et al. 2013, equations 3 and 4: v <- m v - lr grad(w + m v), w <- w + v, seen at w + m v
  const [momentum, lr] = [0.9, 0.05];
  const grad = (x: number) => 3 * x - 1;
  const run = referenceOptimizer(optim.sgd({ lr, momentum, nesterov: true, form: "classic" }), 1);
  let ahead: Float64Array = Float64Array.of(2);
  let [w, v] = [2, 0];
  for (let t = 1; t <= 20; t++) {
    ahead = run.step(ahead, ahead.map(grad));
    v = momentum * v - lr * grad(w + momentum * v);
    w += v;
    expect(ahead[0]).toBeCloseTo(w + momentum * v, 12);
  }
});

test.each([1e-6, 1, 1e6])("adam: the first step is lr for gradients of any size: %d", (scale) => {
  for (const name of ["adam", "adamw", "adamax"] as const) {
    const run = referenceOptimizer(make[name]?.({ lr: 1e-3, eps: 1e-20, weightDecay: 0 }) as Optimizer, 2);
    expect(run.step(Float64Array.of(0, 0), Float64Array.of(scale, -3 * scale))).toBeAllclose([-1e-3, 1e-3], {
      rtol: 1e-9,
    });
  }
});

test("adam with betas[0] 0 and no correction is rmsprop", () => {
  const options = { lr: 0.01, eps: 1e-4, weightDecay: 0.1 };
  const adam = referenceOptimizer(optim.adam({ ...options, betas: [0, 0.9], biasCorrection: false }), 4);
  const rmsprop = referenceOptimizer(optim.rmsprop({ ...options, alpha: 0.9 }), 4);
  let [p, q]: [Float64Array, Float64Array] = [Float64Array.of(1, -2, 0.5, 3), Float64Array.of(1, -2, 0.5, 3)];
  for (let t = 1; t <= STEPS; t++) {
    p = adam.step(p, gradient(t));
    q = rmsprop.step(q, gradient(t));
    expect(p).toBeAllclose(q, { rtol: 1e-12 });
  }
});

test.each([
  ["adamw", {}],
  ["lion", {}],
  ["nadam", { decoupledWeightDecay: true }],
  ["radam", { decoupledWeightDecay: true }],
])("%s: at gradient 0 decoupled decay shrinks weights by 1 - lr weightDecay, exactly", (name, options) => {
  const run = referenceOptimizer(make[name]?.({ lr: 0.1, weightDecay: 0.3, ...options }) as Optimizer, 2);
  let p: Float64Array = Float64Array.of(2, -1);
  let want = 1;
  for (let t = 1; t <= 10; t++) {
    p = run.step(p, new Float64Array(2));
    want *= 1 - 0.1 * 0.3;
    expect(p).toBeAllclose([2 * want, -want], { rtol: 1e-15 });
  }
});

test("rprop refuses factors and sizes that do not fit together", () => {
  expect(() => optim.rprop({ etas: [1.2, 0.5] })).toThrow("rprop: etas = [1.2, 0.5]: the first must be below 1");
  expect(() => optim.rprop({ stepSizes: [2, 1] })).toThrow("rprop: stepSizes = [2, 1]: the smallest comes first");
});
