import { BackendError } from "../../errors/index.ts";
import { type TypedArray, viewAs, WORD_BYTES } from "../../tensor/index.ts";
import type { Plan } from "../launch.ts";
import { compileNow, type Target } from "./compile.ts";
import { CONTROL_BYTES } from "./control.ts";
import { GEMM, gemmModule, TILES, workspaceBytes } from "./gemm.ts";
import { Heap } from "./heap.ts";
import { probe } from "./probe.ts";

type KernelCall = (descriptor: number, scalars: number, thread: number, threads: number) => void;
type Exports = Readonly<Record<string, KernelCall>>;

/**
 * Runs plans in the calling thread and returns with their results: for single expressions, whose numbers a cell wants to
 * print in the next line. The kernels are those of the pool's threads, so a value has the bits that it has there.
 */
export class Calculator {
  readonly #target: Target;
  readonly #imports: WebAssembly.Imports;
  readonly #contract: KernelCall;
  readonly #instances = new WeakMap<WebAssembly.Module, Exports>();

  /** Throws BackendError where the runtime has no WebAssembly SIMD. */
  constructor() {
    const { simd, fused } = probe();
    if (!simd) throw new BackendError("wasm: this runtime has no WebAssembly SIMD; Node 20 or newer has it");
    const tile = fused ? TILES.fused : TILES.plain;
    const heap = new Heap(CONTROL_BYTES + workspaceBytes);
    this.#target = { heap, threads: 1, tile, workspace: CONTROL_BYTES };
    this.#imports = { env: { memory: heap.memory } };
    const library = this.#instance(new WebAssembly.Module(gemmModule(tile)));
    this.#contract = library[`f${GEMM.contract}`] as KernelCall;
  }

  /**
   * One step of `plan`, which reports no rows: `given` are the contents of its named buffers, those that are not among them
   * are zeros at first. Returns the words of buffers `wanted`. Throws BackendError when memory does not suffice.
   */
  run(plan: Plan, given: Readonly<Record<string, TypedArray>>, wanted: readonly string[]): Uint32Array<ArrayBuffer>[] {
    const { heap } = this.#target;
    const owned: { at: number; bytes: number }[] = [];
    const alloc = (words: number, label: string): number => {
      const bytes = words * WORD_BYTES;
      const at = heap.alloc(bytes, label);
      owned.push({ at, bytes });
      return at;
    };
    const words = (at: number, count: number) => new Uint32Array(heap.memory.buffer, at, count);
    try {
      const places = new Map<string, { at: number; words: number }>();
      const named = plan.buffers.map(({ name, words: count }) => {
        if (name === undefined) return undefined;
        const at = alloc(count, name);
        places.set(name, { at, words: count });
        const data = given[name];
        if (data) words(at, data.length).set(viewAs("u32", data));
        return at;
      });
      const compiled = compileNow(plan, named, this.#target);
      owned.push(...compiled.owned);
      const scalars = alloc(plan.scalarWords, "scalars");
      const calls = compiled.module && this.#instance(compiled.module);
      for (const { func, descriptor } of compiled.passes) {
        const call = func < 0 ? this.#contract : (calls?.[`f${func}`] as KernelCall);
        call(descriptor, scalars, 0, 1);
      }
      return wanted.map((name) => {
        const { at, words: count } = places.get(name) as { at: number; words: number };
        return words(at, count).slice() as Uint32Array<ArrayBuffer>;
      });
    } finally {
      for (const { at, bytes } of owned) heap.free(at, bytes);
    }
  }

  #instance(module: WebAssembly.Module): Exports {
    const known = this.#instances.get(module) ?? (new WebAssembly.Instance(module, this.#imports).exports as Exports);
    this.#instances.set(module, known);
    return known;
  }
}
