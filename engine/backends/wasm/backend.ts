import { BackendError } from "../../errors/index.ts";
import { type TypedArray, viewAs, WORD_BYTES } from "../../tensor/index.ts";
import type { Backend, DeviceBuffer, Executable } from "../backend.ts";
import type { Plan } from "../launch.ts";
import type { Peaks } from "../peaks.ts";
import { multiplies } from "./check.ts";
import { compile } from "./compile.ts";
import { CONTROL_BYTES } from "./control.ts";
import { WasmExecutable } from "./executable.ts";
import { gemmModule, TILES, type Tile, workspaceBytes } from "./gemm.ts";
import { Heap } from "./heap.ts";
import { measurePeaks, peaksModule } from "./peaks.ts";
import { Pool } from "./pool.ts";
import { canWiden, compileWide } from "./wide.ts";

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

export class WasmBackend implements Backend {
  readonly name = "wasm";
  readonly adapter: string;
  readonly maxBuffersPerLaunch = 64;
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #tile: Tile;
  readonly #workspace: number;
  readonly #peaks = new Map<string, Promise<Peaks>>();
  #programs = 0;

  static async open(threads: number, tile: Tile, log: (text: string) => void = () => {}): Promise<WasmBackend> {
    const gemm = await optimized(gemmModule(tile), tile);
    // the optimization of vectors is one that V8 calls experimental: it is believed once it was seen to be right
    if (tile !== TILES.wide || multiplies(gemm, tile)) return new WasmBackend(threads, tile, gemm);
    log("wasm: vectors of 256 bits give wrong products in this runtime, so those of 128 bits are taken");
    return WasmBackend.open(threads, TILES.fused);
  }

  private constructor(threads: number, tile: Tile, gemm: WebAssembly.Module) {
    const simd = tile === TILES.wide ? "relaxed SIMD of 256 bits" : tile.fused ? "relaxed SIMD" : "SIMD";
    this.adapter = `${threads} ${threads === 1 ? "thread" : "threads"}, ${simd}`;
    this.#tile = tile;
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

  get room(): { free: number; largest: number } {
    return { free: this.#heap.room, largest: this.#heap.room };
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
    const at = within(buffer, offsetWords, data.length, "write").at + offsetWords * WORD_BYTES;
    const words = viewAs("u32", data);
    const kept = this.#pool.idle ? words : words.slice(); // what waits must not change under the caller's hands
    this.#pool.host(() => this.#words(at, kept.length).set(kept));
  }

  read(buffer: DeviceBuffer, offsetWords = 0, words = buffer.words - offsetWords): Promise<Uint32Array> {
    const at = within(buffer, offsetWords, words, "read").at + offsetWords * WORD_BYTES;
    return new Promise((resolve, reject) => this.#pool.host(() => resolve(this.#words(at, words).slice()), reject));
  }

  #words(at: number, length: number): Uint32Array {
    return new Uint32Array(this.#heap.memory.buffer, at, length);
  }

  async compile(plan: Plan, named: Readonly<Record<string, DeviceBuffer>>): Promise<Executable> {
    const own: WasmBuffer[] = [];
    const addresses = plan.buffers.map(({ name, words }) => {
      if (name === undefined) return undefined;
      const buffer = named[name];
      if (!buffer) throw new BackendError(`wasm: plan ${plan.label}: no buffer "${name}" was given`);
      own.push(within(buffer, 0, words, `plan ${plan.label}: buffer "${name}"`));
      return own.at(-1)?.at;
    });
    const compiled = await compile(plan, addresses, {
      heap: this.#heap,
      threads: this.#pool.threads,
      tile: this.#tile,
      workspace: this.#workspace,
    });
    const program = new WasmExecutable(++this.#programs, plan, compiled, own, this.#heap, this.#pool);
    await program.load();
    return program;
  }

  peaks(threads: number, bytes: number): Promise<Peaks> {
    const key = `${threads} ${bytes}`;
    const known = this.#peaks.get(key);
    if (known) return known;
    const ids = [++this.#programs, ++this.#programs] as const;
    const found = optimized(peaksModule(this.#tile), this.#tile).then((module) =>
      measurePeaks({ heap: this.#heap, pool: this.#pool, module, tile: this.#tile, ids }, threads, bytes),
    );
    this.#peaks.set(key, found);
    return found;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

/** A module that works in registers as wide as those of the tile. */
async function optimized(bytes: Uint8Array<ArrayBuffer>, tile: Tile): Promise<WebAssembly.Module> {
  return tile === TILES.wide && canWiden() ? compileWide(bytes) : await WebAssembly.compile(bytes);
}

/** The buffer as ours, with room for `words` words from `offset` on. */
function within(buffer: DeviceBuffer, offset: number, words: number, what: string): WasmBuffer {
  if (!(buffer instanceof WasmBuffer)) throw new BackendError(`wasm: ${what}: the buffer is from another backend`);
  if (buffer.disposed) throw new BackendError(`wasm: ${what}: buffer ${buffer.label} was disposed`);
  if (offset < 0 || offset + words > buffer.words) {
    throw new BackendError(
      `wasm: ${what}: ${words} words at ${offset} do not fit into buffer ${buffer.label} of ${buffer.words}`,
    );
  }
  return buffer;
}
