import type { KernelEvent, KernelInfo, Method, Params, Result } from "../../engine/protocol/index.ts";

/** A running kernel as sessions use it. */
export interface Kernel {
  readonly info: KernelInfo;
  request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>>;
  /** Settles when the process has ended, for whatever reason; never rejects. */
  readonly ended: Promise<KernelEnd>;
  /** Ends the process at once. */
  kill(): void;
}

export interface KernelEnd {
  /** "exited (code 134)", "was killed (SIGKILL)". */
  how: string;
  /** The last lines it wrote to stderr. */
  lastOutput: string;
}

export type StartKernel = (onEvent: (event: KernelEvent) => void) => Promise<Kernel>;
