import { isShortRow } from "../backends/phases.ts";
import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import { type Shape, sizeOf } from "../tensor/index.ts";
import { isWalked, needs, squeeze, type Walked } from "./aligned.ts";
import { operandBase } from "./stored.ts";

/** Where a value is to go besides the memory that later launches read it from. */
export type Target =
  | { readonly kind: "buffer"; readonly buffer: number; readonly offset: number; readonly pitch?: number }
  | { readonly kind: "row"; readonly word: number };

/** A launch before its code: which tensors it computes and writes. */
export interface Draft {
  kind: "map" | "reduce" | "contract" | "concat";
  readonly stage: number;
  /** Without 1s: what a map runs over, or a reduction with all that it folds. */
  readonly shape: Shape;
  /** Axes of `shape` that a reduction folds. */
  folded: readonly number[];
  /**
   * Computed here, in order, for a reduction also the reductions themselves; with the phase in which each is computed
   * or, where it is the same for all that is folded, from which on it is there.
   */
  readonly computed: Map<Tensor, number>;
  /** Element-wise tensors that later phases read again. */
  readonly revisited: Set<Tensor>;
  /** Where values are written, besides the scratch memory of those that later launches read. */
  readonly targets: { readonly node: Tensor; readonly target: Target }[];
  /** Stored tensors and inputs that are read. */
  readonly reads: Set<Tensor>;
}

/** What is read, and how. */
type Reading = ReadonlyMap<Tensor, Walked>;

/** A tensor can join a launch when all that it reads is ready ("apart") or made there at the same coordinates ("yes"). */
type Relation = "yes" | "apart" | "no";

export interface StageRoots {
  readonly roots: readonly { readonly node: Tensor; readonly target: Target }[];
  /** Stored tensors that a later stage only copies but that this one has to compute. */
  readonly computes?: readonly Tensor[];
}

/** The axes of a draft that are left of its shape. */
export const keptAxes = ({ shape, folded }: Pick<Draft, "shape" | "folded">): number[] =>
  shape.map((_, axis) => axis).filter((axis) => !folded.includes(axis));

const lengths = (shape: Shape, axes: readonly number[]): Shape => axes.map((axis) => shape[axis] as number);

/** Where a tensor is computed in a draft: at every element, or once for all that are folded (results, and what follows). */
export function placeIn(draft: Pick<Draft, "shape">, t: Tensor): "element" | "result" {
  return squeeze(t.shape).length < draft.shape.length ? "result" : "element";
}

const isHead = (t: Tensor): boolean => t.record.lower.kind === "reduce";

/**
 * Groups stored tensors and roots into launches: element-wise tensors of one shape join one launch, reductions join what
 * they fold and each other, and what follows a reduction element by element, or for all that it folded, joins it. A
 * tensor joins an earlier launch only where all that it reads is ready.
 */
export function draftLaunches(
  stages: readonly StageRoots[],
  stored: ReadonlySet<Tensor>,
  bufferOf: (input: Tensor) => number,
  maxBuffers: number,
): Draft[] {
  const drafts: Draft[] = [];
  const position = new Map<Tensor, number>();
  const direct = writtenDirectly(stages);
  for (const [stage, { roots, computes = [] }] of stages.entries()) {
    for (const node of topological([...roots.map((r) => r.node), ...computes])) {
      const target = direct.get(node);
      if (stored.has(node) && !position.has(node)) place(node, stage, target ? [{ node, target }] : []);
    }
    for (const { node, target } of roots) {
      if (direct.get(node) === target) continue;
      const at = position.get(node);
      const own = at === undefined ? undefined : drafts[at];
      const joins = own?.stage === stage && (own.kind === "map" || own.kind === "reduce");
      if (joins && fits(own, new Set(), [target])) own.targets.push({ node, target });
      else place(node, stage, [{ node, target }]);
    }
  }
  return drafts;

  /** Puts a tensor into the best launch. One that is stored already is copied to `targets`. */
  function place(node: Tensor, stage: number, targets: Draft["targets"]): void {
    const copies = node.op === "input" || (stored.has(node) && position.has(node));
    const kind = copies ? "element" : node.record.lower.kind;
    const start = { stage, targets, folded: [], revisited: new Set<Tensor>() };
    const computed = new Map(copies ? [] : [[node, 0]]);
    if (kind === "contract" || kind === "concat") {
      const reads = kind === "contract" ? node.inputs.map(storedBase) : needs(node, stored).keys();
      add({ ...start, kind, shape: squeeze(node.shape), computed, reads: new Set(reads) }, node);
      return;
    }
    const deps: Reading = copies ? new Map([[node, squeeze(node.shape).map((_, axis) => axis)]]) : needs(node, stored);
    const reads = new Set(deps.keys());
    if (kind === "reduce") {
      const { shape, folded } = foldOf(node);
      const accepts = (d: Draft, i: number): Relation => {
        if (d.shape.join() !== shape.join()) return "no";
        const relation = follows(d, i, deps, "element");
        const alike = d.kind === "reduce" && d.folded.join() === folded.join();
        if (relation === "apart") return alike ? relation : "no";
        return (alike || d.kind === "map") && worthFolding(shape, folded) ? relation : "no";
      };
      const into = drafts[
        join(candidate(accepts, deps, stage, targets), { ...start, kind, shape, folded, computed, reads }, node, deps)
      ] as Draft;
      into.kind = "reduce";
      into.folded = folded;
      return;
    }
    const shape = squeeze(node.shape);
    const accepts = (d: Draft, i: number): Relation => {
      if (d.kind === "map") return d.shape.join() === shape.join() ? follows(d, i, deps, "element") : "no";
      if (d.kind !== "reduce") return "no";
      const isResult = shape.join() === lengths(d.shape, keptAxes(d)).join();
      const isElement = shape.join() === d.shape.join() && worthFolding(d.shape, d.folded);
      if (!isResult && !isElement) return "no";
      return follows(d, i, deps, isResult ? "result" : "element") === "yes" ? "yes" : "no";
    };
    join(candidate(accepts, deps, stage, targets), { ...start, kind: "map", shape, computed, reads }, node, deps);
  }

  /**
   * Whether what reads `deps` at a place of draft `d` can join it: all that it reads is ready, or is made by the draft at
   * the same coordinates ("yes", when there is such; "apart" when not).
   */
  function follows(d: Draft, i: number, deps: Reading, place: "element" | "result"): "yes" | "apart" | "no" {
    const kept = keptAxes(d);
    const whole = d.shape.map((_, axis) => axis);
    let found = false;
    for (const [t, walked] of deps) {
      if (ready(t, i)) continue;
      if (position.get(t) !== i) return "no";
      const at = placeIn(d, t);
      if (place === "result" && at === "element") return "no";
      const axes = place === "result" ? kept.map((_, axis) => axis) : at === "element" ? whole : kept;
      if (!isWalked(walked, axes)) return "no";
      found = true;
    }
    return found ? "yes" : "apart";
  }

  function ready(t: Tensor, before: number): boolean {
    return t.op === "input" || (position.get(t) ?? Infinity) < before;
  }

  /**
   * The last launch that the tensor follows from, else the last one that it can join; no further back than it depends on.
   * What is written to `targets` only goes as late as it can: others may still want the words that it replaces.
   */
  function candidate(
    accepts: (d: Draft, i: number) => Relation,
    deps: Reading,
    stage: number,
    targets: Draft["targets"],
  ): number {
    let first = 0;
    for (const t of deps.keys()) first = Math.max(first, position.get(t) ?? 0);
    const to = targets.map((t) => t.target);
    let found = -1;
    for (let i = drafts.length - 1; i >= first; i--) {
      const d = drafts[i] as Draft;
      if (d.stage !== stage) break;
      const relation = accepts(d, i);
      if (relation === "no" || !fits(d, deps.keys(), to, 1)) continue;
      if (relation === "yes" || to.length > 0) return i;
      if (found < 0) found = i;
    }
    return found;
  }

  /** Whether a launch with more reads, targets and values still touches few enough buffers. */
  function fits(d: Draft, reads: Iterable<Tensor>, targets: readonly Target[], values = 0): boolean {
    const buffers = new Set<unknown>();
    for (const t of [...d.reads, ...reads]) buffers.add(t.op === "input" ? bufferOf(t) : t);
    for (const t of d.computed.keys()) if (stored.has(t)) buffers.add(t);
    for (const t of [...d.targets.map((x) => x.target), ...targets]) buffers.add(t.kind === "row" ? "row" : t.buffer);
    return buffers.size + values <= maxBuffers;
  }

  /** Adds what `draft` computes to launch `at`, or as a launch of its own when that is -1; says which it is now. */
  function join(at: number, draft: Draft, node: Tensor, deps: Reading): number {
    if (at < 0) return add(draft, node);
    const into = drafts[at] as Draft;
    if (draft.computed.has(node)) {
      const own = [...deps.keys()].filter((t) => into.computed.has(t));
      const from = (t: Tensor) => (into.computed.get(t) as number) + (isHead(t) ? 1 : 0);
      const phase = Math.max(0, ...own.map(from));
      into.computed.set(node, phase);
      position.set(node, at);
      if (placeIn(draft, node) === "element" || isHead(node)) {
        for (const t of own) if (placeIn(into, t) === "element" && from(t) < phase) into.revisited.add(t);
      }
    }
    into.targets.push(...draft.targets);
    for (const t of draft.reads) if (!into.computed.has(t)) into.reads.add(t);
    return at;
  }

  function add(draft: Draft, node: Tensor): number {
    if (draft.computed.has(node)) position.set(node, drafts.length);
    return drafts.push(draft) - 1;
  }

  function storedBase(operand: Tensor): Tensor {
    return operandBase(operand, (t) => stored.has(t));
  }
}

/** The shape that a reduction runs over, and which of its axes it folds. */
function foldOf(node: Tensor): Pick<Draft, "shape" | "folded"> {
  const { shape } = node.inputs[0] as Tensor;
  const axes = node.attrs.axes as readonly number[];
  const long = shape.flatMap((d, axis) => (d === 1 ? [] : [axis]));
  return { shape: squeeze(shape), folded: long.flatMap((axis, i) => (axes.includes(axis) ? [i] : [])) };
}

/** Elements of a column whose cache lines stay in a fast cache until the columns next to it are walked. */
const SHORT_COLUMN = 128;

/**
 * Whether elements of a space are computed in a launch that folds some of its axes: short rows or columns of memory. Where
 * the folded axes are not next to each other a row is in many places, which is read faster in the order of memory. Only
 * folded axes decide: a lane among others is computed as it is by itself.
 */
function worthFolding(shape: Shape, folded: readonly number[]): boolean {
  const together = Math.max(...folded) - Math.min(...folded) === folded.length - 1;
  const inner = lengths(shape, folded);
  const isRow = folded.includes(shape.length - 1);
  return together && (isRow ? isShortRow(inner) : sizeOf(inner) <= SHORT_COLUMN);
}

/** Products and concatenations that nobody but one target wants: they are computed where they are to go. */
function writtenDirectly(stages: readonly StageRoots[]): Map<Tensor, Target> {
  const roots = stages.flatMap((s) => s.roots);
  const wanted = new Map<Tensor, number>();
  const want = (t: Tensor) => wanted.set(t, (wanted.get(t) ?? 0) + 1);
  const nodes = [...roots.map((r) => r.node), ...stages.flatMap((s) => s.computes ?? [])];
  for (const t of topological(nodes)) for (const i of t.inputs) want(i);
  for (const t of nodes) want(t);
  return new Map(
    roots.flatMap(({ node, target }) =>
      ["contract", "concat"].includes(node.record.lower.kind) && target.kind === "buffer" && wanted.get(node) === 1
        ? [[node, target] as const]
        : [],
    ),
  );
}
