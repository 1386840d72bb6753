import { sizeOf, WORD_BYTES } from "../tensor/index.ts";
import type { Instr, Launch, PlanBuffer, View } from "./launch.ts";
import { partsOf } from "./phases.ts";

/** What a launch has to do at least, whatever the backend makes of it. */
export interface LaunchCost {
  /** Floating-point operations: see `flopsOf`; a multiply-add counts 2. */
  readonly flops: number;
  /** Every word that is read or written counts once, however often it is touched. */
  readonly readBytes: number;
  readonly writeBytes: number;
}

/**
 * Operations and traffic of one launch of a plan with `buffers`, from its definition. A view counts the distinct words that
 * it reaches, all views of one buffer at most that buffer; a read with a mask counts as if the mask always held, a gather
 * a word for every coordinate that it depends on, as if no two indices were the same.
 */
export function launchCost(launch: Launch, buffers: readonly PlanBuffer[]): LaunchCost {
  const reads = new Traffic(buffers);
  const writes = new Traffic(buffers);
  let flops = 0;
  if (launch.kind === "contract") {
    const { batch, m, n, k, a, b, out } = launch;
    flops = 2 * sizeOf([...batch, ...m, ...n, ...k]);
    reads.add(a, [...batch, ...m, ...k]);
    reads.add(b, [...batch, ...k, ...n]);
    writes.add(out, [...batch, ...m, ...n]);
  } else {
    const rank = launch.kind === "map" ? 0 : launch.outer.length;
    for (const { space, views, code, accumulators, stores } of partsOf(launch)) {
      const varies = axesOf(code, views, space.length, rank);
      for (const [i, instr] of code.entries()) {
        if ((varies[i] as Axes).some(Boolean)) flops += flopsOf(instr) * sizeOf(space);
        if (instr.op !== "load") continue;
        const { index, indexSize } = instr;
        reads.add(views[instr.view] as View, space, index === undefined ? undefined : varies[index], indexSize);
      }
      flops += accumulators.filter(({ dtype }) => dtype === "f32").length * sizeOf(space);
      for (const { view, index } of stores) writes.add(view, space, index === undefined ? undefined : varies[index]);
    }
  }
  return { flops, readBytes: reads.bytes, writeBytes: writes.bytes };
}

const PLAIN = new Set(["neg", "abs", "floor", "sqrt", "add", "sub", "mul", "div", "max", "min"]);
const FUNCTIONS = new Set(["exp", "log", "sin", "cos", "tanh", "sigmoid", "erf", "pow"]);

/**
 * f32 operations of an instruction at one coordinate: 1 for what a processor has an instruction for, 8 for functions that take a
 * polynomial, about. Comparisons, choices, integers, random bits and movement count nothing, nor does what is the same for
 * all coordinates.
 */
function flopsOf(instr: Instr): number {
  if ((instr.op !== "unary" && instr.op !== "binary") || instr.dtype !== "f32") return 0;
  return PLAIN.has(instr.fn) ? 1 : FUNCTIONS.has(instr.fn) ? 8 : 0;
}

/** Whether a value differs along each axis. */
type Axes = readonly boolean[];

/** Of every instruction, the axes along which its value differs; an accumulator's does along the first `outer`. */
function axesOf(code: readonly Instr[], views: readonly View[], rank: number, outer: number): Axes[] {
  const all: Axes[] = [];
  const none = new Array<boolean>(rank).fill(false);
  const either = (...parts: (Axes | undefined)[]): Axes => none.map((_, axis) => parts.some((part) => part?.[axis]));
  const strided = (strides: readonly number[]): Axes => strides.map((s) => s !== 0);
  for (const instr of code) {
    const of = (ref: number | undefined) => (ref === undefined ? undefined : all[ref]);
    if (instr.op === "load") {
      all.push(either(strided((views[instr.view] as View).strides), of(instr.index), of(instr.mask)));
    } else if (instr.op === "index") all.push(strided(instr.strides));
    else if (instr.op === "acc") all.push(none.map((_, axis) => axis < outer));
    else if (instr.op === "philox") all.push(either(of(instr.index), of(instr.seed), of(instr.step)));
    else if (instr.op === "unary" || instr.op === "cast") all.push(either(of(instr.a)));
    else if (instr.op === "binary") all.push(either(of(instr.a), of(instr.b)));
    else if (instr.op === "select") all.push(either(of(instr.cond), of(instr.a), of(instr.b)));
    else all.push(none);
  }
  return all;
}

/** Words that views reach, buffer by buffer. */
class Traffic {
  readonly #buffers: readonly PlanBuffer[];
  readonly #words = new Map<number, Map<string, number>>();

  constructor(buffers: readonly PlanBuffer[]) {
    this.#buffers = buffers;
  }

  /** A view over `shape`, moved by an index of `indices` values that differs along some axes. */
  add(view: View, shape: readonly number[], index?: Axes, indices = Number.POSITIVE_INFINITY): void {
    const own = distinctWords(shape, view.strides);
    const moved = index && sizeOf(shape.filter((_, axis) => index[axis] || view.strides[axis] !== 0));
    const known = this.#words.get(view.buffer) ?? new Map<string, number>();
    known.set(`${view.offset} ${view.strides} ${index}`, moved === undefined ? own : Math.min(moved, own * indices));
    this.#words.set(view.buffer, known);
  }

  get bytes(): number {
    let words = 0;
    for (const [buffer, views] of this.#words) {
      const all = [...views.values()].reduce((sum, n) => sum + n, 0);
      words += Math.min(all, this.#buffers[buffer]?.words ?? Number.POSITIVE_INFINITY);
    }
    return words * WORD_BYTES;
  }
}

/**
 * How many different words `sum(coordinate[i] * strides[i])` reaches over `shape`. Exact where strides nest or overlap in
 * whole steps, as the windows of a convolution do; otherwise at most what the span holds.
 */
export function distinctWords(shape: readonly number[], strides: readonly number[]): number {
  if (sizeOf(shape) === 0) return 0;
  const axes = shape
    .map((n, axis) => ({ n, stride: Math.abs(strides[axis] as number) }))
    .filter(({ n, stride }) => n > 1 && stride > 0)
    .sort((a, b) => a.stride - b.stride);
  let count = 1;
  /** Farthest word of the axes so far. */
  let span = 0;
  /** The last level: `length` steps of `step`. */
  let step = 0;
  let length = 1;
  for (const { n, stride } of axes) {
    const far = stride * (n - 1);
    if (step > 0 && stride % step === 0 && stride / step <= length) {
      count /= length;
      length += far / step;
      count *= length;
    } else {
      count = stride > span ? count * n : Math.min(count * n, span + far + 1);
      step = stride;
      length = n;
    }
    span += far;
  }
  return count;
}
