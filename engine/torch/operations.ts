import type { Extent } from "../onnx/index.ts";
import { broadcastExtents, sameExtents } from "../onnx/index.ts";
import type { Tensor } from "../ops/index.ts";
import type { DType } from "../tensor/index.ts";
import { type Expression, held, LEVEL } from "./expression.ts";
import type { Pair, Writer } from "./writer.ts";

/** Writes a node by its op. */
export type Operation = (w: Writer, pair: Pair) => Expression;

/** The pair of input i. */
const at = ([small, large]: Pair, i: number): Pair => [small.inputs[i] as Tensor, large.inputs[i] as Tensor];

const elementwiseOf = (w: Writer, pair: Pair): Expression[] => pair[0].inputs.map((_, i) => w.value(at(pair, i)));

const together = (inputs: readonly Expression[]): readonly Extent[] =>
  inputs.map(({ shape }) => shape).reduce(broadcastExtents);

const made = (pair: Pair, text: string, level: number, inputs: readonly Expression[]): Expression => ({
  text,
  level,
  shape: together(inputs),
  dtype: pair[0].dtype,
  number: inputs.every(({ number }) => number),
});

/** `a + b`; of operators of one level the left one goes first. */
const infix =
  (sign: string, level: number, right = level + 1, left = level): Operation =>
  (w, pair) => {
    const [a, b] = elementwiseOf(w, pair) as [Expression, Expression];
    return made(pair, `${held(a, left)} ${sign} ${held(b, right)}`, level, [a, b]);
  };

/** `torch.exp(x)`. */
const call =
  (name: string, rest = ""): Operation =>
  (w, pair) => {
    const inputs = elementwiseOf(w, pair);
    return made(pair, `${name}(${inputs.map(({ text }) => text).join(", ")}${rest})`, LEVEL.atom, inputs);
  };

/** `x.amax(...)` over axes, which go away unless they are kept. */
function fold(w: Writer, pair: Pair, keepdim: boolean): string {
  const x = w.whole(at(pair, 0));
  const of = held(x, LEVEL.atom);
  const axes = w.fixed<readonly number[]>(pair, "axes");
  const keep = keepdim ? ", keepdim=True" : "";
  const dims = axes.length === 1 ? String(axes[0]) : `(${axes.join(", ")})`;
  const all = axes.length === x.shape.length && !keepdim;
  const [node] = pair;
  if (node.op === "sum") return all ? `${of}.sum()` : `${of}.sum(dim=${dims}${keep})`;
  if (node.op === "max") {
    if (all) return `${of}.max()`;
    return axes.length === 1 ? `${of}.max(dim=${dims}${keep}).values` : `${of}.amax(dim=${dims}${keep})`;
  }
  const count = axes.reduce((n, axis) => n * ((node.inputs[0] as Tensor).shape[axis] as number), 1);
  const correction = count - (node.attrs.divisor as number);
  if (correction !== 0 && correction !== 1)
    throw w.cannot(node, `takes ${correction} off the count, where torch.var takes 0 or 1`);
  return `${of}.var(${axes.length === x.shape.length && !keepdim ? "" : `dim=${dims}, `}unbiased=${correction === 1 ? "True" : "False"}${keep})`;
}

const FOLDS = ["sum", "max", "variance"];

const reduction: Operation = (w, pair) => plain(w, pair, fold(w, pair, false));

const plain = (w: Writer, pair: Pair, text: string, level: number = LEVEL.atom): Expression => ({
  text,
  level,
  shape: w.shape(pair),
  dtype: pair[0].dtype,
  number: false,
});

/** `x[:, 2:5]`. */
function sliceOf(
  w: Writer,
  pair: Pair,
): { start: Extent; end: Extent; step: number; axis: number; of: Expression; length: Extent } {
  const [a, b] = pair;
  const attrs = (name: string) => w.extents(a, [a.attrs[name] as number], [b.attrs[name] as number])[0] as Extent;
  const of = w.whole(at(pair, 0));
  const axis = w.fixed<number>(pair, "axis");
  return {
    start: attrs("start"),
    end: attrs("end"),
    step: w.fixed<number>(pair, "step"),
    axis,
    of,
    length: of.shape[axis] as Extent,
  };
}

/** Where an axis of length 1 was put in or taken out; undefined for other changes. */
function inserted(short: readonly Extent[], long: readonly Extent[]): number | undefined {
  if (long.length !== short.length + 1) return undefined;
  const axis = long.findIndex((d, i) => d === 1 && sameExtents(long.toSpliced(i, 1), short));
  return axis < 0 ? undefined : axis;
}

const reshape: Operation = (w, pair) => {
  const [small, large] = pair;
  const inner = at(pair, 0);
  const [source] = inner;
  const wanted = w.shape(pair);
  const from = w.shape(inner);
  // a fold that keeps its axes, or one place along an axis
  if (w.uses(source) === 1 && w.isPlain(source)) {
    if (FOLDS.includes(source.op)) {
      const before = w.shape(at(inner, 0));
      const axes = w.fixed<readonly number[]>(inner, "axes");
      if (
        sameExtents(
          before.map((d, i) => (axes.includes(i) ? 1 : d)),
          wanted,
        )
      )
        return plain(w, pair, fold(w, inner, true));
    }
    if (source.op === "slice") {
      const { start, axis, of } = sliceOf(w, inner);
      const dropped = sameExtents(from.toSpliced(axis, 1), wanted) && from[axis] === 1;
      if (dropped) return plain(w, pair, `${held(of, LEVEL.atom)}[${":, ".repeat(axis)}${w.extent(start)}]`);
    }
  }
  const x = w.whole(inner);
  const of = held(x, LEVEL.atom);
  const put = inserted(from, wanted);
  if (put !== undefined) return plain(w, pair, `${of}.unsqueeze(${put})`);
  const taken = inserted(wanted, from);
  if (taken !== undefined) return plain(w, pair, `${of}.squeeze(${taken})`);
  const kept = wanted.findIndex((d, i) => !sameExtents([d], from.slice(i, i + 1)));
  const behind = wanted.length - kept - 1;
  if (
    kept >= 0 &&
    from.length > wanted.length &&
    sameExtents(wanted.slice(kept + 1), from.slice(from.length - behind))
  ) {
    const end = behind === 0 ? "" : `, ${from.length - behind - 1}`;
    return plain(w, pair, `${of}.flatten(${kept === 0 && end === "" ? "" : kept}${end})`);
  }
  const open = wanted.filter((d) => typeof d !== "number").length;
  const minus = open === 1 && small.size > 0 && large.size > 0;
  const sizes = wanted.map((d) => (minus && typeof d !== "number" ? "-1" : w.extent(d))).join(", ");
  return plain(w, pair, `${of}.reshape(${sizes === "" ? "()" : sizes})`);
};

const permute: Operation = (w, pair) => {
  const x = w.whole(at(pair, 0));
  const order = w.fixed<readonly number[]>(pair, "order");
  const of = held(x, LEVEL.atom);
  const moved = order.flatMap((axis, i) => (axis === i ? [] : [i]));
  if (order.length === 2) return plain(w, pair, `${of}.T`);
  if (moved.length === 2) return plain(w, pair, `${of}.transpose(${moved.join(", ")})`);
  return plain(w, pair, `${of}.permute(${order.join(", ")})`);
};

/** What F.pad takes: widths from the last axis on. */
const widths = (lo: readonly number[], hi: readonly number[]): string => {
  const pairs = lo.map((l, i) => [l, hi[i] as number] as const).reverse();
  while (pairs.length > 1 && pairs.at(-1)?.every((n) => n === 0)) pairs.pop();
  return `(${pairs.flat().join(", ")})`;
};

const LETTERS = "bcdefghijklmopqrstuvwxyz";

const contract: Operation = (w, pair) => {
  const [batch, m, k] = ["batch", "m", "k"].map((name) => w.fixed<number>(pair, name)) as [number, number, number];
  const [a, b] = [w.whole(at(pair, 0)), w.whole(at(pair, 1))];
  const n = b.shape.length - batch - k;
  if (k === 1 && n === 1 && m >= 1 && (m === 1 || batch === 0))
    return plain(w, pair, `${held(a, LEVEL.product)} @ ${held(b, LEVEL.sign)}`, LEVEL.product);
  const all = [...LETTERS].slice(0, batch + m + k + n);
  const lead = all.slice(0, batch).join("");
  const rows = all.slice(batch, batch + m).join("");
  const inner = all.slice(batch + m, batch + m + k).join("");
  const columns = all.slice(batch + m + k).join("");
  const equation = `${lead}${rows}${inner},${lead}${inner}${columns}->${lead}${rows}${columns}`;
  return plain(w, pair, `torch.einsum("${equation}", ${a.text}, ${b.text})`);
};

/** All the same along the axes: once. */
export const once = (list: readonly number[]): string =>
  list.every((one) => one === list[0]) ? String(list[0]) : `(${list.join(", ")})`;

const convolution: Operation = (w, pair) => {
  const of = <T>(name: string) => w.fixed<T>(pair, name);
  const [stride, dilation, inputDilation] = ["stride", "dilation", "inputDilation"].map((n) =>
    of<readonly number[]>(n),
  ) as [number[], number[], number[]];
  const padding = of<readonly (readonly [number, number])[]>("padding");
  const groups = of<number>("groups");
  if (inputDilation.some((d) => d > 1))
    throw w.cannot(pair[0], "puts zeros between elements, which torch's convolutions do not");
  const [x, weight] = [w.whole(at(pair, 0)), w.whole(at(pair, 1))];
  const even = padding.every(([lo, hi]) => lo === hi && lo >= 0);
  const input = even
    ? x.text
    : `F.pad(${x.text}, ${widths(
        padding.map(([lo]) => lo),
        padding.map(([, hi]) => hi),
      )})`;
  const named = [
    ...(stride.some((s) => s !== 1) ? [`stride=${once(stride)}`] : []),
    ...(even && padding.some(([lo]) => lo !== 0) ? [`padding=${once(padding.map(([lo]) => lo))}`] : []),
    ...(dilation.some((d) => d !== 1) ? [`dilation=${once(dilation)}`] : []),
    ...(groups === 1 ? [] : [`groups=${groups}`]),
  ];
  return plain(w, pair, `F.conv${stride.length}d(${[input, weight.text, ...named].join(", ")})`);
};

/** Positions that may lie outside are held to the axis, as ours are. */
export function within(w: Writer, pair: Pair, length: Extent): string {
  const index = w.whole(pair);
  const known = ["argmax", "iota"].includes(pair[0].op) || /^\w+$/.test(index.text);
  return known
    ? index.text
    : `${held(index, LEVEL.atom)}.clamp(0, ${typeof length === "number" ? length - 1 : `${w.extent(length)} - 1`})`;
}

const slide: Operation = (w, pair) => {
  const [axes, size, stride, dilation] = ["axes", "size", "stride", "dilation"].map((name) =>
    w.fixed<readonly number[]>(pair, name),
  ) as [number[], number[], number[], number[]];
  const x = w.value(at(pair, 0));
  const rank = pair[0].rank - axes.length;
  const lead = pair[0].rank - x.shape.length;
  if (x.shape.slice(rank - lead).some((d) => d !== 1))
    throw w.cannot(pair[0], "shifts windows that differ, which torch's unfold does not");
  let text = `${held(x, LEVEL.atom)}.flatten(${rank - lead - 1})`;
  for (const [i, axis] of axes.entries()) {
    const [k, s, d] = [size[i], stride[i], dilation[i]] as [number, number, number];
    text += `.unfold(${axis}, ${d * (k - 1) + 1}, ${s})${d > 1 ? `[..., ::${d}]` : ""}`;
  }
  return plain(w, pair, text);
};

const concat: Operation = (w, pair) => {
  const axis = w.fixed<number>(pair, "axis");
  const parts = pair[0].inputs.map((_, i) => at(pair, i));
  const stacked = parts.every((part) => {
    const [node] = part;
    return (
      node.op === "reshape" &&
      w.uses(node) === 1 &&
      w.isPlain(node) &&
      node.shape[axis] === 1 &&
      sameExtents(w.shape(at(part, 0)), w.shape(part).toSpliced(axis, 1))
    );
  });
  const numbers = parts.map((part) => w.value(part));
  if (pair[0].rank === 1 && pair[0].dtype === "f32" && numbers.every((x, i) => x.number && parts[i]?.[0].size === 1))
    return plain(
      w,
      pair,
      `torch.tensor([${numbers.map((x) => (/^-?\d+$/.test(x.text) ? `${x.text}.0` : x.text)).join(", ")}], device=${w.device})`,
    );
  const texts = parts.map((part) => w.whole(stacked ? at(part, 0) : part).text);
  return plain(w, pair, `torch.${stacked ? "stack" : "cat"}((${texts.join(", ")}), dim=${axis})`);
};

const CASTS: Readonly<Record<DType, string>> = { f32: "float", i32: "long", u32: "long", bool: "bool" };

const isNumber = (x: Expression | undefined): boolean => x?.number === true;

/** Larger or smaller of two, where numbers may stand on either side. */
const limit =
  (name: "maximum" | "minimum", bound: "min" | "max"): Operation =>
  (w, pair) => {
    const [a, b] = elementwiseOf(w, pair) as [Expression, Expression];
    if (isNumber(a) && isNumber(b))
      return made(pair, `${bound === "min" ? "max" : "min"}(${a.text}, ${b.text})`, LEVEL.atom, [a, b]);
    const [x, number] = isNumber(a) ? [b, a] : [a, b];
    const text = isNumber(number)
      ? `${held(x, LEVEL.atom)}.clamp(${bound}=${number.text})`
      : `torch.${name}(${a.text}, ${b.text})`;
    return made(pair, text, LEVEL.atom, [a, b]);
  };

const logic =
  (sign: string, word: string, level: number): Operation =>
  (w, pair) => {
    const [a, b] = elementwiseOf(w, pair) as [Expression, Expression];
    if (isNumber(a) && isNumber(b)) return made(pair, `(${a.text} ${word} ${b.text})`, LEVEL.atom, [a, b]);
    return infix(sign, level)(w, pair);
  };

/** Every op but those that only gradients have. */
export const operations: Readonly<Record<string, Operation>> = {
  abs: call("torch.abs"),
  add: infix("+", LEVEL.sum),
  and: logic("&", "and", LEVEL.and),
  argmax: (w, pair) => {
    const axes = w.fixed<readonly number[]>(pair, "axes");
    const x = w.whole(at(pair, 0));
    const rest = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const of = held(x, LEVEL.atom);
    if (axes.length === 1) return plain(w, pair, `${of}.argmax(dim=${axes[0]})`);
    if (rest.length === 0) return plain(w, pair, `${of}.argmax()`);
    return plain(w, pair, `${of}.permute(${[...rest, ...axes].join(", ")}).flatten(${rest.length}).argmax(dim=-1)`);
  },
  atan: call("torch.atan"),
  // left to whoever needs the whole shape
  broadcast: (w, pair) => w.value(at(pair, 0)),
  cast: (w, pair) => {
    const to = w.fixed<DType>(pair, "dtype");
    const x = w.value(at(pair, 0));
    if (x.number) return { ...x, text: x.text === "True" ? "1" : x.text === "False" ? "0" : x.text, dtype: to };
    return { ...x, text: `${held(x, LEVEL.atom)}.${CASTS[to]}()`, level: LEVEL.atom, dtype: to };
  },
  concat,
  contract,
  convolution,
  cos: call("torch.cos"),
  div: (w, pair) => {
    if (pair[0].dtype === "f32") return infix("/", LEVEL.product)(w, pair);
    return call("torch.div", ', rounding_mode="trunc"')(w, pair);
  },
  equal: infix("==", LEVEL.compare, LEVEL.or, LEVEL.or),
  erf: call("torch.erf"),
  exp: call("torch.exp"),
  flip: (w, pair) => {
    const x = w.whole(at(pair, 0));
    return plain(w, pair, `${held(x, LEVEL.atom)}.flip(${w.fixed<readonly number[]>(pair, "axes").join(", ")})`);
  },
  floor: call("torch.floor"),
  gather: (w, pair) => {
    const table = w.whole(at(pair, 0));
    return plain(w, pair, `${held(table, LEVEL.atom)}[${within(w, at(pair, 1), table.shape[0] as Extent)}]`);
  },
  gelu: (w, pair) => {
    const x = w.value(at(pair, 0));
    const tanh = w.fixed<string>(pair, "approximate") === "tanh";
    return made(pair, `F.gelu(${x.text}${tanh ? ', approximate="tanh"' : ""})`, LEVEL.atom, [x]);
  },
  iota: (w, pair) => {
    const axis = w.fixed<number>(pair, "axis");
    const shape = w.shape(pair);
    const length = shape[axis] as Extent;
    const type = pair[0].dtype === "f32" ? ", dtype=torch.float32" : "";
    const behind = shape.length - axis - 1;
    const text = `torch.arange(${w.extent(length)}${type}, device=${w.device})`;
    const more = behind === 0 ? "" : `[:${", None".repeat(behind)}]`;
    return { ...plain(w, pair, `${text}${more}`), shape: [length, ...Array<Extent>(behind).fill(1)] };
  },
  isFinite: call("torch.isfinite"),
  less: (w, pair) => {
    const [zero, one] = pair[0].inputs as [Tensor, Tensor];
    const bool = one.op === "cast" && one.inputs[0]?.dtype === "bool" && w.isPlain(one);
    if (bool && zero.op === "constant" && zero.attrs.value === 0) return w.value(at(at(pair, 1), 0));
    return infix("<", LEVEL.compare, LEVEL.or, LEVEL.or)(w, pair);
  },
  lessEqual: infix("<=", LEVEL.compare, LEVEL.or, LEVEL.or),
  log: call("torch.log"),
  log1p: call("torch.log1p"),
  max: reduction,
  maximum: limit("maximum", "min"),
  minimum: limit("minimum", "max"),
  mod: call("torch.fmod"),
  mul: (w, pair) => {
    const [a, b] = elementwiseOf(w, pair) as [Expression, Expression];
    if (pair[0].inputs[0] === pair[0].inputs[1] && !a.number)
      return made(pair, `${held(a, LEVEL.atom)}.square()`, LEVEL.atom, [a]);
    return made(pair, `${held(a, LEVEL.product)} * ${held(b, LEVEL.sign)}`, LEVEL.product, [a, b]);
  },
  neg: (w, pair) => {
    const x = w.value(at(pair, 0));
    return made(pair, `-${held(x, LEVEL.power)}`, LEVEL.sign, [x]);
  },
  not: (w, pair) => {
    const inner = at(pair, 0);
    const [node] = inner;
    if (node.op === "equal" && w.uses(node) === 1 && w.isPlain(node))
      return infix("!=", LEVEL.compare, LEVEL.or, LEVEL.or)(w, inner);
    const x = w.value(inner);
    return x.number
      ? made(pair, `(not ${x.text})`, LEVEL.atom, [x])
      : made(pair, `~${held(x, LEVEL.sign)}`, LEVEL.sign, [x]);
  },
  or: logic("|", "or", LEVEL.or),
  pad: (w, pair) => {
    const [lo, hi, interior] = ["lo", "hi", "interior"].map((name) => w.fixed<readonly number[]>(pair, name)) as [
      number[],
      number[],
      number[],
    ];
    if (interior.some((n) => n > 0)) throw w.cannot(pair[0], "puts elements between others, which F.pad does not");
    const value = w.fixed<number>(pair, "value");
    const x = w.whole(at(pair, 0));
    const type = pair[0].dtype === "bool" ? (value ? "True" : "False") : String(value);
    return plain(
      w,
      pair,
      `F.pad(${x.text}, ${widths(lo, hi)}${value === 0 ? "" : `, value=${type === "Infinity" ? 'float("inf")' : type === "-Infinity" ? '-float("inf")' : type}`})`,
    );
  },
  permute,
  pow: infix("**", LEVEL.power, LEVEL.sign, LEVEL.atom),
  relu: call("torch.relu"),
  reshape,
  select: (w, pair) => {
    const [cond, a, b] = elementwiseOf(w, pair) as [Expression, Expression, Expression];
    if (cond.number) return made(pair, `(${a.text} if ${cond.text} else ${b.text})`, LEVEL.atom, [cond, a, b]);
    const [yes, no] = [a, b].map((x) =>
      x.number && pair[0].dtype === "f32" && /^-?\d+$/.test(x.text) ? `${x.text}.0` : x.text,
    );
    return made(pair, `torch.where(${cond.text}, ${yes}, ${no})`, LEVEL.atom, [cond, a, b]);
  },
  sigmoid: call("torch.sigmoid"),
  sign: call("torch.sign"),
  sin: call("torch.sin"),
  slice: (w, pair) => {
    const { start, end, step, axis, of, length } = sliceOf(w, pair);
    const from = start === 0 ? "" : w.extent(start);
    const to = sameExtents([end], [length]) ? "" : w.extent(end);
    return plain(w, pair, `${held(of, LEVEL.atom)}[${":, ".repeat(axis)}${from}:${to}${step === 1 ? "" : `:${step}`}]`);
  },
  slide,
  softmax: (w, pair) =>
    plain(w, pair, `torch.softmax(${w.whole(at(pair, 0)).text}, dim=${w.fixed<number>(pair, "axis")})`),
  sqrt: call("torch.sqrt"),
  stopGradient: (w, pair) => {
    const x = w.value(at(pair, 0));
    return x.number ? x : made(pair, `${held(x, LEVEL.atom)}.detach()`, LEVEL.atom, [x]);
  },
  sub: (w, pair) => {
    const [a, b] = elementwiseOf(w, pair) as [Expression, Expression];
    if (b.number && b.level === LEVEL.sign)
      return made(pair, `${held(a, LEVEL.sum)} + ${b.text.slice(1)}`, LEVEL.sum, [a, b]);
    return infix("-", LEVEL.sum)(w, pair);
  },
  sum: reduction,
  takeAlong: (w, pair) => {
    const axis = w.fixed<number>(pair, "axis");
    const x = w.whole(at(pair, 0));
    return plain(w, pair, `${held(x, LEVEL.atom)}.gather(${axis}, ${within(w, at(pair, 1), x.shape[axis] as Extent)})`);
  },
  tanh: call("torch.tanh"),
  variance: reduction,
};

/** How values are called. */
export const names = {
  elementwise: new Set(
    "abs add and atan cos div equal erf exp floor isFinite less lessEqual log log1p maximum minimum mod mul neg not or pow relu select sigmoid sign sin sqrt sub tanh cast".split(
      " ",
    ),
  ),
  free: new Set(["permute", "reshape", "slice", "stopGradient", "cast"]),
  of: {
    abs: "size",
    add: "total",
    and: "both",
    argmax: "best",
    any: "found",
    all: "whole",
    cast: "h",
    clamp: "clamped",
    concat: "joined",
    contract: "product",
    convolution: "conv",
    div: "ratio",
    einsum: "product",
    equal: "same",
    exp: "exp",
    gather: "rows",
    gelu: "h",
    iota: "places",
    less: "below",
    lessEqual: "upto",
    log: "log",
    logOnePlusExp: "softplus",
    logSoftmax: "log_probs",
    logSumExp: "lse",
    max: "top",
    mean: "mean",
    min: "bottom",
    maximum: "larger",
    minimum: "smaller",
    mul: "scaled",
    neg: "negated",
    norm: "norm",
    not: "outside",
    oneHot: "one_hot",
    or: "either",
    pad: "padded",
    permute: "turned",
    pow: "power",
    relu: "h",
    reshape: "shaped",
    select: "chosen",
    sigmoid: "gate",
    slice: "part",
    slide: "windows",
    softmax: "probs",
    sqrt: "root",
    sub: "diff",
    sum: "summed",
    takeAlong: "picked",
    tanh: "h",
    uniform: "noise",
    variance: "var",
    "topK.values": "top",
    "topK.indices": "places",
  } as Readonly<Record<string, string>>,
} as const;
