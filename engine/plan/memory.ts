import type { Launch, Store, View } from "../backends/launch.ts";
import { partsOf } from "../backends/phases.ts";

/** A value that lives from the launch that makes it to the last launch that reads it. */
export interface Scratch {
  readonly id: number;
  readonly words: number;
}

/** Every buffer number that a launch touches, written ones included. */
export function touched(launch: Launch): number[] {
  const views =
    launch.kind === "contract"
      ? [launch.a, launch.b, launch.out]
      : partsOf(launch).flatMap(({ views, stores }) => [...views, ...stores.map((s) => s.view)]);
  return [...new Set(views.map((v) => v.buffer))];
}

/**
 * Lets scratch values whose lifetimes do not meet share buffers: in launch order, each takes the smallest free buffer
 * that holds it and is not four times too large, else a new one. Returns the buffer of each value by its id, and the
 * sizes of the buffers.
 */
export function shareBuffers(
  launches: readonly Launch[],
  scratch: readonly Scratch[],
): { slotOf: Map<number, number>; words: number[] } {
  const sizes = new Map(scratch.map((s) => [s.id, s.words]));
  const last = new Map<number, number>();
  for (const [i, launch] of launches.entries()) for (const b of touched(launch)) if (sizes.has(b)) last.set(b, i);
  const slotOf = new Map<number, number>();
  const words: number[] = [];
  let free: number[] = [];
  for (const [i, launch] of launches.entries()) {
    const used = touched(launch).filter((b) => sizes.has(b));
    for (const b of used) {
      if (slotOf.has(b)) continue;
      const need = sizes.get(b) as number;
      const fitting = free.filter(
        (s) => (words[s] as number) >= need && (words[s] as number) <= Math.max(4 * need, 4096),
      );
      fitting.sort((x, y) => (words[x] as number) - (words[y] as number));
      const slot = fitting[0] ?? words.push(need) - 1;
      free = free.filter((s) => s !== slot);
      slotOf.set(b, slot);
    }
    for (const b of used) if (last.get(b) === i) free.push(slotOf.get(b) as number);
  }
  return { slotOf, words };
}

/** The launch with every buffer number replaced. */
export function renumber(launch: Launch, to: (buffer: number) => number): Launch {
  const view = (v: View): View => ({ ...v, buffer: to(v.buffer) });
  const targets = (stores: readonly Store[]) => stores.map((s) => ({ ...s, view: view(s.view) }));
  if (launch.kind === "contract") return { ...launch, a: view(launch.a), b: view(launch.b), out: view(launch.out) };
  const stores = targets(launch.stores);
  if (launch.kind === "map") return { ...launch, views: launch.views.map(view), stores };
  const phases = launch.phases.map((p) => ({ ...p, views: p.views.map(view), stores: targets(p.stores) }));
  return { ...launch, phases, stores, epilogueViews: launch.epilogueViews.map(view) };
}
