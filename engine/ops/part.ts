import type { Part } from "../backends/launch.ts";

let current: Part | undefined;

/** The part of a step that values made now belong to. */
export const currentPart = (): Part | undefined => current;

/** Values that `make` makes belong to `part`, but for those that name a part of their own. */
export function within<T>(part: Part | undefined, make: () => T): T {
  const before = current;
  current = part;
  try {
    return make();
  } finally {
    current = before;
  }
}
