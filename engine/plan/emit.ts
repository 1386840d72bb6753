import {
  type ContractLaunch,
  type Launch,
  type MapLaunch,
  type Phase,
  type ReduceLaunch,
  ROW_SLOT,
  type Store,
  type View,
} from "../backends/launch.ts";
import type { Index } from "../ops/node.ts";
import type { Tensor } from "../ops/tensor.ts";
import { sameShape, show, sizeOf } from "../tensor/index.ts";
import { type Draft, placeIn } from "./drafts.ts";
import { LaunchEmitter, type Location, type Source, SplitAxis } from "./emitter.ts";
import { labelled } from "./labels.ts";
import { splitAxis } from "./stored.ts";
import { seeThrough, viewOf } from "./views.ts";

/** What the code of a launch needs to know about the rest of the plan. */
export interface Surroundings {
  /** Where a stored tensor or an input lies, once it is known; undefined for what is computed in place. */
  locate(t: Tensor): Location | { slot: number } | undefined;
  /** Memory of a value computed by this launch that later launches read; undefined when none does. */
  scratch(t: Tensor): Location | undefined;
  readonly rows: { readonly buffer: number; readonly words: number };
  /** Buffers that a launch may touch. */
  readonly maxBuffers: number;
}

/** The launches of a draft, in order. */
export function emitDraft(draft: Draft, around: Surroundings): Launch[] {
  switch (draft.kind) {
    case "map":
      return [emitMap(draft, around)];
    case "reduce":
      return [emitReduce(draft, around)];
    case "contract":
      return [emitContract(draft, around)];
    case "concat":
      return emitConcat(draft, around);
    default:
      throw new Error(`plan: no launch for ${draft.kind satisfies never}`);
  }
}

type Groups = readonly (readonly number[])[];

/** Starts over with finer axes for as long as `emit` asks for them. */
function withSplits<T>(shape: readonly number[], emit: (axes: readonly number[], groups: Groups) => T): T {
  let axes = shape;
  let groups: Groups = shape.map((_, d) => [d]);
  for (;;) {
    try {
      return emit(axes, groups);
    } catch (error) {
      if (!(error instanceof SplitAxis)) throw error;
      ({ axes, groups } = splitAxis(axes, groups, error));
    }
  }
}

/** Coordinates of a tensor with lengths `shape` (1s included) from those of its other dimensions. */
function withOnes(e: LaunchEmitter, shape: readonly number[], coordinates: readonly Index[]): Index[] {
  let next = 0;
  return shape.map((d) => (d === 1 ? e.coordinates([[]])[0] : coordinates[next++]) as Index);
}

/** Where a value is to go; see `Stage.stores`. */
type Pitched = Location & { readonly pitch?: number };

/** The word of an element within such a place. */
function wordAt(e: LaunchEmitter, at: readonly Index[], shape: readonly number[], { pitch }: Pitched): Index {
  if (pitch === undefined) return e.flat(at, shape);
  return e.sum(e.affine(at[0] as Index, pitch, 0), e.flat(at.slice(1), shape.slice(1)));
}

/** What the draft writes of the tensors that `isHere` holds for: scratch memory and targets. */
function storesOf(
  draft: Draft,
  e: LaunchEmitter,
  coordinates: readonly Index[],
  around: Surroundings,
  isHere: (t: Tensor) => boolean = () => true,
): Store[] {
  const stores: Store[] = [];
  const write = (node: Tensor, to: Pitched, row: Pick<Store, "index" | "indexStride"> = {}) => {
    const at = withOnes(e, node.shape, coordinates);
    const index = wordAt(e, at, node.shape, to);
    if (index.kind !== "affine") throw new Error("plan: a store at a computed address");
    const view: View = {
      buffer: to.buffer,
      offset: to.offset + index.offset,
      strides: index.strides,
      dtype: node.dtype,
    };
    stores.push({ view, value: e.valueAt(node, at), ...row });
  };
  for (const node of draft.computed.keys()) {
    const to = isHere(node) ? around.scratch(node) : undefined;
    if (to) write(node, to);
  }
  for (const { node, target } of draft.targets) {
    if (!isHere(node)) continue;
    if (target.kind === "buffer") write(node, target);
    else {
      const { buffer, words } = around.rows;
      write(node, { buffer, offset: target.word }, { index: e.slot(ROW_SLOT, "i32"), indexStride: words });
    }
  }
  return stores;
}

const sourceOutside =
  (draft: Draft, around: Surroundings) =>
  (t: Tensor): Source =>
    draft.computed.has(t) ? undefined : around.locate(t);

function emitMap(draft: Draft, around: Surroundings): MapLaunch {
  return withSplits(draft.shape, (axes, groups) => {
    const e = new LaunchEmitter(axes, sourceOutside(draft, around));
    const stores = storesOf(draft, e, e.coordinates(groups), around);
    return { kind: "map", ...labelsOf(draft, around), shape: axes, views: e.views, code: e.code, stores };
  });
}

function emitReduce(draft: Draft, around: Surroundings): ReduceLaunch {
  const heads = [...draft.computed.keys()].filter((t) => t.record.lower.kind === "reduce");
  const phaseOf = (t: Tensor) => draft.computed.get(t) ?? 0;
  const isElement = (t: Tensor) => placeIn(draft, t) === "element";
  const walked = [...draft.computed.keys()].filter((t) => isElement(t) || heads.includes(t));
  const count = Math.max(...walked.map(phaseOf)) + 1;
  const byPhase = Array.from({ length: count }, (_, p) => heads.filter((t) => phaseOf(t) === p));
  const numbered = byPhase.flat();
  /** Values in phase `p`: those of earlier phases from accumulators and memory. */
  const sourceIn =
    (p: number) =>
    (t: Tensor): Source => {
      const acc = numbered.indexOf(t);
      if (acc >= 0) return { acc };
      if (!draft.computed.has(t)) return around.locate(t);
      return isElement(t) && phaseOf(t) < p ? around.scratch(t) : undefined;
    };
  return withSplits(draft.shape, (axes, groups) => {
    const inner = new Set(groups.flatMap((g, d) => (draft.folded.includes(d) ? [...g] : [])));
    const outerAxes = axes.map((_, a) => a).filter((a) => !inner.has(a));
    const innerAxes = axes.map((_, a) => a).filter((a) => inner.has(a));
    const order = [...outerAxes, ...innerAxes];
    const rank = new Map(order.map((a, i) => [a, i]));
    const unsplit = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw error instanceof SplitAxis ? new SplitAxis(order[error.axis] as number, error.by) : error;
      }
    };
    return unsplit(() => {
      const lengths = order.map((a) => axes[a] as number);
      const placed = groups.map((g) => g.map((a) => rank.get(a) as number));
      const phases = byPhase.map((own, p): Phase => {
        const e = new LaunchEmitter(lengths, sourceIn(p));
        const coordinates = e.coordinates(placed);
        const accumulators = own.map((head) => {
          const { lower } = head.record;
          if (lower.kind !== "reduce") throw new Error("plan: a reduction that is none");
          const x = head.inputs[0] as Tensor;
          const value = e.valueAt(x, withOnes(e, x.shape, coordinates));
          return { fn: lower.fn, value, dtype: lower.fn === "argmax" ? ("i32" as const) : x.dtype };
        });
        const stores = storesOf(draft, e, coordinates, around, (t) => isElement(t) && phaseOf(t) === p);
        return { views: e.views, code: e.code, accumulators, stores };
      });
      const tail = new LaunchEmitter(lengths.slice(0, outerAxes.length), sourceIn(count));
      const kept = placed.filter((_, d) => !draft.folded.includes(d));
      const stores = storesOf(draft, tail, tail.coordinates(kept), around, (t) => !isElement(t));
      return {
        kind: "reduce",
        ...labelsOf(draft, around),
        outer: tail.axes,
        inner: lengths.slice(outerAxes.length),
        phases,
        epilogueViews: tail.views,
        epilogue: tail.code,
        stores,
      };
    });
  });
}

function emitContract(draft: Draft, around: Surroundings): ContractLaunch {
  const [node] = draft.computed.keys();
  const { batch, m, k } = (node as Tensor).attrs as { batch: number; m: number; k: number };
  const [a, b] = (node as Tensor).inputs as [Tensor, Tensor];
  const n = b.rank - batch - k;
  const shape = [...a.shape, ...b.shape.slice(batch + k)];
  const range = (start: number, length: number) => Array.from({ length }, (_, i) => start + i);
  const located = (t: Tensor) => around.locate(t) !== undefined;
  return withSplits(shape, (axes, groups) => {
    const pick = (dims: readonly number[]) => dims.map((d) => groups[d] as readonly number[]);
    const roles = {
      batch: range(0, batch),
      m: range(batch, m),
      k: range(batch + m, k),
      n: range(batch + m + k, n),
    };
    const view = (operand: Tensor, dims: readonly number[]): View => {
      const seen = seeThrough(operand, axes, pick(dims), located);
      const at = around.locate(seen.base);
      if (!at || "slot" in at)
        throw new Error(`plan: ${operand.op} ${show(operand.shape)} is not stored for a product`);
      const all = viewOf(seen, at);
      return { ...all, strides: pick(dims).flatMap((g) => g.map((axis) => all.strides[axis] ?? 0)) };
    };
    const lengths = (dims: readonly number[]) => pick(dims).flatMap((g) => g.map((axis) => axes[axis] as number));
    const sizes = { batch: lengths(roles.batch), m: lengths(roles.m), n: lengths(roles.n), k: lengths(roles.k) };
    const to = outputOf(draft, node as Tensor, around);
    const outShape = [...sizes.batch, ...sizes.m, ...sizes.n];
    const own = (node as Tensor).size / ((node as Tensor).shape[0] ?? 1);
    const strides = rowMajorOf(outShape).map((s) => (to.pitch === undefined || s < own ? s : (s / own) * to.pitch));
    const out: View = { buffer: to.buffer, offset: to.offset, strides, dtype: "f32" };
    return {
      kind: "contract",
      ...labelsOf(draft, around),
      ...sizes,
      a: view(a, [...roles.batch, ...roles.m, ...roles.k]),
      b: view(b, [...roles.batch, ...roles.k, ...roles.n]),
      out,
    };
  });
}

/** Every input into its part of the result: a launch for as many of one shape as it may touch the buffers of. */
function emitConcat(draft: Draft, around: Surroundings): MapLaunch[] {
  const [node] = draft.computed.keys();
  const whole = node as Tensor;
  const axis = whole.attrs.axis as number;
  let next = 0;
  const parts = whole.inputs.map((input): Part => {
    const start = next;
    next += input.shape[axis] as number;
    return { input, start };
  });
  const launches: MapLaunch[] = [];
  let together: Part[] = [];
  let touched = new Set<number>();
  for (const part of parts) {
    const reads = emitParts(draft, around, whole, [part]).views.map(({ buffer }) => buffer);
    const all = new Set([...touched, ...reads]);
    const fits = sameShape(part.input.shape, together[0]?.input.shape ?? part.input.shape);
    if (together.length > 0 && (!fits || all.size >= around.maxBuffers)) {
      launches.push(emitParts(draft, around, whole, together));
      [together, touched] = [[part], new Set(reads)];
    } else [together, touched] = [[...together, part], all];
  }
  return [...launches, emitParts(draft, around, whole, together)];
}

/** A part of a concatenation, and where it begins. */
interface Part {
  readonly input: Tensor;
  readonly start: number;
}

/** Inputs of one shape into their parts of the result. */
function emitParts(draft: Draft, around: Surroundings, whole: Tensor, parts: readonly Part[]): MapLaunch {
  const axis = whole.attrs.axis as number;
  const to = outputOf(draft, whole, around);
  return withSplits((parts[0] as Part).input.shape, (axes, groups) => {
    const e = new LaunchEmitter(axes, sourceOutside(draft, around));
    const at = e.coordinates(groups);
    const stores = parts.map(({ input, start }): Store => {
      const moved = at.map((index, d) => (d === axis ? e.affine(index, 1, start) : index));
      const index = wordAt(e, moved, whole.shape, to);
      if (index.kind !== "affine") throw new Error("plan: a store at a computed address");
      const view: View = {
        buffer: to.buffer,
        offset: to.offset + index.offset,
        strides: index.strides,
        dtype: whole.dtype,
      };
      return { view, value: e.valueAt(input, at) };
    });
    return { kind: "map", ...labelsOf(draft, around), shape: axes, views: e.views, code: e.code, stores };
  });
}

function outputOf(draft: Draft, node: Tensor, around: Surroundings): Pitched {
  const [only] = draft.targets;
  if (only?.target.kind === "buffer") return only.target;
  const scratch = around.scratch(node);
  if (!scratch) throw new Error(`plan: ${node.op} ${show(node.shape)} is computed but never read`);
  return scratch;
}

const rowMajorOf = (shape: readonly number[]): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)));

const labelsOf = (draft: Draft, around: Surroundings) => labelled(draft, (t) => around.locate(t) !== undefined);
