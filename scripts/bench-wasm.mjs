// Times hand-written plans on the wasm backend: `node scripts/bench-wasm.mjs [w1|w2|w4] [threads] [seconds] [each]`; with
// `each`, every launch alone. Needs Node 24.
import { wasmProvider } from "../engine/backends/wasm/index.ts";
import { normal, words } from "../engine/random/index.ts";

const [workload = "w1", threads = "2", seconds = "4", each] = process.argv.slice(2);

const rowMajor = (shape) => shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
const load = (view, dtype = "f32", more = {}) => ({ op: "load", view, dtype, ...more });
const num = (value, dtype = "f32") => ({ op: "const", value, dtype });
const unary = (fn, a, dtype = "f32") => ({ op: "unary", fn, a, dtype });
const binary = (fn, a, b, dtype = "f32") => ({ op: "binary", fn, a, b, dtype });
const acc = (i) => ({ op: "acc", acc: i, dtype: "f32" });
const sum = (value) => ({ fn: "sum", value, dtype: "f32" });

/** Buffers and launches in the order they are added. */
class Builder {
  buffers = [];
  launches = [];
  data = {};

  buffer(n, name, values) {
    this.buffers.push({ words: n, ...(name && { name }) });
    if (name) this.data[name] = values ?? new Float32Array(n);
    return this.buffers.length - 1;
  }
  view(buffer, strides, offset = 0, dtype = "f32") {
    return { buffer, offset, strides, dtype };
  }
  map(label, shape, views, code, ...stores) {
    this.launches.push({ kind: "map", label, shape, views, code, stores });
  }
  reduce(label, outer, inner, views, code, accumulators, epilogue, stores, epilogueViews = []) {
    this.launches.push({
      kind: "reduce",
      label,
      outer,
      inner,
      views,
      code,
      accumulators,
      epilogueViews,
      epilogue,
      stores,
    });
  }
  contract(label, batch, m, n, k, a, b, out) {
    this.launches.push({ kind: "contract", label, batch, m, n, k, a, b, out });
  }
  /** Softmax cross-entropy of logits [N, C]: loss row and gradient. */
  crossEntropy(z, dz, labels, rows, N, C) {
    const [top, total, losses] = [this.buffer(N), this.buffer(N), this.buffer(N)];
    const v = (b, strides, dtype) => this.view(b, strides, 0, dtype);
    this.reduce(
      "max",
      [N],
      [C],
      [v(z, [C, 1])],
      [load(0)],
      [{ fn: "max", value: 0, dtype: "f32" }],
      [acc(0)],
      [{ view: v(top, [1]), value: 0 }],
    );
    this.reduce(
      "log sum exp",
      [N],
      [C],
      [v(z, [C, 1]), v(top, [1, 0])],
      [load(0), load(1), binary("sub", 0, 1), unary("exp", 2)],
      [sum(3)],
      [
        acc(0),
        unary("log", 0),
        load(0),
        binary("add", 1, 2),
        load(1, "i32"),
        load(2, "f32", { index: 4, indexStride: 1, indexSize: C }),
        binary("sub", 3, 5),
      ],
      [
        { view: v(total, [1]), value: 3 },
        { view: v(losses, [1]), value: 6 },
      ],
      [v(top, [1]), v(labels, [1], "i32"), v(z, [C])],
    );
    this.map(
      "loss gradient",
      [N, C],
      [v(z, [C, 1]), v(total, [1, 0]), v(labels, [1, 0], "i32")],
      [
        load(0),
        load(1),
        binary("sub", 0, 1),
        unary("exp", 2),
        load(2, "i32"),
        { op: "index", offset: 0, strides: [0, 1], dtype: "i32" },
        binary("equal", 4, 5, "bool"),
        num(1),
        num(0),
        { op: "select", cond: 6, a: 7, b: 8, dtype: "f32" },
        binary("sub", 3, 9),
        num(1 / N),
        binary("mul", 10, 11),
      ],
      { view: v(dz, [C, 1]), value: 12 },
    );
    this.reduce(
      "loss",
      [],
      [N],
      [v(losses, [1])],
      [load(0)],
      [sum(0)],
      [acc(0), num(1 / N), binary("mul", 0, 1), { op: "scalar", slot: 0, dtype: "i32" }],
      [{ view: v(rows, []), value: 2, index: 3, indexStride: 1 }],
    );
  }
}

/** MLP 784-256-128-10, ReLU, batch 128, Adam over flat buffers. */
function w1() {
  const b = new Builder();
  const N = 128;
  const dims = [784, 256, 128, 10];
  const at = [];
  let P = 0;
  for (let i = 0; i < 3; i++) {
    at.push({ w: P, b: P + dims[i] * dims[i + 1] });
    P += dims[i] * dims[i + 1] + Math.ceil(dims[i + 1] / 4) * 4;
  }
  const init = new Float32Array(P);
  for (const [i, { w }] of at.entries()) {
    const scale = Math.sqrt(2 / dims[i]);
    init.set(
      normal(1, i, dims[i] * dims[i + 1]).map((x) => x * scale),
      w,
    );
  }
  const [p, g, mu, nu] = [b.buffer(P, "p", init), b.buffer(P, "g"), b.buffer(P, "mu"), b.buffer(P, "nu")];
  const x = b.buffer(N * 784, "x", normal(1, 9, N * 784));
  const labels = b.buffer(
    N,
    "labels",
    Int32Array.from(words(5, 0, 0, N), (w) => w % 10),
  );
  const rows = b.buffer(1024);
  const h = dims.map((d, i) => (i === 0 ? x : b.buffer(N * d)));
  const d = dims.map((n) => b.buffer(N * n));
  for (let i = 0; i < 3; i++) {
    const [k, n] = [dims[i], dims[i + 1]];
    b.contract(
      `linear ${i}`,
      [],
      [N],
      [n],
      [k],
      b.view(h[i], [k, 1]),
      b.view(p, [n, 1], at[i].w),
      b.view(h[i + 1], [n, 1]),
    );
    const bias = [load(0), load(1), binary("add", 0, 1), ...(i < 2 ? [num(0), binary("max", 2, 3)] : [])];
    b.map(`bias ${i}`, [N, n], [b.view(h[i + 1], [n, 1]), b.view(p, [0, 1], at[i].b)], bias, {
      view: b.view(h[i + 1], [n, 1]),
      value: bias.length - 1,
    });
  }
  b.crossEntropy(h[3], d[3], labels, rows, N, 10);
  for (let i = 2; i >= 0; i--) {
    const [k, n] = [dims[i], dims[i + 1]];
    b.contract(
      `weight gradient ${i}`,
      [],
      [k],
      [n],
      [N],
      b.view(h[i], [1, k]),
      b.view(d[i + 1], [n, 1]),
      b.view(g, [n, 1], at[i].w),
    );
    b.reduce(
      `bias gradient ${i}`,
      [n],
      [N],
      [b.view(d[i + 1], [1, n])],
      [load(0)],
      [sum(0)],
      [acc(0)],
      [{ view: b.view(g, [1], at[i].b), value: 0 }],
    );
    if (i === 0) break;
    b.contract(
      `input gradient ${i}`,
      [],
      [N],
      [k],
      [n],
      b.view(d[i + 1], [n, 1]),
      b.view(p, [1, n], at[i].w),
      b.view(d[i], [k, 1]),
    );
    b.map(
      `relu gradient ${i}`,
      [N, k],
      [b.view(d[i], [k, 1]), b.view(h[i], [k, 1])],
      [load(0), load(1), num(0), binary("less", 2, 1, "bool"), { op: "select", cond: 3, a: 0, b: 2, dtype: "f32" }],
      { view: b.view(d[i], [k, 1]), value: 4 },
    );
  }
  b.map(
    "adam",
    [P],
    [p, g, mu, nu].map((v) => b.view(v, [1])),
    [
      load(0),
      load(1),
      load(2),
      load(3),
      num(0.1),
      num(0.001),
      { op: "scalar", slot: 1, dtype: "f32" },
      num(1e-8),
      binary("sub", 1, 2),
      binary("mul", 8, 4),
      binary("add", 2, 9),
      binary("mul", 1, 1),
      binary("sub", 11, 3),
      binary("mul", 12, 5),
      binary("add", 3, 13),
      unary("sqrt", 14),
      binary("add", 15, 7),
      binary("mul", 6, 10),
      binary("div", 17, 16),
      binary("sub", 0, 18),
    ],
    { view: b.view(p, [1]), value: 19 },
    { view: b.view(mu, [1]), value: 10 },
    { view: b.view(nu, [1]), value: 14 },
  );
  return { b, rows };
}

/** 1x28x28: twice (conv 3x3 pad 1, batch norm, ReLU, max pool 2) with 16 and 32 channels, FC 10; batch 64; momentum. */
function w2() {
  const b = new Builder();
  const N = 64;
  const layers = [
    { c: 1, o: 16, s: 28 },
    { c: 16, o: 32, s: 14 },
  ];
  let P = 0;
  for (const l of layers) {
    l.w = P;
    l.gamma = P + l.o * l.c * 9;
    l.beta = l.gamma + l.o;
    P = l.beta + l.o;
  }
  const fc = { w: P, b: P + 1568 * 10 };
  P = fc.b + 12;
  const init = normal(1, 0, P).map((x) => x * 0.1);
  for (const l of layers) init.fill(1, l.gamma, l.gamma + l.o).fill(0, l.beta, l.beta + l.o);
  const [p, g, mu] = [b.buffer(P, "p", init), b.buffer(P, "g"), b.buffer(P, "mu")];
  const x = b.buffer(N * 784, "x", normal(1, 9, N * 784));
  const labels = b.buffer(
    N,
    "labels",
    Int32Array.from(words(5, 0, 0, N), (w) => w % 10),
  );
  const rows = b.buffer(1024);
  const pad = (label, from, c, s) => {
    const to = b.buffer(N * c * (s + 2) * (s + 2));
    const shape = [N * c, s + 2, s + 2];
    b.map(
      label,
      shape,
      [b.view(from, [s * s, s, 1], -s - 1)],
      [
        { op: "index", offset: -1, strides: [0, 1, 0], dtype: "i32" },
        { op: "index", offset: -1, strides: [0, 0, 1], dtype: "i32" },
        num(0, "i32"),
        num(s, "i32"),
        binary("lessEqual", 2, 0, "bool"),
        binary("less", 0, 3, "bool"),
        binary("lessEqual", 2, 1, "bool"),
        binary("less", 1, 3, "bool"),
        binary("and", 4, 5, "bool"),
        binary("and", 6, 7, "bool"),
        binary("and", 8, 9, "bool"),
        load(0, "f32", { mask: 10, fill: 0 }),
      ],
      { view: b.view(to, rowMajor(shape)), value: 11 },
    );
    return to;
  };
  let input = x;
  for (const l of layers) {
    const { c, o, s } = l;
    const q = s + 2;
    l.padded = pad("pad", input, c, s);
    l.y = b.buffer(N * o * s * s);
    l.views = [c * q * q, q * q, q, 1];
    b.contract(
      "conv",
      [],
      [o],
      [N, s, s],
      [c, 3, 3],
      b.view(p, [c * 9, 9, 3, 1], l.w),
      b.view(l.padded, [q * q, q, 1, c * q * q, q, 1]),
      b.view(l.y, [s * s, o * s * s, s, 1]),
    );
    const count = N * s * s;
    [l.mean, l.inv, l.r, l.pooled] = [b.buffer(o), b.buffer(o), b.buffer(N * o * s * s), b.buffer((N * o * s * s) / 4)];
    const channel = b.view(l.y, [s * s, o * s * s, 1]);
    b.reduce(
      "mean",
      [o],
      [N, s * s],
      [channel],
      [load(0)],
      [sum(0)],
      [acc(0), num(1 / count), binary("mul", 0, 1)],
      [{ view: b.view(l.mean, [1]), value: 2 }],
    );
    b.reduce(
      "variance",
      [o],
      [N, s * s],
      [channel, b.view(l.mean, [1, 0, 0])],
      [load(0), load(1), binary("sub", 0, 1), binary("mul", 2, 2)],
      [sum(3)],
      [
        acc(0),
        num(1 / count),
        binary("mul", 0, 1),
        num(1e-5),
        binary("add", 2, 3),
        unary("sqrt", 4),
        num(1),
        binary("div", 6, 5),
      ],
      [{ view: b.view(l.inv, [1]), value: 7 }],
    );
    const all = [N, o, s * s];
    const each = [o * s * s, s * s, 1];
    const per = (buffer, offset = 0) => b.view(buffer, [0, 1, 0], offset);
    b.map(
      "normalize and relu",
      all,
      [b.view(l.y, each), per(l.mean), per(l.inv), per(p, l.gamma), per(p, l.beta)],
      [
        load(0),
        load(1),
        binary("sub", 0, 1),
        load(2),
        binary("mul", 2, 3),
        load(3),
        binary("mul", 4, 5),
        load(4),
        binary("add", 6, 7),
        num(0),
        binary("max", 8, 9),
      ],
      { view: b.view(l.r, each), value: 10 },
    );
    const t = s / 2;
    b.reduce(
      "max pool",
      [N * o, t, t],
      [2, 2],
      [b.view(l.r, [s * s, 2 * s, 2, s, 1])],
      [load(0)],
      [{ fn: "max", value: 0, dtype: "f32" }],
      [acc(0)],
      [{ view: b.view(l.pooled, [t * t, t, 1]), value: 0 }],
    );
    input = l.pooled;
  }
  const [z, dz, dInput] = [b.buffer(N * 10), b.buffer(N * 10), b.buffer(N * 1568)];
  b.contract("fc", [], [N], [10], [1568], b.view(input, [1568, 1]), b.view(p, [10, 1], fc.w), b.view(z, [10, 1]));
  b.map("fc bias", [N, 10], [b.view(z, [10, 1]), b.view(p, [0, 1], fc.b)], [load(0), load(1), binary("add", 0, 1)], {
    view: b.view(z, [10, 1]),
    value: 2,
  });
  b.crossEntropy(z, dz, labels, rows, N, 10);
  b.contract(
    "fc weight gradient",
    [],
    [1568],
    [10],
    [N],
    b.view(input, [1, 1568]),
    b.view(dz, [10, 1]),
    b.view(g, [10, 1], fc.w),
  );
  b.reduce(
    "fc bias gradient",
    [10],
    [N],
    [b.view(dz, [1, 10])],
    [load(0)],
    [sum(0)],
    [acc(0)],
    [{ view: b.view(g, [1], fc.b), value: 0 }],
  );
  b.contract(
    "fc input gradient",
    [],
    [N],
    [1568],
    [10],
    b.view(dz, [10, 1]),
    b.view(p, [1, 10], fc.w),
    b.view(dInput, [1568, 1]),
  );
  let d = dInput;
  for (const l of layers.toReversed()) {
    const { c, o, s } = l;
    const [q, t, count] = [s + 2, s / 2, N * s * s];
    const [dr, dGamma, dBeta, dy] = [b.buffer(N * o * s * s), b.buffer(o), b.buffer(o), b.buffer(N * o * s * s)];
    const six = (h, w, n) => b.view(n, [h * w, 2 * w, w, 2, 1]);
    b.map(
      "max pool and relu gradient",
      [N * o, t, 2, t, 2],
      [six(s, s, l.r), b.view(l.pooled, [t * t, t, 0, 1, 0]), b.view(d, [t * t, t, 0, 1, 0])],
      [
        load(0),
        load(1),
        binary("equal", 0, 1, "bool"),
        num(0),
        binary("less", 3, 0, "bool"),
        binary("and", 2, 4, "bool"),
        load(2),
        { op: "select", cond: 5, a: 6, b: 3, dtype: "f32" },
      ],
      { view: six(s, s, dr), value: 7 },
    );
    const hat = [load(1), load(2), binary("sub", 1, 2), load(3), binary("mul", 3, 4)];
    b.reduce(
      "batch norm sums",
      [o],
      [N, s * s],
      [
        b.view(dr, [s * s, o * s * s, 1]),
        b.view(l.y, [s * s, o * s * s, 1]),
        b.view(l.mean, [1, 0, 0]),
        b.view(l.inv, [1, 0, 0]),
      ],
      [load(0), ...hat, binary("mul", 0, 5)],
      [sum(0), sum(6)],
      [acc(0), acc(1)],
      [
        { view: b.view(g, [1], l.beta), value: 0 },
        { view: b.view(g, [1], l.gamma), value: 1 },
        { view: b.view(dBeta, [1]), value: 0 },
        { view: b.view(dGamma, [1]), value: 1 },
      ],
    );
    const each = [o * s * s, s * s, 1];
    const per = (buffer, offset = 0) => b.view(buffer, [0, 1, 0], offset);
    b.map(
      "batch norm gradient",
      [N, o, s * s],
      [b.view(dr, each), b.view(l.y, each), per(l.mean), per(l.inv), per(dBeta), per(dGamma), per(p, l.gamma)],
      [
        load(0),
        ...hat,
        load(4),
        num(1 / count),
        binary("mul", 6, 7),
        load(5),
        binary("mul", 9, 7),
        binary("mul", 5, 10),
        binary("sub", 0, 8),
        binary("sub", 12, 11),
        load(6),
        binary("mul", 14, 4),
        binary("mul", 13, 15),
      ],
      { view: b.view(dy, each), value: 16 },
    );
    b.contract(
      "conv weight gradient",
      [],
      [o],
      [c, 3, 3],
      [N, s, s],
      b.view(dy, [s * s, o * s * s, s, 1]),
      b.view(l.padded, [c * q * q, q, 1, q * q, q, 1]),
      b.view(g, [c * 9, 9, 3, 1], l.w),
    );
    if (c === 1) break;
    const dyPadded = pad("pad gradient", dy, o, s);
    d = b.buffer(N * c * s * s);
    b.contract(
      "conv input gradient",
      [],
      [c],
      [N, s, s],
      [o, 3, 3],
      b.view(p, [9, c * 9, -3, -1], l.w + 8),
      b.view(dyPadded, [q * q, q, 1, o * q * q, q, 1]),
      b.view(d, [s * s, c * s * s, s, 1]),
    );
  }
  b.map(
    "momentum",
    [P],
    [b.view(p, [1]), b.view(g, [1]), b.view(mu, [1])],
    [
      load(0),
      load(1),
      load(2),
      num(0.9),
      binary("mul", 2, 3),
      binary("add", 4, 1),
      { op: "scalar", slot: 1, dtype: "f32" },
      binary("mul", 5, 6),
      binary("sub", 0, 7),
    ],
    { view: b.view(p, [1]), value: 8 },
    { view: b.view(mu, [1]), value: 5 },
  );
  return { b, rows };
}

/** 20 x (linear 64, batch norm, ReLU), FC 10; batch 64; SGD; mean and std of every layer's activations. */
function w4() {
  const b = new Builder();
  const [N, D, L] = [64, 64, 20];
  const layers = Array.from({ length: L }, (_, i) => {
    const w = i * (D * D + 2 * D);
    return { w, gamma: w + D * D, beta: w + D * D + D };
  });
  const fc = L * (D * D + 2 * D);
  const P = fc + D * 10;
  const init = normal(1, 0, P).map((x) => x * 0.2);
  for (const l of layers) init.fill(1, l.gamma, l.gamma + D).fill(0, l.beta, l.beta + D);
  const [p, g] = [b.buffer(P, "p", init), b.buffer(P, "g")];
  const x = b.buffer(N * D, "x", normal(1, 9, N * D));
  const labels = b.buffer(
    N,
    "labels",
    Int32Array.from(words(5, 0, 0, N), (w) => w % 10),
  );
  const [rows, stats] = [b.buffer(1024), b.buffer(2 * L)];
  const v = (buffer, strides, offset = 0) => b.view(buffer, strides, offset);
  const hat = [load(1), load(2), binary("sub", 1, 2), load(3), binary("mul", 3, 4)];
  let input = x;
  for (const [i, l] of layers.entries()) {
    [l.in, l.y, l.mean, l.inv, l.r] = [input, b.buffer(N * D), b.buffer(D), b.buffer(D), b.buffer(N * D)];
    b.contract("linear", [], [N], [D], [D], v(input, [D, 1]), v(p, [D, 1], l.w), v(l.y, [D, 1]));
    b.reduce(
      "mean",
      [D],
      [N],
      [v(l.y, [1, D])],
      [load(0)],
      [sum(0)],
      [acc(0), num(1 / N), binary("mul", 0, 1)],
      [{ view: v(l.mean, [1]), value: 2 }],
    );
    const square = [load(0), load(1), binary("sub", 0, 1), binary("mul", 2, 2)];
    const root = [acc(0), num(1 / N), binary("mul", 0, 1), num(1e-5), binary("add", 2, 3), unary("sqrt", 4), num(1)];
    b.reduce(
      "variance",
      [D],
      [N],
      [v(l.y, [1, D]), v(l.mean, [1, 0])],
      square,
      [sum(3)],
      [...root, binary("div", 6, 5)],
      [{ view: v(l.inv, [1]), value: 7 }],
    );
    const scaled = [load(0), load(1), binary("sub", 0, 1), load(2), binary("mul", 2, 3), load(3), binary("mul", 4, 5)];
    b.map(
      "normalize and relu",
      [N, D],
      [v(l.y, [D, 1]), v(l.mean, [0, 1]), v(l.inv, [0, 1]), v(p, [0, 1], l.gamma), v(p, [0, 1], l.beta)],
      [...scaled, load(4), binary("add", 6, 7), num(0), binary("max", 8, 9)],
      { view: v(l.r, [D, 1]), value: 10 },
    );
    b.reduce(
      "statistics",
      [],
      [N, D],
      [v(l.r, [D, 1])],
      [load(0), binary("mul", 0, 0)],
      [sum(0), sum(1)],
      [acc(0), acc(1)],
      [
        { view: v(stats, [], 2 * i), value: 0 },
        { view: v(stats, [], 2 * i + 1), value: 1 },
      ],
    );
    input = l.r;
  }
  const [z, dz] = [b.buffer(N * 10), b.buffer(N * 10)];
  b.contract("fc", [], [N], [10], [D], v(input, [D, 1]), v(p, [10, 1], fc), v(z, [10, 1]));
  b.crossEntropy(z, dz, labels, rows, N, 10);
  b.contract("fc weight gradient", [], [D], [10], [N], v(input, [1, D]), v(dz, [10, 1]), v(g, [10, 1], fc));
  let d = b.buffer(N * D);
  b.contract("fc input gradient", [], [N], [D], [10], v(dz, [10, 1]), v(p, [1, 10], fc), v(d, [D, 1]));
  for (const l of layers.toReversed()) {
    const dy = b.buffer(N * D);
    const masked = [num(0), load(4), binary("less", 6, 7, "bool"), { op: "select", cond: 8, a: 0, b: 6, dtype: "f32" }];
    b.reduce(
      "batch norm sums",
      [D],
      [N],
      [v(d, [1, D]), v(l.y, [1, D]), v(l.mean, [1, 0]), v(l.inv, [1, 0]), v(l.r, [1, D])],
      [load(0), ...hat, ...masked, binary("mul", 9, 5)],
      [sum(9), sum(10)],
      [acc(0), acc(1)],
      [
        { view: v(g, [1], l.beta), value: 0 },
        { view: v(g, [1], l.gamma), value: 1 },
      ],
    );
    b.map(
      "batch norm gradient",
      [N, D],
      [
        v(d, [D, 1]),
        v(l.y, [D, 1]),
        v(l.mean, [0, 1]),
        v(l.inv, [0, 1]),
        v(l.r, [D, 1]),
        v(g, [0, 1], l.beta),
        v(g, [0, 1], l.gamma),
        v(p, [0, 1], l.gamma),
      ],
      [
        load(0),
        ...hat,
        ...masked,
        load(5),
        num(1 / N),
        binary("mul", 10, 11),
        load(6),
        binary("mul", 13, 11),
        binary("mul", 5, 14),
        binary("sub", 9, 12),
        binary("sub", 16, 15),
        load(7),
        binary("mul", 18, 4),
        binary("mul", 17, 19),
      ],
      { view: v(dy, [D, 1]), value: 20 },
    );
    b.contract("weight gradient", [], [D], [D], [N], v(l.in, [1, D]), v(dy, [D, 1]), v(g, [D, 1], l.w));
    if (l.in === x) break;
    d = b.buffer(N * D);
    b.contract("input gradient", [], [N], [D], [D], v(dy, [D, 1]), v(p, [1, D], l.w), v(d, [D, 1]));
  }
  b.map(
    "sgd",
    [P],
    [v(p, [1]), v(g, [1])],
    [load(0), load(1), { op: "scalar", slot: 1, dtype: "f32" }, binary("mul", 1, 2), binary("sub", 0, 3)],
    { view: v(p, [1]), value: 4 },
  );
  return { b, rows };
}

const { b, rows } = { w1, w2, w4 }[workload]();
const started = performance.now();
const backend = await wasmProvider.open({ threads: +threads, log: () => {} });
const named = Object.fromEntries(
  Object.entries(b.data).map(([name, values]) => [name, backend.alloc(values.length, name)]),
);
for (const [name, values] of Object.entries(b.data)) backend.write(named[name], values);
const plan = { label: workload, buffers: b.buffers, launches: b.launches, scalarWords: 4, rowWords: 1, rows };
const opened = performance.now();
const program = await backend.compile(plan, named);
const compiled = performance.now();
const lr = new Uint32Array(Float32Array.of(workload === "w1" ? 1e-3 : 1e-2).buffer)[0];
const submit = (n) => {
  const scalars = new Uint32Array(n * 4);
  for (let i = 0; i < n; i++) scalars[i * 4 + 1] = lr;
  return program.submit(scalars, n).then((r) => new Float32Array(r.buffer));
};
const [first] = await submit(1);
const stepped = performance.now();
const early = [];
for (let i = 0; i < 10; i++) {
  const t = performance.now();
  await submit(1);
  early.push(performance.now() - t);
}
const per = workload === "w1" ? 100 : 10;
const rates = [];
let steps = 0;
const cpu = process.cpuUsage();
let last = 0;
for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
  const t = performance.now();
  const [r] = (await Promise.all([submit(per), submit(per)])).slice(-1);
  rates.push((2 * per * 1000) / (performance.now() - t));
  last = r.at(-1);
  steps += 2 * per;
}
rates.sort((x, y) => x - y);
const used = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    workload,
    threads: +threads,
    launches: plan.launches.length,
    openMs: +(opened - started).toFixed(1),
    compileMs: +(compiled - opened).toFixed(1),
    firstStepMs: +(stepped - compiled).toFixed(1),
    early: early.map((x) => +x.toFixed(1)),
    firstLoss: first,
    lastLoss: last,
    median: +rates[rates.length >> 1].toFixed(1),
    max: +rates.at(-1).toFixed(1),
    cpuMsPerStep: +((used.user + used.system) / 1000 / steps).toFixed(3),
  }),
);
if (each) await profile();
await backend.close();

/** Microseconds of every launch, run alone over memory as the training left it; of processor time with one thread. */
async function profile() {
  const all = b.buffers.map(({ words: n, name }) => (name ? named[name] : backend.alloc(n, "scratch")));
  const buffers = b.buffers.map(({ words: n }, i) => ({ words: n, name: `b${i}` }));
  const given = Object.fromEntries(all.map((buffer, i) => [`b${i}`, buffer]));
  const run = (program, n) => program.submit(new Uint32Array(n * 4), n);
  for (const launch of plan.launches)
    await run(await backend.compile({ ...plan, buffers, launches: [launch] }, given), 1);
  const table = [];
  for (const launch of plan.launches) {
    const alone = await backend.compile({ ...plan, buffers, launches: [launch] }, given);
    for (let i = 0; i < 20; i++) await run(alone, 50);
    const times = [];
    for (let i = 0; i < 9; i++) {
      const [t, c] = [performance.now(), process.cpuUsage()];
      await run(alone, 50);
      const { user, system } = process.cpuUsage(c);
      times.push(+threads === 1 ? (user + system) / 50 : (performance.now() - t) * 20);
    }
    table.push([launch.kind, launch.label, Math.min(...times)]);
    alone.dispose();
  }
  for (const [kind, label, us] of table) console.log(`${us.toFixed(1).padStart(8)} us  ${kind.padEnd(8)} ${label}`);
  console.log(
    `${table
      .reduce((sum, [, , us]) => sum + us, 0)
      .toFixed(1)
      .padStart(8)} us  in all`,
  );
}
