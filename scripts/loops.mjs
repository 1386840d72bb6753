// Update rules as loops over tensors: what an optimizer computes, in code that runs in a cell. A test holds each to its optimizer.

/** Averages of the gradient and of its square, as Adam and its kin have them. */
const moments = ["mu = mu.mul(beta1).add(g.mul(1 - beta1));", "nu = nu.mul(beta2).add(g.square().mul(1 - beta2));"];
const adaptive = "p = p.sub(mu.mul(lr / (1 - beta1 ** t)).div(nu.div(1 - beta2 ** t).sqrt().add(eps)));";
const adams = { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-8 };

/** By name: the optimizer and its options, numbers of the loop, tensors that are zero at first, and one step. */
export const loops = {
  sgd: { of: "sgd", options: { lr: 0.05 }, numbers: { lr: 0.05 }, zeros: [], step: ["p = p.sub(g.mul(lr));"] },
  momentum: {
    of: "sgd",
    options: { lr: 0.05, momentum: 0.9 },
    numbers: { lr: 0.05, momentum: 0.9 },
    zeros: ["v"],
    step: ["v = v.mul(momentum).add(g);", "p = p.sub(v.mul(lr));"],
  },
  nesterov: {
    of: "sgd",
    options: { lr: 0.05, momentum: 0.9, nesterov: true },
    numbers: { lr: 0.05, momentum: 0.9 },
    zeros: ["v"],
    step: ["v = v.mul(momentum).add(g);", "p = p.sub(g.add(v.mul(momentum)).mul(lr));"],
  },
  adagrad: {
    options: { lr: 0.5 },
    numbers: { lr: 0.5, eps: 1e-10 },
    zeros: ["sum"],
    step: ["sum = sum.add(g.square());", "p = p.sub(g.mul(lr).div(sum.sqrt().add(eps)));"],
  },
  rmsprop: {
    options: { lr: 0.05 },
    numbers: { lr: 0.05, alpha: 0.99, eps: 1e-8 },
    zeros: ["nu"],
    step: ["nu = nu.mul(alpha).add(g.square().mul(1 - alpha));", "p = p.sub(g.mul(lr).div(nu.sqrt().add(eps)));"],
  },
  adadelta: {
    options: { lr: 1 },
    numbers: { lr: 1, rho: 0.9, eps: 1e-6 },
    zeros: ["nu", "delta"],
    step: [
      "nu = nu.mul(rho).add(g.square().mul(1 - rho));",
      "const along = g.mul(delta.add(eps).sqrt()).div(nu.add(eps).sqrt());",
      "delta = delta.mul(rho).add(along.square().mul(1 - rho));",
      "p = p.sub(along.mul(lr));",
    ],
  },
  adam: { options: { lr: 0.1 }, numbers: adams, zeros: ["mu", "nu"], step: [...moments, adaptive] },
  adamw: {
    options: { lr: 0.1, weightDecay: 0.01 },
    numbers: { ...adams, weightDecay: 0.01 },
    zeros: ["mu", "nu"],
    step: ["p = p.mul(1 - lr * weightDecay);", ...moments, adaptive],
  },
  adamax: {
    options: { lr: 0.1 },
    numbers: adams,
    zeros: ["mu", "u"],
    step: [
      moments[0],
      "u = u.mul(beta2).maximum(g.abs().add(eps));",
      "p = p.sub(mu.mul(lr / (1 - beta1 ** t)).div(u));",
    ],
  },
  nadam: {
    options: { lr: 0.1 },
    numbers: { ...adams, momentumDecay: 0.004, product: 1 },
    moving: ["product"],
    zeros: ["mu", "nu"],
    step: [
      "const m = (t: number) => beta1 * (1 - 0.96 ** (t * momentumDecay) / 2);",
      "product *= m(t);",
      ...moments,
      "const ahead = g.mul((1 - m(t)) / (1 - product)).add(mu.mul(m(t + 1) / (1 - product * m(t + 1))));",
      "p = p.sub(ahead.mul(lr).div(nu.div(1 - beta2 ** t).sqrt().add(eps)));",
    ],
  },
  radam: {
    options: { lr: 0.1 },
    numbers: adams,
    zeros: ["mu", "nu"],
    step: [
      ...moments,
      "const n = 2 / (1 - beta2) - 1;",
      "const length = n - (2 * t * beta2 ** t) / (1 - beta2 ** t);",
      "const r = Math.sqrt((((length - 4) * (length - 2) * n) / ((n - 4) * (n - 2) * length)) * (1 - beta2 ** t));",
      "const along = length > 5 ? mu.mul(r).div(nu.sqrt().add(eps)) : mu; // too few steps for a variance: as momentum",
      "p = p.sub(along.mul(lr / (1 - beta1 ** t)));",
    ],
  },
  lion: {
    options: { lr: 0.05 },
    numbers: { lr: 0.05, beta1: 0.9, beta2: 0.99 },
    zeros: ["mu"],
    step: [
      "p = p.sub(mu.mul(beta1).add(g.mul(1 - beta1)).sign().mul(lr));",
      "mu = mu.mul(beta2).add(g.mul(1 - beta2));",
    ],
  },
  rprop: {
    options: { lr: 0.1 },
    numbers: { lr: 0.1, shrink: 0.5, grow: 1.2 },
    zeros: ["before"],
    first: ["let size = p.mul(0).add(lr);"],
    step: [
      "const same = g.sign().mul(before.sign()); // 1 where the gradient goes on, -1 where it turned",
      "size = same.greater(0).where(size.mul(grow), same.less(0).where(size.mul(shrink), size)).clamp(1e-6, 50);",
      'before = g.mul(same.greaterEqual(0).cast("f32"));',
      "p = p.sub(before.sign().mul(size));",
    ],
  },
  asgd: {
    options: { lr: 0.05 },
    numbers: { lr: 0.05, lambd: 1e-4, alpha: 0.75, t0: 1e6, eta: 0.05 },
    moving: ["eta"],
    zeros: ["ax"],
    step: [
      "p = p.mul(1 - lambd * eta).sub(g.mul(eta));",
      "ax = ax.add(p.sub(ax).div(Math.max(1, t - 1 - t0))); // the average of p, from step t0 on",
      "eta = lr / (1 + lambd * lr * t) ** alpha;",
    ],
  },
};

/** The lines of a loop that stand in a hover: its numbers, and the steps. */
export function loopOf({ numbers, moving = [], zeros, first = [], step }) {
  const written = (x) => (x !== 0 && x < 1e-3 ? x.toExponential() : String(x));
  const fixed = Object.entries(numbers).filter(([name]) => !moving.includes(name));
  const list = (entries) => entries.map(([name, value]) => `${name} = ${written(value)}`).join(", ");
  return [
    ...(fixed.length ? [`const ${list(fixed)};`] : []),
    ...(moving.length ? [`let ${list(moving.map((name) => [name, numbers[name]]))};`] : []),
    ...(zeros.length ? [`let ${zeros.map((name) => `${name} = p.mul(0)`).join(", ")};`] : []),
    ...first,
    "for (let t = 1; t <= 100; t++) {",
    "  const g = grad(f)(p);",
    ...step.map((line) => `  ${line}`),
    "}",
  ];
}

/** The whole cell: a ravine to walk on, the loop, and where it ends. */
export function cellOf(loop) {
  return [
    "{",
    "  let p = tensor([-5, 2]);",
    "  const f = (at: typeof p) => at.square().mul(tensor([0.5, 5])).sum(); // a ravine: put your own loss here",
    ...loopOf(loop).map((line) => `  ${line}`),
    "  console.log(p);",
    "}",
  ];
}

/** `optim.sgd({ lr: 0.05, momentum: 0.9 })`: what a loop computes. */
export const callOf = ({ of, options }, name) => {
  const given = Object.entries(options).map(([option, value]) => `${option}: ${value}`);
  return `optim.${of ?? name}({ ${given.join(", ")} })`;
};

/** All loops of an optimizer, each under the call that it stands for; empty where there is none. */
export function loopsOf(optimizer) {
  const own = Object.entries(loops).filter(([name, { of }]) => (of ?? name) === optimizer);
  return own.flatMap(([name, loop], i) => [...(i > 0 ? [""] : []), `// ${callOf(loop, name)}`, ...loopOf(loop)]);
}
