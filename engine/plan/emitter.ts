import type { BinaryOp, Instr, Ref, UnaryOp, View } from "../backends/launch.ts";
import type { Emitter, Index } from "../ops/node.ts";
import type { Tensor } from "../ops/tensor.ts";
import { type DType, rowMajor, type Shape, sizeOf } from "../tensor/index.ts";

/** Where a stored value lies: row-major words of a buffer. */
export interface Location {
  readonly buffer: number;
  readonly offset: number;
}

/** How the value of a node is had inside a launch: loaded, taken from an accumulator, or computed (undefined). */
export type Source = Location | { readonly acc: number } | { readonly slot: number } | undefined;

/** Thrown to start a launch over with axis `axis` split into (length / by, by), so that a reshape stays affine. */
export class SplitAxis {
  readonly axis: number;
  readonly by: number;
  constructor(axis: number, by: number) {
    this.axis = axis;
    this.by = by;
  }
}

/**
 * Builds the straight-line code of one launch (or of a reduction's prologue or epilogue) over `axes`: values are
 * loaded where they are stored and computed in place where they are not. Equal instructions are made once.
 */
export class LaunchEmitter implements Emitter {
  readonly axes: readonly number[];
  readonly code: Instr[] = [];
  readonly views: View[] = [];
  readonly #source: (node: Tensor) => Source;
  readonly #made = new Map<string, Ref>();
  readonly #values = new Map<string, Ref>();
  #mask: Ref | undefined;

  constructor(axes: readonly number[], source: (node: Tensor) => Source) {
    this.axes = axes;
    this.#source = source;
  }

  /** The coordinates of a tensor whose dimension d runs over the axes `groups[d]`, outermost first. */
  coordinates(groups: readonly (readonly number[])[]): Index[] {
    return groups.map((axes) => {
      const strides = this.axes.map(() => 0);
      let s = 1;
      for (const a of [...axes].reverse()) {
        strides[a] = s;
        s *= this.axes[a] as number;
      }
      return { kind: "affine", offset: 0, strides };
    });
  }

  /** Value of `node` at a coordinate: loaded, accumulated or computed here. */
  valueAt(node: Tensor, at: readonly Index[]): Ref {
    const key = `${node.id}@${at.map(indexKey).join(";")}?${this.#mask ?? ""}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const source = this.#source(node);
    let ref: Ref;
    if (source === undefined) {
      const { lower } = node.record;
      if (lower.kind !== "element") throw new Error(`plan: ${node.op} ${node.id} is used before it is stored`);
      ref = lower.emit(this, at, node, node.attrs);
    } else if ("acc" in source) {
      ref = this.#make({ op: "acc", acc: source.acc, dtype: node.dtype });
    } else if ("slot" in source) {
      ref = this.slot(source.slot, node.dtype);
    } else {
      ref = this.#load(source, node, at, this.#mask, 0);
    }
    this.#values.set(key, ref);
    return ref;
  }

  read(node: Tensor, at: readonly Index[], outside?: { mask: Ref; fill: number }): Ref {
    if (outside === undefined) return this.valueAt(node, at);
    const before = this.#mask;
    const source = this.#source(node);
    if (before === undefined && source !== undefined && "buffer" in source) {
      return this.#load(source, node, at, outside.mask, outside.fill);
    }
    this.#mask = this.all(before, outside.mask);
    const value = this.valueAt(node, at);
    this.#mask = before;
    return this.select(outside.mask, value, this.constant(outside.fill, node.dtype));
  }

  #load(at: Location, node: Tensor, coords: readonly Index[], mask: Ref | undefined, fill: number): Ref {
    const { view, dynamic } = address(this, at, node.shape, node.dtype, coords);
    const key = JSON.stringify(view);
    let index = this.views.findIndex((v) => JSON.stringify(v) === key);
    if (index < 0) index = this.views.push(view) - 1;
    return this.#make({
      op: "load",
      view: index,
      dtype: node.dtype,
      ...(dynamic && { index: dynamic.ref, indexStride: dynamic.stride, indexSize: dynamic.size }),
      ...(mask !== undefined && { mask, fill }),
    });
  }

  #make(instr: Instr): Ref {
    const key = JSON.stringify(instr, (_, v: unknown) =>
      typeof v === "number" && !Number.isFinite(v) ? String(v) : v,
    );
    let ref = this.#made.get(key);
    if (ref === undefined) {
      ref = this.code.push(instr) - 1;
      this.#made.set(key, ref);
    }
    return ref;
  }

  #dtype(ref: Ref): DType {
    return (this.code[ref] as Instr).dtype;
  }

  constant(value: number, dtype: DType): Ref {
    return this.#make({ op: "const", value, dtype });
  }

  /** A word of the step's scalar block. */
  slot(slot: number, dtype: DType): Ref {
    return this.#make({ op: "scalar", slot, dtype });
  }

  unary(fn: UnaryOp, a: Ref): Ref {
    return this.#make({ op: "unary", fn, a, dtype: fn === "isFinite" ? "bool" : this.#dtype(a) });
  }

  binary(fn: BinaryOp, a: Ref, b: Ref): Ref {
    const compares = fn === "equal" || fn === "less" || fn === "lessEqual";
    return this.#make({ op: "binary", fn, a, b, dtype: compares ? "bool" : this.#dtype(a) });
  }

  select(cond: Ref, a: Ref, b: Ref): Ref {
    return a === b ? a : this.#make({ op: "select", cond, a, b, dtype: this.#dtype(a) });
  }

  cast(a: Ref, dtype: DType): Ref {
    return this.#dtype(a) === dtype ? a : this.#make({ op: "cast", a, dtype });
  }

  philox(seed: Ref, step: Ref, stream: number, index: Index): Ref {
    const word = this.cast(this.value(index), "u32");
    return this.#make({ op: "philox", seed, step, stream, index: word, dtype: "u32" });
  }

  value(at: Index): Ref {
    if (at.kind === "computed") return at.ref;
    if (at.strides.every((s) => s === 0)) return this.constant(at.offset, "i32");
    return this.#make({ op: "index", offset: at.offset, strides: at.strides, dtype: "i32" });
  }

  computed(ref: Ref): Index {
    const instr = this.code[ref] as Instr;
    if (instr.op === "const") return { kind: "affine", offset: instr.value, strides: this.axes.map(() => 0) };
    if (instr.op === "index") return { kind: "affine", offset: instr.offset, strides: instr.strides };
    return { kind: "computed", ref };
  }

  affine(at: Index, scale: number, offset: number): Index {
    if (at.kind === "affine") {
      return { kind: "affine", offset: at.offset * scale + offset, strides: at.strides.map((s) => s * scale + 0) };
    }
    if (scale === 0) return { kind: "affine", offset, strides: this.axes.map(() => 0) };
    let ref = at.ref;
    if (scale !== 1) ref = this.binary("mul", ref, this.constant(scale, "i32"));
    if (offset !== 0) ref = this.binary("add", ref, this.constant(offset, "i32"));
    return { kind: "computed", ref };
  }

  sum(a: Index, b: Index): Index {
    if (a.kind === "affine" && b.kind === "affine") {
      return {
        kind: "affine",
        offset: a.offset + b.offset,
        strides: a.strides.map((s, i) => s + (b.strides[i] as number)),
      };
    }
    if (isZero(a)) return b;
    if (isZero(b)) return a;
    return { kind: "computed", ref: this.binary("add", this.value(a), this.value(b)) };
  }

  split(at: Index, by: number): readonly [Index, Index] {
    const zero: Index = { kind: "affine", offset: 0, strides: this.axes.map(() => 0) };
    if (by === 1) return [at, zero];
    if (at.kind === "affine") {
      const { lo, hi } = this.#range(at);
      if (lo >= 0 && hi < by) return [zero, at];
      const [q, r] = this.#divide(at, by);
      const range = this.#range(r);
      if (range.lo >= 0 && range.hi < by) return [q, r];
      const finer = this.#splitter(r, by);
      if (finer) throw finer;
    }
    const ref = this.value(at);
    const size = this.constant(by, "i32");
    return [
      { kind: "computed", ref: this.binary("div", ref, size) },
      { kind: "computed", ref: this.binary("mod", ref, size) },
    ];
  }

  /** Quotient and remainder term by term: exact when the remainder's range stays within [0, by). */
  #divide(at: Index & { kind: "affine" }, by: number): [Index & { kind: "affine" }, Index & { kind: "affine" }] {
    const whole = at.strides.map((s) => (s % by === 0 ? s / by : 0));
    const rest = at.strides.map((s) => (s % by === 0 ? 0 : s));
    const carry = Math.floor(at.offset / by);
    return [
      { kind: "affine", offset: carry, strides: whole },
      { kind: "affine", offset: at.offset - carry * by, strides: rest },
    ];
  }

  /** The axis to split so that the remainder `r` falls apart at `by`, when one such axis is the only obstacle. */
  #splitter(r: Index & { kind: "affine" }, by: number): SplitAxis | undefined {
    for (const [axis, s] of r.strides.entries()) {
      const length = this.axes[axis] as number;
      const inner = by / s;
      if (s <= 0 || s * length < by || by % s !== 0 || length % inner !== 0 || inner === length) continue;
      const others = r.strides.map((t, i) => (i === axis ? 0 : t));
      const range = this.#range({ kind: "affine", offset: r.offset, strides: others });
      if (range.lo >= 0 && range.hi < s) return new SplitAxis(axis, inner);
    }
    return undefined;
  }

  #range(at: Index & { kind: "affine" }): { lo: number; hi: number } {
    let lo = at.offset;
    let hi = at.offset;
    for (const [i, s] of at.strides.entries()) {
      const reach = s * ((this.axes[i] as number) - 1);
      if (reach < 0) lo += reach;
      else hi += reach;
    }
    return { lo, hi };
  }

  flat(at: readonly Index[], shape: Shape): Index {
    const strides = rowMajor(shape);
    return at.reduce<Index>((sum, index, d) => this.sum(sum, this.affine(index, strides[d] as number, 0)), {
      kind: "affine",
      offset: 0,
      strides: this.axes.map(() => 0),
    });
  }

  unflat(at: Index, shape: Shape): readonly Index[] {
    const out: Index[] = new Array(shape.length);
    let rest = at;
    for (let d = shape.length - 1; d > 0; d--) {
      const [q, r] = this.split(rest, shape[d] as number);
      out[d] = r;
      rest = q;
    }
    if (shape.length > 0) out[0] = rest;
    return out;
  }

  inRange(at: Index, lo: number, hi: number): Ref | undefined {
    const range = at.kind === "affine" ? this.#range(at) : { lo: -Infinity, hi: Infinity };
    if (range.lo >= lo && range.hi < hi) return undefined;
    const v = this.value(at);
    return this.all(
      range.lo >= lo ? undefined : this.binary("lessEqual", this.constant(lo, "i32"), v),
      range.hi < hi ? undefined : this.binary("less", v, this.constant(hi, "i32")),
    );
  }

  all(...conditions: readonly (Ref | undefined)[]): Ref | undefined {
    return conditions.reduce(
      (a, b) => (a === undefined ? b : b === undefined || a === b ? a : this.binary("and", a, b)),
      undefined,
    );
  }
}

/** The view of a stored row-major tensor at a coordinate, and the part of the address that is computed. */
function address(
  e: LaunchEmitter,
  at: Location,
  shape: Shape,
  dtype: DType,
  coords: readonly Index[],
): { view: View; dynamic?: { ref: Ref; stride: number; size: number } } {
  const rm = rowMajor(shape);
  let fixed: Index = { kind: "affine", offset: at.offset, strides: e.axes.map(() => 0) };
  const computed: { ref: Ref; stride: number; size: number }[] = [];
  for (const [d, index] of coords.entries()) {
    const stride = rm[d] as number;
    if (index.kind === "affine") fixed = e.sum(fixed, e.affine(index, stride, 0));
    else computed.push({ ref: index.ref, stride, size: shape[d] as number });
  }
  if (fixed.kind !== "affine") throw new Error("plan: an affine address became computed");
  const view: View = { buffer: at.buffer, offset: fixed.offset, strides: fixed.strides, dtype };
  const [first, ...more] = computed;
  if (first === undefined) return { view };
  if (more.length === 0) return { view, dynamic: first };
  const total = computed
    .map(({ ref, stride }) => e.affine({ kind: "computed", ref }, stride, 0))
    .reduce((a, b) => e.sum(a, b));
  return { view, dynamic: { ref: e.value(total), stride: 1, size: sizeOf(shape) } };
}

const indexKey = (at: Index): string => (at.kind === "affine" ? `${at.offset}+${at.strides.join(",")}` : `r${at.ref}`);

const isZero = (at: Index): boolean => at.kind === "affine" && at.offset === 0 && at.strides.every((s) => s === 0);
