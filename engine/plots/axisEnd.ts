/**
 * Where the axis of a run that grows ends, `done` of `planned` steps being there: short runs show all that is planned from the start;
 * the axis of a long one doubles as it goes, so that the curve fills at least half of it and is seldom drawn at another scale.
 */
export function axisEnd(done: number, planned: number): number {
  let end = planned;
  while (end / 2 >= Math.max(done, 1000)) end /= 2;
  return end;
}
