/**
 * How the host and the workers talk: words at the start of the shared memory, and one message port per worker for what
 * does not fit into words. The host puts a job into the ring and raises JOBS; every worker takes every job.
 */

/** Bytes at the start of memory that belong to this protocol; kernels read nothing there that matters. */
export const CONTROL_BYTES = 4096;

/** Word positions; each that changes often has a cache line pair of its own. */
export const JOBS = 64;
export const ARRIVED = 96;
export const GENERATION = 128;
export const SLEEPERS = 160;
export const RING = 256;

export const RING_JOBS = 16;
export const JOB_WORDS = 8;

export const JobKind = { load: 1, unload: 2, run: 3 } as const;

/** A job in the ring: kind, executable, then for `run` the addresses of scalars and rows and the number of steps. */
export interface Job {
  readonly kind: (typeof JobKind)[keyof typeof JobKind];
  readonly id: number;
  readonly scalars?: number;
  readonly rows?: number;
  readonly steps?: number;
}

/** One kernel call of a step, the same on every thread. */
export interface Pass {
  /** Function of the plan's module; -1 is the contraction. */
  readonly func: number;
  readonly descriptor: number;
  /** Whether all threads take part; otherwise thread 0 does it alone. */
  readonly parallel: boolean;
  /** Whether all threads must have finished the passes before. */
  readonly barrier: boolean;
}

/** Sent on the port before a `load` job. */
export interface Program {
  readonly id: number;
  /** Absent when the plan has contractions only. */
  readonly module?: WebAssembly.Module;
  readonly passes: readonly Pass[];
  /** Bytes of a step's scalar block. */
  readonly scalarBytes: number;
  /** Where the rows of a submit begin, and bytes per step. */
  readonly rows: number;
  readonly rowBytes: number;
}

export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  readonly gemm: WebAssembly.Module;
  readonly thread: number;
  readonly threads: number;
}

/** From worker 0 after each job, from any worker when it fails. */
export type Report = { readonly done: number } | { readonly error: string };
