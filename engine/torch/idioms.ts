import type { Extent } from "../onnx/index.ts";
import type { Tensor } from "../ops/index.ts";
import { held, LEVEL, numberText } from "./expression.ts";
import { once } from "./operations.ts";
import type { Pair, Writer } from "./writer.ts";

interface Written {
  readonly text: string;
  readonly level?: number;
  /** Where it is not that of the tensor. */
  readonly shape?: readonly Extent[];
}

interface Idiom {
  write(w: Writer, tensors: readonly Pair[], plain: readonly unknown[], pair: Pair): Written;
  /** Whether PyTorch's function does the same for these arguments. */
  fits?(node: Tensor, plain: readonly unknown[], tensors: readonly Pair[]): boolean;
}

const first = (w: Writer, tensors: readonly Pair[]) => w.value(tensors[0] as Pair);
const whole = (w: Writer, tensors: readonly Pair[], i = 0) => w.whole(tensors[i] as Pair);

/** An elementwise function by its name in torch. */
const elementwise = (name: string): Idiom => ({
  write: (w, tensors) => {
    const x = first(w, tensors);
    return { text: `${name}(${x.text})`, shape: x.shape };
  },
});

interface Folding {
  readonly keepdims?: boolean;
}

/** `x.mean(dim=1)`; axes and options as ours take them. */
const fold = (method: string, one = method, value = ""): Idiom => ({
  write: (w, tensors, [axes, options]) => {
    const [node] = tensors[0] as Pair;
    const keep = (options as Folding | undefined)?.keepdims ? ", keepdim=True" : "";
    const list = axesOf(axes, node.rank);
    const of = held(whole(w, tensors), LEVEL.atom);
    if (axes === undefined && keep === "") return { text: `${of}.${one}()` };
    const single = list.length === 1;
    return {
      text: `${of}.${single ? one : method}(dim=${single ? list[0] : `(${list.join(", ")})`}${keep})${single ? value : ""}`,
    };
  },
});

const axesOf = (axes: unknown, rank: number): number[] =>
  axes === undefined || axes === null ? Array.from({ length: rank }, (_, i) => i) : ([axes].flat() as number[]);

const oneAxis = (_: Tensor, [axes]: readonly unknown[]): boolean =>
  axes === undefined || typeof axes === "number" || (Array.isArray(axes) && axes.length === 1);

const transposed: Idiom = {
  write: (w, tensors, [given]) => {
    const {
      stride = 1,
      padding = 0,
      outputPadding = 0,
      dilation = 1,
      groups = 1,
    } = (given ?? {}) as Record<string, number | readonly number[]>;
    const [x, weight] = [whole(w, tensors), whole(w, tensors, 1)];
    const axes = (tensors[0] as Pair)[0].rank - 2;
    const named = Object.entries({ stride, padding, output_padding: outputPadding, groups, dilation }).flatMap(
      ([name, value]) => {
        const list = [value].flat() as number[];
        const usual = name === "padding" || name === "output_padding" ? 0 : 1;
        return list.every((v) => v === usual) ? [] : [`${name}=${once(list)}`];
      },
    );
    return { text: `F.conv_transpose${axes}d(${[x.text, weight.text, ...named].join(", ")})` };
  },
};

const scan = (name: string): Idiom => ({
  fits: (_, [__, options]) => !options || Object.values(options).every((on) => !on),
  write: (w, tensors, [axis]) => ({ text: `${held(whole(w, tensors), LEVEL.atom)}.${name}(dim=${axis})` }),
});

const along = (name: string): Idiom => ({
  write: (w, tensors, [axis = -1]) => ({ text: `${name}(${whole(w, tensors).text}, dim=${axis})` }),
});

const triangle = (name: string): Idiom => ({
  write: (w, tensors, [diagonal = 0]) => ({
    text: `${held(whole(w, tensors), LEVEL.atom)}.${name}(${diagonal === 0 ? "" : diagonal})`,
  }),
});

const top = (part: "values" | "indices"): Idiom => ({
  write: (w, tensors, [k, axis, largest]) => ({
    text: `${held(whole(w, tensors), LEVEL.atom)}.topk(${k}, dim=${axis}${largest ? "" : ", largest=False"}).${part}`,
  }),
});

/** Functions of ours that PyTorch has too, by our name. */
export const idioms: Readonly<Record<string, Idiom>> = {
  acos: elementwise("torch.acos"),
  acosh: elementwise("torch.acosh"),
  all: { ...fold("all"), fits: oneAxis },
  any: { ...fold("any"), fits: oneAxis },
  argmin: { ...fold("argmin"), fits: oneAxis },
  asin: elementwise("torch.asin"),
  asinh: elementwise("torch.asinh"),
  atanh: elementwise("torch.atanh"),
  ceil: elementwise("torch.ceil"),
  clamp: {
    fits: (_, plain) =>
      plain.length > 0 && plain.every((bound) => bound === undefined || bound === null || typeof bound === "number"),
    write: (w, tensors, [low, high]) => {
      const x = first(w, tensors);
      const bounds = [
        ...(low === undefined || low === null ? [] : [`min=${numberText(low as number)}`]),
        ...(high === undefined || high === null ? [] : [`max=${numberText(high as number)}`]),
      ];
      return { text: `${held(x, LEVEL.atom)}.clamp(${bounds.join(", ")})`, shape: x.shape };
    },
  },
  convTranspose1d: transposed,
  convTranspose2d: transposed,
  convTranspose3d: transposed,
  cosh: elementwise("torch.cosh"),
  cosineSimilarity: {
    write: (w, tensors, [options]) => {
      const { dim = 1, eps = 1e-8 } = (options ?? {}) as { dim?: number; eps?: number };
      const [a, b] = [whole(w, tensors), whole(w, tensors, 1)];
      return { text: `F.cosine_similarity(${a.text}, ${b.text}, dim=${dim}${eps === 1e-8 ? "" : `, eps=${eps}`})` };
    },
  },
  cumprod: scan("cumprod"),
  cumsum: scan("cumsum"),
  einsum: {
    write: (w, tensors, [equation]) => ({
      text: `torch.einsum(${[JSON.stringify(equation), ...tensors.map((_, i) => whole(w, tensors, i).text)].join(", ")})`,
    }),
  },
  expm1: elementwise("torch.expm1"),
  isInf: elementwise("torch.isinf"),
  isNaN: elementwise("torch.isnan"),
  logOnePlusExp: elementwise("F.softplus"),
  logSoftmax: along("F.log_softmax"),
  logSumExp: {
    write: (w, tensors, [axes, options]) => {
      const [node] = tensors[0] as Pair;
      const list = axesOf(axes, node.rank);
      const keep = (options as Folding | undefined)?.keepdims ? ", keepdim=True" : "";
      return {
        text: `${held(whole(w, tensors), LEVEL.atom)}.logsumexp(dim=${list.length === 1 ? list[0] : `(${list.join(", ")})`}${keep})`,
      };
    },
  },
  mean: fold("mean"),
  min: fold("amin", "min", ".values"),
  norm: {
    write: (w, tensors, [p = 2, axes, options]) => {
      const [node] = tensors[0] as Pair;
      const keep = (options as Folding | undefined)?.keepdims ? ", keepdim=True" : "";
      const list = axesOf(axes, node.rank);
      const dims =
        axes === undefined && keep === "" ? "" : `dim=${list.length === 1 ? list[0] : `(${list.join(", ")})`}${keep}`;
      const order = p === 2 ? "" : `ord=${numberText(p as number)}`;
      const args = [whole(w, tensors).text, order, dims].filter((arg) => arg !== "");
      return { text: `torch.linalg.vector_norm(${args.join(", ")})` };
    },
  },
  oneHot: {
    // of other numbers ours may be outside of the classes, where all are 0
    fits: (node, [, axis = -1], tensors) => (axis === -1 || axis === node.rank - 1) && tensors[0]?.[0].op === "input",
    write: (w, tensors, [numClasses]) => ({ text: `F.one_hot(${whole(w, tensors).text}, ${numClasses}).float()` }),
  },
  pairwiseDistance: {
    write: (w, tensors, [options]) => {
      const { p = 2, eps = 1e-6, keepdim = false } = (options ?? {}) as { p?: number; eps?: number; keepdim?: boolean };
      const named = [
        ...(p === 2 ? [] : [`p=${numberText(p)}`]),
        ...(eps === 1e-6 ? [] : [`eps=${eps}`]),
        ...(keepdim ? ["keepdim=True"] : []),
      ];
      return {
        text: `F.pairwise_distance(${[whole(w, tensors).text, whole(w, tensors, 1).text, ...named].join(", ")})`,
      };
    },
  },
  pixelShuffle: { write: (w, tensors, [r]) => ({ text: `F.pixel_shuffle(${whole(w, tensors).text}, ${r})` }) },
  pixelUnshuffle: { write: (w, tensors, [r]) => ({ text: `F.pixel_unshuffle(${whole(w, tensors).text}, ${r})` }) },
  prod: { ...fold("prod"), fits: oneAxis },
  remainder: {
    fits: (_, plain) => plain.length === 0 || typeof plain[0] === "number",
    write: (w, tensors, [by]) => {
      const x = first(w, tensors);
      if (typeof by === "number") return { text: `torch.remainder(${x.text}, ${numberText(by)})`, shape: x.shape };
      return { text: `torch.remainder(${x.text}, ${w.value(tensors[1] as Pair).text})` };
    },
  },
  roll: {
    write: (w, tensors, [shift, axis]) => ({
      text: `${held(whole(w, tensors), LEVEL.atom)}.roll(${shift}, dims=${axis})`,
    }),
  },
  round: elementwise("torch.round"),
  rsqrt: elementwise("torch.rsqrt"),
  sinh: elementwise("torch.sinh"),
  tan: elementwise("torch.tan"),
  tile: {
    write: (w, tensors, [repeats]) => ({
      text: `${held(whole(w, tensors), LEVEL.atom)}.tile(${(repeats as number[]).join(", ")})`,
    }),
  },
  "topK.indices": top("indices"),
  "topK.values": top("values"),
  tril: triangle("tril"),
  triu: triangle("triu"),
  trunc: elementwise("torch.trunc"),
  uniform: {
    write: (w, _, __, pair) => ({
      text: `torch.rand(${
        w
          .shape(pair)
          .map((d) => w.extent(d))
          .join(", ") || "()"
      }, device=${w.device})`,
    }),
  },
};
