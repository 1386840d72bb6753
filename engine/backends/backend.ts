import type { BackendName, BackendReport } from "../protocol/index.ts";
import type { TypedArray } from "../tensor/index.ts";
import type { Plan } from "./launch.ts";
import type { Peaks } from "./peaks.ts";
import type { Profile } from "./profile.ts";

/** Memory on the device that outlives plans: parameters, optimizer state, data, running statistics. */
export interface DeviceBuffer {
  readonly words: number;
  /** Frees the memory; using the buffer afterwards throws BackendError. Idempotent. */
  dispose(): void;
}

/** A compiled plan, bound to its named buffers. */
export interface Executable {
  /**
   * Runs `count` steps (1 to MAX_STEPS_PER_SUBMIT) in order. `scalars` has `count * plan.scalarWords` words, one block
   * per step; the backend copies it at once and fills in ROW_SLOT. Resolves with `count * plan.rowWords` words once all
   * steps are done. Submits run in the order of their calls, across all executables of a backend, and several may be
   * under way: keep two in flight so that the device never waits for the host.
   * Rejects with BackendError when the device is lost.
   */
  submit(scalars: Uint32Array, count: number): Promise<Uint32Array>;
  /**
   * Runs `count` steps (2 or more) as `submit` does, with the same effect, and tells what they took: turns of steps that
   * run as ever alternate with turns in which every launch is measured. Rows are not brought back.
   */
  profile(scalars: Uint32Array, count: number): Promise<Profile>;
  dispose(): void;
}

export interface Backend {
  readonly name: BackendName;
  /** Adapter or CPU feature text for people: "SwiftShader Device (LLVM 16)", "2 threads, relaxed SIMD". */
  readonly adapter: string;
  /** Storage buffers one launch may touch (views and stores together); the plan keeps launches below it. */
  readonly maxBuffersPerLaunch: number;
  /** Bytes of device memory held now. */
  readonly deviceBytes: number;
  /** Bytes that may still be allocated, and that one buffer may have; Infinity where the device does not say. */
  readonly room: { readonly free: number; readonly largest: number };
  /** Fresh zeroed memory. Throws BackendError with the size when there is not enough. */
  alloc(words: number, label: string): DeviceBuffer;
  /** Copies host words to the device, ordered with submits. */
  write(buffer: DeviceBuffer, data: TypedArray, offsetWords?: number): void;
  /** Copies device words back, after every submit called before it. */
  read(buffer: DeviceBuffer, offsetWords?: number, words?: number): Promise<Uint32Array>;
  /** Compiles a plan. `named` holds a buffer for every named buffer of the plan, at least as large. */
  compile(plan: Plan, named: Readonly<Record<string, DeviceBuffer>>): Promise<Executable>;
  /**
   * What the device does at best with `threads` threads, the copy within `bytes` of memory: measured in a fraction of a
   * second at the first call, kept for later ones.
   */
  peaks(threads: number, bytes: number): Promise<Peaks>;
  /** Resolves with the reason when the device is lost or a worker died; never rejects. */
  readonly lost: Promise<string>;
  close(): Promise<void>;
}

/** How a backend is found and opened: `engine/backends/{wasm,webgpu}/index.ts` each export one. */
export interface BackendProvider {
  readonly name: BackendName;
  open(options: { threads: number; log: (text: string) => void }): Promise<Backend>;
  report(): Promise<BackendReport>;
}
