import type { KernelEvent, KernelInfo, KernelState, Method, Params, Result } from "../../engine/protocol/index.ts";
import type { KernelEnd, Runtime } from "../kernel/index.ts";

/** What sessions use of a `KernelProcess`. */
export interface Kernel {
  readonly info: KernelInfo;
  /** Whose Node it runs on: the editor's own has no GPU. */
  readonly runtime: Runtime;
  request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  /** Settles when the process has ended, for whatever reason; never rejects. */
  readonly ended: Promise<KernelEnd>;
  /** First call: the running cell stops and keeps its state. A second one while it still runs ends the process. */
  interrupt(): Promise<void>;
  /** Lets the kernel keep what is to keep, then ends it. */
  close(): Promise<KernelEnd>;
  /** Goes away without ending it: it waits for a client to come back, longer while a cell runs. */
  leave(): void;
}

/** A kernel that an earlier window started, and how it stands. */
export interface Rejoined {
  kernel: Kernel;
  state: KernelState;
}

/** `wait`: for a window that is about to leave it. `take`: from whoever has it. */
export type Join = "wait" | "now" | "take";

export type StartKernel = (onEvent: (event: KernelEvent) => void) => Promise<Kernel>;
