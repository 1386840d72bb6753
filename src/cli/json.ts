import type { BackendName, CellError, RunHistory, RunSummary } from "../../engine/protocol/index.ts";
import type { RecordedCell } from "./recording.ts";

/** What `--json` writes. Numbers that are not finite are null. */
export interface JsonReport {
  /** Null when nothing was computed. */
  backend: BackendName | null;
  /** The code cells that were run, in order. */
  cells: { id: string; index: number; ok: boolean; ms: number; error?: CellError }[];
  runs: {
    id: string;
    name: string;
    steps: number;
    seconds: number;
    final: Readonly<Record<string, number>>;
    history: RunHistory;
  }[];
  /** Of `dlnb profile`: where the time of each experiment's training step goes. */
  profiles?: unknown[];
}

export function jsonReport(
  backend: BackendName | null,
  cells: readonly RecordedCell[],
  runs: readonly RunSummary[],
  profiles: readonly unknown[] | null,
): JsonReport {
  return {
    backend,
    cells: cells.flatMap(({ cell, index, result }) =>
      result === null
        ? []
        : [{ id: cell.id, index, ok: result.ok, ms: result.wallMs, ...(result.error ? { error: result.error } : {}) }],
    ),
    runs: runs.map(({ id, name, steps, seconds, final, history }) => ({ id, name, steps, seconds, final, history })),
    ...(profiles && { profiles: [...profiles] }),
  };
}
