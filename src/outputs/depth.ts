/** Deeper values are nothing that a kernel writes, and too deep for what walks them by calling itself. */
const MOST_DEPTH = 200;

/** Whether JSON, which anybody may have written, is nested no deeper than programs can follow. */
export function isShallow(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MOST_DEPTH) return false;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return true;
}
