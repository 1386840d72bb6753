import type { WebgpuBackend } from "./device.ts";

/** Timestamps of one query set, at most (WebGPU, section 20.3). */
const MOST_QUERIES = 4096;

/**
 * Measures compute passes by the device's own clock; where the device has none, by the host's, each pass as a submit of
 * its own, less what an empty one takes.
 */
export class Stopwatch {
  readonly #backend: WebgpuBackend;
  readonly #queries: GPUQuerySet | undefined;
  readonly #resolved: GPUBuffer | undefined;
  /** Milliseconds of a submit without work, where the host's clock is used. */
  #empty: number | undefined;

  constructor(backend: WebgpuBackend) {
    this.#backend = backend;
    if (!backend.device.features.has("timestamp-query")) return;
    this.#queries = backend.device.createQuerySet({ type: "timestamp", count: MOST_QUERIES });
    const usage = GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC;
    this.#resolved = backend.createBuffer(8 * MOST_QUERIES, usage, "timestamps");
  }

  /** Encodes and runs the passes in order; milliseconds of each. */
  async time(passes: readonly ((pass: GPUComputePassEncoder) => void)[]): Promise<number[]> {
    const all: number[] = [];
    if (!this.#queries) {
      this.#empty ??= Math.min(await this.#wall(), await this.#wall(), await this.#wall());
      for (const encode of passes) all.push(Math.max(0, (await this.#wall(encode)) - this.#empty));
      return all;
    }
    for (let from = 0; from < passes.length; from += MOST_QUERIES / 2) {
      all.push(...(await this.#stamped(this.#queries, passes.slice(from, from + MOST_QUERIES / 2))));
    }
    return all;
  }

  async #stamped(querySet: GPUQuerySet, passes: readonly ((pass: GPUComputePassEncoder) => void)[]): Promise<number[]> {
    const encoder = this.#backend.device.createCommandEncoder();
    for (const [i, encode] of passes.entries()) {
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 },
      });
      encode(pass);
      pass.end();
    }
    const resolved = this.#resolved as GPUBuffer;
    encoder.resolveQuerySet(querySet, 0, 2 * passes.length, resolved, 0);
    const words = await this.#backend.finish(encoder, resolved, 0, 4 * passes.length);
    const nanoseconds = new BigUint64Array(words.buffer, words.byteOffset, 2 * passes.length);
    return passes.map((_, i) => Number((nanoseconds[2 * i + 1] as bigint) - (nanoseconds[2 * i] as bigint)) / 1e6);
  }

  async #wall(encode: (pass: GPUComputePassEncoder) => void = () => {}): Promise<number> {
    const encoder = this.#backend.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    encode(pass);
    pass.end();
    const began = performance.now();
    await this.#backend.finish(encoder, undefined, 0, 0);
    return performance.now() - began;
  }

  dispose(): void {
    this.#queries?.destroy();
    if (this.#resolved) this.#backend.destroyBuffer(this.#resolved);
  }
}
