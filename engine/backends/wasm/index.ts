import { availableParallelism } from "node:os";
import { BackendError } from "../../errors/index.ts";
import type { BackendReport } from "../../protocol/index.ts";
import type { BackendProvider } from "../backend.ts";
import { WasmBackend } from "./backend.ts";
import { MAX_THREADS } from "./control.ts";
import { TILES } from "./gemm.ts";
import { probe } from "./probe.ts";

/** The CPU: WebAssembly SIMD kernels over shared memory, run by a pool of worker threads. */
export const wasmProvider: BackendProvider = {
  name: "wasm",
  open: async ({ threads, log }) => {
    const count = Math.min(threads > 0 ? threads : availableParallelism(), MAX_THREADS);
    const features = probe();
    if (!features.simd) throw new BackendError("wasm: this runtime has no WebAssembly SIMD; Node 20 or newer has it");
    const backend = await WasmBackend.open(
      count,
      features.wide ? TILES.wide : features.fused ? TILES.fused : TILES.plain,
      log,
    );
    log(`wasm: ${backend.adapter}`);
    return backend;
  },
  report: async (): Promise<BackendReport> => {
    const { simd, relaxed, fused, wide } = probe();
    const cores = availableParallelism();
    const yes = (has: boolean) => (has ? "yes" : "no");
    return {
      backend: "wasm",
      available: simd,
      adapters: [{ name: `CPU, ${cores} ${cores === 1 ? "core" : "cores"}`, vendor: process.arch, kind: "cpu" }],
      detail: `SIMD ${yes(simd)}, relaxed SIMD ${yes(relaxed)}, fused multiply-add ${yes(fused)}, 256 bits ${yes(wide)}`,
      mend: simd ? "" : "run with Node 20 or newer",
    };
  },
};
