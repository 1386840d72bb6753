/** An iteration space with several strided things over it; `steps[i]` are the strides of thing i. */
export interface Axes {
  readonly shape: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

/**
 * The same space with fewer axes: axes of length 1 go, and neighbours along which every thing moves evenly become one.
 * With `leader`, axes are first put in descending order of the strides of `steps[leader[0]]`, then `steps[leader[1]]`,
 * and so on, so that the last axis is the one they walk with the smallest strides; without it the order stays.
 */
export function simplify(shape: readonly number[], steps: Axes["steps"], leader: readonly number[] = []): Axes {
  const size = (list: number, axis: number) => Math.abs(steps[list]?.[axis] ?? 0);
  const order = shape.map((_, axis) => axis).filter((axis) => shape[axis] !== 1);
  if (leader.length > 0) {
    order.sort((p, q) => {
      const list = leader.find((l) => size(l, p) !== size(l, q));
      return list === undefined ? p - q : size(list, q) - size(list, p);
    });
  }
  const merged: { length: number; steps: number[] }[] = [];
  for (const axis of order) {
    const length = shape[axis] as number;
    const next = steps.map((list) => list[axis] as number);
    const last = merged.at(-1);
    if (last?.steps.every((step, i) => step === (next[i] as number) * length)) {
      last.length *= length;
      last.steps = next;
    } else merged.push({ length, steps: next });
  }
  return { shape: merged.map((m) => m.length), steps: steps.map((_, i) => merged.map((m) => m.steps[i] as number)) };
}
