import { topological } from "../ops/order.ts";
import type { Tensor } from "../ops/tensor.ts";
import type { Shape } from "../tensor/index.ts";
import { operandBase } from "./stored.ts";

/** Where a value is to go besides the memory that later launches read it from. */
export type Target =
  | { readonly kind: "buffer"; readonly buffer: number; readonly offset: number; readonly pitch?: number }
  | { readonly kind: "row"; readonly word: number };

/** A launch before its code: which tensors it computes and writes. */
export interface Draft {
  readonly kind: "map" | "reduce" | "contract" | "concat";
  readonly stage: number;
  /** Map: the shape without 1s. Reduce: shape and axes of its input. */
  readonly key: string;
  /** Shape (without 1s) that element-wise members run over: a map's own, a reduction's kept axes. */
  readonly shape: Shape;
  /** Computed here; for a reduction also the reductions themselves, which come first. */
  readonly computed: Set<Tensor>;
  /** Where values are written, besides the scratch memory of those that later launches read. */
  readonly targets: { readonly node: Tensor; readonly target: Target }[];
  /** Stored tensors and inputs that are read. */
  readonly reads: Set<Tensor>;
}

export interface StageRoots {
  readonly roots: readonly { readonly node: Tensor; readonly target: Target }[];
  /** Stored tensors that a later stage only copies but that this one has to compute. */
  readonly computes?: readonly Tensor[];
}

/**
 * Groups stored tensors and roots into launches: element-wise tensors of one shape join one launch, those that follow a
 * reduction element by element become its epilogue, reductions of one space are done together. A tensor joins an
 * earlier launch only where all that it reads is ready.
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
    const { kind } = node.record.lower;
    const copies = node.op === "input" || (stored.has(node) && position.has(node));
    const shape = squeeze(node.shape);
    if (!copies && (kind === "contract" || kind === "concat")) {
      const reads = new Set(kind === "contract" ? node.inputs.map(storedBase) : needs(node, stored).keys());
      add({ kind, stage, key: "", shape, computed: new Set([node]), targets, reads }, node);
      return;
    }
    if (!copies && kind === "reduce") {
      const input = node.inputs[0] as Tensor;
      const key = `${input.shape.join("x")}|${(node.attrs.axes as number[]).join(",")}`;
      const deps = needs(node, stored);
      const accepts = (d: Draft, i: number) =>
        d.kind === "reduce" && d.key === key && [...deps.keys()].every((t) => ready(t, i));
      const at = candidate(accepts, deps, stage, targets);
      join(
        at,
        { kind: "reduce", stage, key, shape, computed: new Set([node]), targets, reads: new Set(deps.keys()) },
        node,
      );
      return;
    }
    const deps = copies ? new Map([[node, true]]) : needs(node, stored);
    const key = shape.join("x");
    const at = candidate(
      (d, i) => {
        let follows = false;
        for (const [t, aligned] of deps) {
          if (ready(t, i)) continue;
          if (position.get(t) !== i || !aligned) return false;
          follows = true;
        }
        return d.kind === "map" ? d.key === key : d.kind === "reduce" && follows && d.shape.join("x") === key;
      },
      deps,
      stage,
      targets,
    );
    const computed = new Set(copies ? [] : [node]);
    join(at, { kind: "map", stage, key, shape, computed, targets, reads: new Set(deps.keys()) }, node);
  }

  function ready(t: Tensor, before: number): boolean {
    return t.op === "input" || (position.get(t) ?? Infinity) < before;
  }

  /** The last launch that accepts the tensor, searched back to the last one that it depends on. */
  function candidate(
    accepts: (d: Draft, i: number) => boolean,
    deps: ReadonlyMap<Tensor, boolean>,
    stage: number,
    targets: Draft["targets"],
  ): number {
    let first = 0;
    for (const t of deps.keys()) first = Math.max(first, position.get(t) ?? 0);
    for (let i = drafts.length - 1; i >= first; i--) {
      const d = drafts[i] as Draft;
      if (d.stage !== stage) break;
      if (
        accepts(d, i) &&
        fits(
          d,
          deps.keys(),
          targets.map((t) => t.target),
          1,
        )
      )
        return i;
    }
    return -1;
  }

  /** Whether a launch with more reads, targets and values still touches few enough buffers. */
  function fits(d: Draft, reads: Iterable<Tensor>, targets: readonly Target[], values = 0): boolean {
    const buffers = new Set<unknown>();
    for (const t of [...d.reads, ...reads]) buffers.add(t.op === "input" ? bufferOf(t) : t);
    for (const t of d.computed) if (stored.has(t)) buffers.add(t);
    for (const t of [...d.targets.map((x) => x.target), ...targets]) buffers.add(t.kind === "row" ? "row" : t.buffer);
    return buffers.size + values <= maxBuffers;
  }

  function join(at: number, draft: Draft, node: Tensor): void {
    if (at < 0) {
      add(draft, node);
      return;
    }
    const into = drafts[at] as Draft;
    for (const t of draft.computed) {
      into.computed.add(t);
      position.set(t, at);
    }
    into.targets.push(...draft.targets);
    for (const t of draft.reads) if (!into.computed.has(t)) into.reads.add(t);
  }

  function add(draft: Draft, node: Tensor): void {
    if (draft.computed.has(node)) position.set(node, drafts.length);
    drafts.push(draft);
  }

  function storedBase(operand: Tensor): Tensor {
    return operandBase(operand, (t) => stored.has(t));
  }
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

export const squeeze = (shape: Shape): Shape => shape.filter((d) => d !== 1);

/**
 * The stored tensors and inputs that `node` is computed from when everything between is computed in place, each with
 * whether it is read at the same coordinates only.
 */
function needs(node: Tensor, stored: ReadonlySet<Tensor>): Map<Tensor, boolean> {
  const found = new Map<Tensor, boolean>();
  const seen = new Set<string>();
  const stack = node.inputs.map((t) => ({ t, aligned: sameCoordinates(node) }));
  for (let next = stack.pop(); next; next = stack.pop()) {
    const { t, aligned } = next;
    const key = `${t.id}${aligned}`;
    if (seen.has(key) || t.attrs.scalar) continue;
    seen.add(key);
    if (t.op === "input" || stored.has(t)) {
      found.set(t, aligned && (found.get(t) ?? true));
      continue;
    }
    const keeps = aligned && sameCoordinates(t);
    for (const input of t.inputs) stack.push({ t: input, aligned: keeps });
  }
  return found;
}

/** True when the op reads its inputs where it writes, up to axes of length 1. */
function sameCoordinates(t: Tensor): boolean {
  const { lower } = t.record;
  if (lower.kind !== "element") return false;
  if (lower.pointwise) return true;
  return t.op === "reshape" && squeeze(t.shape).join() === squeeze((t.inputs[0] as Tensor).shape).join();
}
