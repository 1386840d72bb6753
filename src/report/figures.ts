import type { RunSummary } from "../../engine/protocol/index.ts";

/** Names of what runs ended with, what a reader asks for first: the test set, then validation; metrics before losses. */
export function figureNames(runs: readonly Pick<RunSummary, "final">[]): string[] {
  return [...new Set(runs.flatMap(({ final }) => Object.keys(final)))].sort((a, b) => rank(a) - rank(b));
}

function rank(name: string): number {
  const part = ["test", "valid", "train"].findIndex((set) => name.startsWith(set));
  return (part < 0 ? 3 : part) * 2 + (name.endsWith("Loss") ? 1 : 0);
}

/** testAccuracy: "test accuracy". */
export const words = (name: string) => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
