import { topological } from "../ops/order.ts";
import { within } from "../ops/part.ts";
import { Tensor } from "../ops/tensor.ts";
import type { PlanRequest, Stage } from "./request.ts";

/**
 * The stages, with inputs of their own for words that an earlier stage wrote and that it, or one before it, reads too:
 * equal expressions of the two have different values, and must not become one.
 */
export function withFreshInputs({ stages, inputs }: Pick<PlanRequest, "stages" | "inputs">): readonly Stage[] {
  /** Stage of the first use of each input by name. */
  const first = new Map<string, number>();
  /** Inputs by the stage that wrote them last. */
  const made = new Map<string, Tensor>();
  /** The last stage before stage `now` that writes into the input's words, or -1. */
  const lastWrite = (t: Tensor, now: number): number => {
    const at = inputs[t.attrs.name as string];
    return stages.findLastIndex(({ stores = [] }, i) => {
      const overlap = (s: (typeof stores)[0]) =>
        s.buffer === at?.buffer && s.offset < at.offset + t.size && at.offset < s.offset + s.value.size;
      return i < now && stores.some(overlap);
    });
  };
  return stages.map((stage, now) => {
    const { stores = [], rows = [] } = stage;
    const renewed = new Map<Tensor, Tensor>();
    for (const t of topological([...stores, ...rows].map((x) => x.value))) {
      if (t.op === "input" && !t.attrs.scalar) {
        const name = t.attrs.name as string;
        if (!first.has(name)) first.set(name, now);
        const after = lastWrite(t, now);
        if (after < (first.get(name) as number)) continue;
        const key = `${name} after ${after}`;
        const own = made.get(key) ?? new Tensor("input", [], { ...t.attrs, after }, t.shape, t.dtype);
        made.set(key, own);
        renewed.set(t, own);
      } else if (t.inputs.some((x) => renewed.has(x))) {
        const moved = t.inputs.map((x) => renewed.get(x) ?? x);
        renewed.set(
          t,
          within(t.part, () => new Tensor(t.op, moved, t.attrs, t.shape, t.dtype)),
        );
      }
    }
    const fresh = <T extends { readonly value: Tensor }>(x: T): T => ({ ...x, value: renewed.get(x.value) ?? x.value });
    return renewed.size === 0 ? stage : { stores: stores.map(fresh), rows: rows.map(fresh) };
  });
}
