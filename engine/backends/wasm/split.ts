import { type DType, rowMajor, sizeOf } from "../../tensor/index.ts";
import type { ContractLaunch, Instr, Launch, Phase, Plan, PlanBuffer, ReduceLaunch, View } from "../launch.ts";
import { isShortRow, takenApart } from "../phases.ts";

/**
 * Rewrites launches so that every one of them divides well among threads: a long sum with few results becomes partial
 * results over chunks of fixed size, and a reduction of those. What is added up in which order depends on the plan only.
 */
export function split({ launches, buffers }: Pick<Plan, "launches" | "buffers">): Split {
  const all: PlanBuffer[] = [...buffers];
  const scratch = (words: number) => all.push({ words }) - 1;
  const parts = launches.map((launch) => splitLaunch(launch, scratch));
  return { launches: parts.flat(), buffers: all, of: parts.flatMap((own, i) => own.map(() => i)) };
}

/** `of[i]`: which of the plan's launches launch i is a part of. */
type Split = Pick<Plan, "launches" | "buffers"> & { readonly of: readonly number[] };

function splitLaunch(launch: Launch, scratch: (words: number) => number): Launch[] {
  if (launch.kind === "map") return sizeOf(launch.shape) === 0 ? [] : [launch];
  if (launch.kind === "reduce") return sizeOf(launch.outer) === 0 ? [] : splitReduce(launch, scratch);
  if (sizeOf([...launch.batch, ...launch.m, ...launch.n]) === 0) return [];
  return sizeOf(launch.k) === 0 ? [zero(launch)] : splitContract(launch, scratch);
}

/** Elements folded in one go, about: enough to be worth a loop, few enough for an f32 sum to stay accurate. */
const CHUNK = 4096;
/** Products summed in one go where a contraction is split, about, and how many register tiles keep it from being split. */
const K_CHUNK = 2048;
const ENOUGH_TILES = 64;

interface Chunks {
  readonly axis: number;
  /** Length along the axis, how many such chunks, and what is left over. */
  readonly length: number;
  readonly count: number;
  readonly rest: number;
}

/** Divides the longest axis so that a chunk of `shape` has about `target` elements, evenly where that can be. */
function chunksOf(shape: readonly number[], target: number): Chunks | undefined {
  const axis = shape.indexOf(Math.max(...shape));
  const n = shape[axis] as number;
  const ideal = Math.max(1, Math.round(target / (sizeOf(shape) / n)));
  let length = Math.min(ideal, n);
  for (let l = Math.ceil(ideal / 2); l <= Math.min(ideal * 2, n); l++) {
    if (n % l === 0 && (n % length !== 0 || Math.abs(l - ideal) < Math.abs(length - ideal))) length = l;
  }
  const count = Math.floor(n / length);
  return count < 2 ? undefined : { axis, length, count, rest: n - count * length };
}

/** One part of a split: the chunks, and what is left over as a part of one chunk. */
interface Part {
  readonly first: number;
  readonly count: number;
  readonly length: number;
}

function partsOf({ length, count, rest }: Chunks): Part[] {
  const whole = { first: 0, count, length };
  return rest === 0 ? [whole] : [whole, { first: count, count: 1, length: rest }];
}

const withLength = (shape: readonly number[], axis: number, length: number) =>
  shape.map((n, i) => (i === axis ? length : n));

/** Phases over long rows become launches of their own, and long folds partial ones. */
function splitReduce(launch: ReduceLaunch, scratch: (words: number) => number): Launch[] {
  const { outer, inner, phases } = launch;
  if (phases.length > 1) {
    return isShortRow(inner) ? [launch] : takenApart(launch, scratch, true).flatMap((l) => splitLaunch(l, scratch));
  }
  const [phase] = phases as [Phase];
  const { accumulators } = phase;
  if (sizeOf(inner) < 2 * CHUNK || accumulators.some((a) => a.fn === "argmax")) return [launch];
  const chunks = chunksOf(inner, CHUNK);
  if (!chunks) return [launch];
  const parts = partsOf(chunks);
  const total = chunks.count + parts.length - 1;
  const results = sizeOf(outer);
  const buffer = scratch(total * results * accumulators.length);
  const at = outer.length + chunks.axis;
  const partial = (acc: number, first: number) => (acc * total + first) * results;

  const moved = <T extends { offset: number; strides: readonly number[] }>(x: T, { first }: Part): T => {
    const step = (x.strides[at] as number) * chunks.length;
    return { ...x, offset: x.offset + first * step, strides: [step, ...x.strides] };
  };
  const folds = parts.map(
    (part): ReduceLaunch => ({
      ...launch,
      outer: [part.count, ...outer],
      inner: withLength(inner, chunks.axis, part.length),
      phases: [
        {
          views: phase.views.map((view) => moved(view, part)),
          code: phase.code.map((instr) => (instr.op === "index" ? moved(instr, part) : instr)),
          accumulators,
          stores: phase.stores.map((store) => ({ ...store, view: moved(store.view, part) })),
        },
      ],
      epilogueViews: [],
      epilogue: accumulators.map((a, acc) => ({ op: "acc", acc, dtype: a.dtype })),
      stores: accumulators.map((a, acc) => ({
        view: { buffer, offset: partial(acc, part.first), strides: [results, ...rowMajor(outer)], dtype: a.dtype },
        value: acc,
      })),
    }),
  );
  const view = (acc: number, dtype: DType): View => ({
    buffer,
    offset: partial(acc, 0),
    strides: [...rowMajor(outer), results],
    dtype,
  });
  return [
    ...folds,
    {
      ...launch,
      inner: [total],
      phases: [
        {
          views: accumulators.map((a, acc) => view(acc, a.dtype)),
          code: accumulators.map((a, acc): Instr => ({ op: "load", view: acc, dtype: a.dtype })),
          accumulators: accumulators.map((a, value) => ({ ...a, value })),
          stores: [],
        },
      ],
    },
  ];
}

function splitContract(launch: ContractLaunch, scratch: (words: number) => number): Launch[] {
  const { batch, m, n, k, a, b, out } = launch;
  const tiles = Math.ceil(sizeOf(m) / 6) * Math.ceil(sizeOf(n) / 8) * sizeOf(batch);
  if (sizeOf(k) < 2 * K_CHUNK || tiles >= ENOUGH_TILES) return [launch];
  const chunks = chunksOf(k, K_CHUNK);
  if (!chunks) return [launch];
  const parts = partsOf(chunks);
  const total = chunks.count + parts.length - 1;
  const shape = [...batch, ...m, ...n];
  const results = sizeOf(shape);
  const buffer = scratch(total * results);
  const moved = (view: View, axis: number, first: number): View => {
    const step = (view.strides[axis] as number) * chunks.length;
    return { ...view, offset: view.offset + first * step, strides: [step, ...view.strides] };
  };
  const partials = { buffer, dtype: "f32" as const };
  const products = parts.map(
    (part): ContractLaunch => ({
      ...launch,
      batch: [part.count, ...batch],
      k: withLength(k, chunks.axis, part.length),
      a: moved(a, batch.length + m.length + chunks.axis, part.first),
      b: moved(b, batch.length + chunks.axis, part.first),
      out: { ...partials, offset: part.first * results, strides: [results, ...rowMajor(shape)] },
    }),
  );
  const sum: ReduceLaunch = {
    kind: "reduce",
    label: launch.label,
    outer: shape,
    inner: [total],
    phases: [
      {
        views: [{ ...partials, offset: 0, strides: [...rowMajor(shape), results] }],
        code: [{ op: "load", view: 0, dtype: "f32" }],
        accumulators: [{ fn: "sum", value: 0, dtype: "f32" }],
        stores: [],
      },
    ],
    epilogueViews: [],
    epilogue: [{ op: "acc", acc: 0, dtype: "f32" }],
    stores: [{ view: out, value: 0 }],
  };
  return [...products, sum];
}

/** A sum of no products. */
function zero({ label, batch, m, n, out }: ContractLaunch): Launch {
  return {
    kind: "map",
    label,
    shape: [...batch, ...m, ...n],
    views: [],
    code: [{ op: "const", value: 0, dtype: "f32" }],
    stores: [{ view: out, value: 0 }],
  };
}
