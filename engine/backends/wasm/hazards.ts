import { WORD_BYTES } from "../../tensor/index.ts";
import type { Launch, View } from "../launch.ts";
import { partsOf } from "../phases.ts";

/** Bytes [from, to) that a launch may touch. */
interface Range {
  readonly from: number;
  readonly to: number;
}

export interface Touched {
  readonly reads: readonly Range[];
  readonly writes: readonly Range[];
}

/** Address ranges a launch reads and writes; `buffers` says where each buffer of the plan lies. */
export function touched(launch: Launch, buffers: readonly { at: number; words: number }[]): Touched {
  const range = (view: View, shape: readonly number[], anywhere: boolean): Range => {
    const { at, words } = buffers[view.buffer] as { at: number; words: number };
    let low = view.offset;
    let high = view.offset;
    view.strides.forEach((stride, axis) => {
      const far = stride * ((shape[axis] as number) - 1);
      if (far < 0) low += far;
      else high += far;
    });
    // masked and computed addresses stay within the buffer
    const from = anywhere ? 0 : Math.max(low, 0);
    const to = anywhere ? words : Math.min(high + 1, words);
    return { from: at + from * WORD_BYTES, to: at + to * WORD_BYTES };
  };
  if (launch.kind === "contract") {
    const { batch, m, n, k, a, b, out } = launch;
    return {
      reads: [range(a, [...batch, ...m, ...k], false), range(b, [...batch, ...k, ...n], false)],
      writes: [range(out, [...batch, ...m, ...n], false)],
    };
  }
  const parts = partsOf(launch);
  return {
    reads: parts.flatMap(({ views, code, space }) => {
      const indexed = new Set(code.flatMap((e) => (e.op === "load" && e.index !== undefined ? [e.view] : [])));
      return views.map((view, i) => range(view, space, indexed.has(i)));
    }),
    writes: parts.flatMap(({ stores, space }) => stores.map((s) => range(s.view, space, s.index !== undefined))),
  };
}

/** Whether the two may not run side by side. */
export function conflict(a: Touched, b: Touched): boolean {
  const meet = (p: readonly Range[], q: readonly Range[]) =>
    p.some((x) => q.some((y) => x.from < y.to && y.from < x.to));
  return meet(a.writes, b.writes) || meet(a.writes, b.reads) || meet(a.reads, b.writes);
}
