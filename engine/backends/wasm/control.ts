/**
 * How the host and the workers talk: every worker gets its jobs as messages on a port of its own, and sleeps on a word of
 * shared memory that counts them. Threads that run a job together meet at a barrier in shared memory.
 */

/** Bytes at the start of memory that belong to this protocol; kernels read nothing there that matters. */
export const CONTROL_BYTES = 65_536;

/** Word positions. Each that changes often has two cache lines of its own: processors fetch them in pairs. */
export const ARRIVED = 64;
export const GENERATION = 96;
export const SLEEPERS = 128;
/** Serial number of the run that thread 0 is in. */
export const STARTED = 160;
/** Jobs posted to worker 0, and at every 32 further words to the next worker. */
const JOBS = 192;
export const jobsWord = (thread: number): number => JOBS + 32 * thread;
export const MAX_THREADS = (CONTROL_BYTES / 4 - JOBS) / 32;

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

/** Steps of a program, by threads 0 to `threads - 1`. */
export interface Run {
  readonly id: number;
  readonly serial: number;
  readonly threads: number;
  /** The first step of the submit to run, and how many. */
  readonly first: number;
  readonly steps: number;
  /** Addresses of the submit's scalar blocks, and of where its rows are to be copied. */
  readonly scalars: number;
  readonly rows: number;
  /** Whether thread 0 looks at its clock around every pass. */
  readonly measured?: boolean;
}

export type Job = { readonly load: Program } | { readonly unload: number } | { readonly run: Run };

export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  readonly gemm: WebAssembly.Module;
  readonly thread: number;
}

/** What a job took, by the clock of worker 0. */
export interface Took {
  readonly ms: number;
  /** Of a measured run: for every step and pass, milliseconds of the pass and of the wait at the barrier after it. */
  readonly times?: Float64Array<ArrayBuffer>;
}

/** From worker 0 after each job; from any worker when it fails. */
export type Report = Took | { readonly error: string };
