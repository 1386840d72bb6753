import type { RanCell, RunningCell, RunParams } from "./cells.ts";
import type { RunStatus } from "./runs.ts";

/** A kernel: how it is set up, and where it stands. */

export type BackendChoice = "auto" | "webgpu" | "wasm";
export type BackendName = "webgpu" | "wasm";

export interface InitializeParams {
  protocol: number;
  client: { name: string; version: string };
  /** Of an untitled notebook: where its runs and outputs are kept until it has a file; not given: nowhere. */
  runFolder?: string;
  /** Absolute path of the notebook file; null for an untitled one. Imports, data paths and `.dlnb/` start from its folder. */
  notebook: string | null;
  /** Working folder when the notebook is untitled. */
  folder: string;
  backend: BackendChoice;
  /** Worker threads of the wasm backend; 0 takes the machine's. */
  threads: number;
  /** Values that replace the initializer of top-level declarations of the same name (`dlnb run --set name=value`). */
  overrides: Readonly<Record<string, unknown>>;
  /** Only tries the notebook out (`dlnb profile`): fits are short, their training steps are profiled, nothing is kept. */
  profile?: { steps: number | null } | undefined;
}

export interface KernelInfo {
  protocol: number;
  version: string;
  node: string;
  pid: number;
  /** Folder that holds this notebook's run log, checkpoints and saved outputs; null for an untitled notebook. */
  runFolder: string | null;
}

/** A kernel as a client finds it that was away. */
export interface KernelState {
  info: KernelInfo;
  running: RunningCell | null;
  /** What the client before wanted to run next; it is the new client's to ask for it. */
  queued: readonly RunParams[];
  /** The last run of each cell that has ended, in that order. */
  ran: readonly RanCell[];
  /** Order of the cell that began last; 0 when none has. */
  order: number;
}

export interface KernelStatus {
  state: "idle" | "busy";
  cell: string | null;
  queued: readonly string[];
  backend: BackendName | null;
  adapter: string | null;
  run: RunStatus | null;
  memory: { rssBytes: number; heapBytes: number; deviceBytes: number };
  uptimeMs: number;
}
