import type { Backend } from "../../engine/backends/backend.ts";
import type { CellEvent, RunContext } from "../../engine/context/index.ts";

/** A cell's context for tests: collects events, keeps nothing on disk unless given a folder. */
export function testContext(
  backend: Backend,
  options: { folder?: string; signal?: AbortSignal } = {},
): RunContext & { events: CellEvent[] } {
  const events: CellEvent[] = [];
  let fresh = 0;
  return {
    cell: "test",
    signal: options.signal ?? new AbortController().signal,
    events,
    emit: (event) => void events.push(event),
    log: () => {},
    freshId: (prefix) => {
      fresh += 1;
      return `${prefix}-${fresh}`;
    },
    runFolder: options.folder ?? null,
    notebookFolder: options.folder ?? ".",
    backend: async () => backend,
    shield: (work) => work,
  };
}
