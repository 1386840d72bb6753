import { availableParallelism } from "node:os";
import { BackendError } from "../../errors/index.ts";
import type { BackendReport } from "../../protocol/index.ts";
import { type TypedArray, viewAs, WORD_BYTES } from "../../tensor/index.ts";
import type { Backend, BackendProvider, DeviceBuffer, Executable } from "../backend.ts";
import { MAX_STEPS_PER_SUBMIT, type Plan, ROW_SLOT } from "../launch.ts";
import { type Compiled, compile } from "./compile.ts";
import { CONTROL_BYTES, MAX_THREADS } from "./control.ts";
import { Crew } from "./crew.ts";
import { fusedProbe, gemmModule, simdProbe, tileRows, workspaceBytes } from "./gemm.ts";
import { Heap } from "./heap.ts";
import { Pool } from "./pool.ts";

/** The CPU: WebAssembly SIMD kernels over shared memory, run by a pool of worker threads. */
export const wasmProvider: BackendProvider = {
  name: "wasm",
  open: async ({ threads, log }) => {
    const count = Math.min(threads > 0 ? threads : availableParallelism(), MAX_THREADS);
    const features = probe();
    if (!features.simd) throw new BackendError("wasm: this runtime has no WebAssembly SIMD; Node 20 or newer has it");
    const backend = new WasmBackend(count, features.fused, await WebAssembly.compile(gemmModule(features.fused)));
    log(`wasm: ${backend.adapter}`);
    return backend;
  },
  report: async (): Promise<BackendReport> => {
    const { simd, relaxed, fused } = probe();
    const cores = availableParallelism();
    const yes = (has: boolean) => (has ? "yes" : "no");
    return {
      backend: "wasm",
      available: simd,
      adapters: [{ name: `CPU, ${cores} ${cores === 1 ? "core" : "cores"}`, vendor: process.arch, kind: "cpu" }],
      detail: `SIMD ${yes(simd)}, relaxed SIMD ${yes(relaxed)}, fused multiply-add ${yes(fused)}`,
      mend: simd ? "" : "run with Node 20 or newer",
    };
  },
};

interface Features {
  readonly simd: boolean;
  readonly relaxed: boolean;
  /** relaxed_madd rounds once: only then is it faster than a product and a sum. */
  readonly fused: boolean;
}

function probe(): Features {
  const simd = WebAssembly.validate(simdProbe());
  const relaxed = simd && WebAssembly.validate(fusedProbe());
  if (!relaxed) return { simd, relaxed, fused: false };
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: true });
  const { f0 } = new WebAssembly.Instance(new WebAssembly.Module(fusedProbe()), { env: { memory } }).exports;
  (f0 as (address: number) => void)(0);
  return { simd, relaxed, fused: new Float32Array(memory.buffer)[0] !== 0 };
}

class WasmBuffer implements DeviceBuffer {
  readonly words: number;
  readonly at: number;
  readonly label: string;
  disposed = false;
  readonly #free: () => void;

  constructor(at: number, words: number, label: string, free: () => void) {
    this.at = at;
    this.words = words;
    this.label = label;
    this.#free = free;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.#free();
  }
}

class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly adapter: string;
  readonly maxBuffersPerLaunch = 64;
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #tile: number;
  readonly #workspace: number;
  #programs = 0;

  constructor(threads: number, fused: boolean, gemm: WebAssembly.Module) {
    this.adapter = `${threads} ${threads === 1 ? "thread" : "threads"}, ${fused ? "relaxed SIMD" : "SIMD"}`;
    this.#tile = tileRows(fused);
    this.#heap = new Heap(CONTROL_BYTES + threads * workspaceBytes);
    this.#workspace = CONTROL_BYTES;
    this.#pool = new Pool(this.#heap.memory, gemm, threads);
  }

  get lost(): Promise<string> {
    return this.#pool.lost;
  }

  get deviceBytes(): number {
    return this.#heap.used;
  }

  alloc(words: number, label: string): DeviceBuffer {
    const bytes = words * WORD_BYTES;
    const at = this.#heap.alloc(bytes, label);
    return new WasmBuffer(at, words, label, () => this.#free(at, bytes));
  }

  /** Work that is under way may still touch the memory: it is free after that. */
  #free(at: number, bytes: number): void {
    this.#pool.host(() => this.#heap.free(at, bytes));
  }

  write(buffer: DeviceBuffer, data: TypedArray, offsetWords = 0): void {
    const { at } = within(buffer, offsetWords, data.length, "write");
    const words = new Uint32Array(viewAs("u32", data));
    this.#pool.host(() => this.#words(at, words.length).set(words));
  }

  read(buffer: DeviceBuffer, offsetWords = 0, words = buffer.words - offsetWords): Promise<Uint32Array> {
    const { at } = within(buffer, offsetWords, words, "read");
    return new Promise((resolve, reject) => this.#pool.host(() => resolve(this.#words(at, words).slice()), reject));
  }

  #words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.#heap.memory.buffer, at, length);
  }

  async compile(plan: Plan, named: Readonly<Record<string, DeviceBuffer>>): Promise<Executable> {
    const addresses = plan.buffers.map(({ name, words }) => {
      if (name === undefined) return undefined;
      const buffer = named[name];
      if (!buffer) throw new BackendError(`wasm: plan ${plan.label}: no buffer "${name}" was given`);
      return within(buffer, 0, words, `plan ${plan.label}: buffer "${name}"`).at;
    });
    const compiled = await compile(plan, addresses, {
      heap: this.#heap,
      threads: this.#pool.threads,
      tile: this.#tile,
      workspace: this.#workspace,
    });
    const program = new WasmExecutable(++this.#programs, plan, compiled, this.#heap, this.#pool);
    await program.load();
    return program;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** The buffer as ours, with room for `words` words from `offset` on. */
function within(buffer: DeviceBuffer, offset: number, words: number, what: string): { at: number } {
  if (!(buffer instanceof WasmBuffer)) throw new BackendError(`wasm: ${what}: the buffer is from another backend`);
  if (buffer.disposed) throw new BackendError(`wasm: ${what}: buffer ${buffer.label} was disposed`);
  if (offset < 0 || offset + words > buffer.words) {
    throw new BackendError(
      `wasm: ${what}: ${words} words at ${offset} do not fit into buffer ${buffer.label} of ${buffer.words}`,
    );
  }
  return { at: buffer.at + offset * WORD_BYTES };
}

/** Memory of one submit: its scalar blocks, and the rows until the host has read them. */
interface Slot {
  readonly at: number;
  readonly bytes: number;
  readonly steps: number;
}

class WasmExecutable implements Executable {
  readonly #id: number;
  readonly #plan: Plan;
  readonly #compiled: Compiled;
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #crew: Crew;
  #slots: Slot[] = [];
  #disposed = false;

  constructor(id: number, plan: Plan, compiled: Compiled, heap: Heap, pool: Pool) {
    this.#id = id;
    this.#plan = plan;
    this.#compiled = compiled;
    this.#heap = heap;
    this.#pool = pool;
    this.#crew = new Crew(compiled.passes.some((pass) => pass.parallel) ? pool.threads : 1);
  }

  load(): Promise<void> {
    const { module, passes, buffers } = this.#compiled;
    const { rows, rowWords, scalarWords } = this.#plan;
    return this.#pool.load({
      id: this.#id,
      ...(module && { module }),
      passes,
      scalarBytes: scalarWords * WORD_BYTES,
      rows: rows < 0 ? 0 : (buffers[rows] as { at: number }).at,
      rowBytes: rows < 0 ? 0 : rowWords * WORD_BYTES,
    });
  }

  async submit(scalars: Uint32Array, count: number): Promise<Uint32Array> {
    const { label, scalarWords, rowWords, rows } = this.#plan;
    if (this.#disposed) throw new BackendError(`wasm: plan ${label} was disposed`);
    if (!(count >= 1 && count <= MAX_STEPS_PER_SUBMIT) || scalars.length !== count * scalarWords) {
      throw new BackendError(
        `wasm: plan ${label}: ${count} steps with ${scalars.length} scalar words; 1 to ${MAX_STEPS_PER_SUBMIT} steps of ${scalarWords} words fit`,
      );
    }
    const slot = this.#slot(count);
    const scalarBytes = scalars.length * WORD_BYTES;
    const block = new Uint32Array(this.#heap.memory.buffer, slot.at, scalars.length);
    block.set(scalars);
    for (let step = 0; step < count; step++) block[step * scalarWords + ROW_SLOT] = step;
    const rowsAt = slot.at + scalarBytes;
    const threads = this.#crew.pick();
    const ms = await this.#pool.run({ id: this.#id, threads, steps: count, scalars: slot.at, rows: rowsAt });
    this.#crew.learn(threads, ms / count);
    const result = new Uint32Array(this.#heap.memory.buffer, rowsAt, rows < 0 ? 0 : count * rowWords).slice();
    if (this.#disposed) this.#heap.free(slot.at, slot.bytes);
    else this.#slots.push(slot);
    return result;
  }

  /** A slot that is free and large enough, or a new one. */
  #slot(steps: number): Slot {
    const i = this.#slots.findIndex((s) => s.steps >= steps);
    if (i >= 0) return this.#slots.splice(i, 1)[0] as Slot;
    const { label, scalarWords, rowWords } = this.#plan;
    const bytes = steps * (scalarWords + rowWords) * WORD_BYTES;
    return { at: this.#heap.alloc(bytes, `${label}: submit`), bytes, steps };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.unload(this.#id).catch(() => {});
    this.#pool.host(() => {
      for (const { at, bytes } of [...this.#compiled.owned, ...this.#slots]) this.#heap.free(at, bytes);
      this.#slots = [];
    });
  }
}
