import type { Launch, View } from "../backends/launch.ts";
import { partsOf } from "../backends/phases.ts";
import type { Draft, Target } from "./drafts.ts";

/**
 * Writes to named buffers that would destroy what their stage still reads: a later launch of the stage reads the words,
 * or the launch itself reads them at other coordinates.
 */
export function clashes(
  launches: readonly Launch[],
  ranges: readonly { from: number; to: number }[],
  drafts: readonly Draft[],
  rowsBuffer: number,
): Target[] {
  const found: Target[] = [];
  for (const [i, draft] of drafts.entries()) {
    for (const { node, target } of draft.targets) {
      if (target.kind !== "buffer" || target.buffer === rowsBuffer) continue;
      const from = target.offset;
      const rows = node.shape[0] ?? 1;
      const to = target.pitch === undefined ? from + node.size : from + (rows - 1) * target.pitch + node.size / rows;
      const own = launches.slice(ranges[i]?.from, ranges[i]?.to);
      const later = drafts.flatMap((d, j) =>
        j > i && d.stage === draft.stage ? launches.slice(ranges[j]?.from, ranges[j]?.to) : [],
      );
      const reads = (l: Launch) =>
        reading(l).flatMap((views, part) =>
          views.flatMap((view) =>
            view.buffer === target.buffer && overlaps(l, view, from, to) ? [{ view, part }] : [],
          ),
        );
      if (later.some((l) => reads(l).length > 0) || own.some((l) => reads(l).some((r) => !replaced(l, r)))) {
        found.push(target);
      }
    }
  }
  return found;
}

/** The views that each part of a launch reads. */
const reading = (l: Launch): (readonly View[])[] =>
  l.kind === "contract" ? [[l.a, l.b]] : partsOf(l).map(({ views }) => views);

/**
 * Whether the launch writes a word of the view only once it has read it, and reads it for nothing else: the same word at
 * the same coordinates, in the same part or a later one. A product reads its operands many times; what a
 * concatenation's other parts read is not theirs.
 */
function replaced(l: Launch, { view, part }: { view: View; part: number }): boolean {
  if (l.kind === "contract") return false;
  return partsOf(l).some(
    ({ stores }, at) =>
      at >= part &&
      stores.some(
        ({ view: to }) =>
          view.buffer === to.buffer && view.offset === to.offset && view.strides.join() === to.strides.join(),
      ),
  );
}

function overlaps(l: Launch, v: View, from: number, to: number): boolean {
  if (l.kind === "contract") return true;
  const computed = partsOf(l).some(({ code }) => code.some((i) => i.op === "load" && i.index !== undefined));
  if (computed) return true;
  const lengths = l.kind === "map" ? l.shape : [...l.outer, ...l.inner];
  let lo = v.offset;
  let hi = v.offset;
  for (const [a, s] of v.strides.entries()) {
    const reach = s * ((lengths[a] as number) - 1);
    if (reach < 0) lo += reach;
    else hi += reach;
  }
  return lo < to && hi >= from;
}
