import { createHash } from "node:crypto";
import { BackendError } from "../../errors/index.ts";
import type { TypedArray } from "../../tensor/index.ts";
import type { Backend, DeviceBuffer, Executable } from "../backend.ts";
import type { Plan } from "../launch.ts";
import type { Peaks } from "../peaks.ts";
import { defineGlobals, type FoundAdapter } from "./adapter.ts";
import { Choices } from "./choices.ts";
import { TILES, type Tile } from "./contract.ts";
import { compilePlan } from "./executable.ts";
import type { Kernel, Target } from "./kernel.ts";
import { measurePeaks } from "./peaks.ts";
import { expectSoon, pausePolling } from "./polling.ts";
import { Tuning } from "./tuning.ts";

/** Largest piece of one host-to-device copy, so that a big data set does not need as much staging memory at once. */
const WRITE_BYTES = 32 * 2 ** 20;

export async function openDevice(
  found: FoundAdapter,
  log: (text: string) => void,
  options: DeviceOptions = {},
): Promise<WebgpuBackend> {
  await defineGlobals();
  pausePolling();
  const { limits } = found.adapter;
  const timestamps: GPUFeatureName = "timestamp-query";
  const device = await found.adapter.requestDevice({
    label: "dlnb",
    requiredFeatures: found.adapter.features.has(timestamps) ? [timestamps] : [],
    requiredLimits: {
      maxBufferSize: limits.maxBufferSize,
      maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
      maxStorageBuffersPerShaderStage: limits.maxStorageBuffersPerShaderStage,
      maxUniformBufferBindingSize: limits.maxUniformBufferBindingSize,
    },
  });
  return new WebgpuBackend(found, device, log, options);
}

export interface DeviceOptions {
  /** What the kernels are for, where the adapter's kind is not to decide. */
  readonly target?: Target;
  /** The tile of all products; absent: what was measured to be best, or the usual one. */
  readonly tile?: Tile;
  /** File for what was measured, null to keep it within this process; absent: nothing is measured. */
  readonly choices?: string | null;
}

export class WebgpuBackend implements Backend {
  readonly name = "webgpu";
  readonly adapter: string;
  readonly maxBuffersPerLaunch: number;
  readonly device: GPUDevice;
  readonly target: Target;
  readonly lost: Promise<string>;
  readonly log: (text: string) => void;
  /** Kernels that were chosen by measuring; undefined where nothing is to be measured. */
  readonly choices: Choices | undefined;
  readonly #tuning: Tuning;
  readonly #tile: Tile | undefined;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();
  readonly #bytes = new Map<GPUBuffer, number>();
  readonly #memory = new WeakMap<DeviceBuffer, GPUBuffer>();
  readonly #staging: GPUBuffer[] = [];
  readonly #peaks = new Map<number, Promise<Peaks>>();
  /** Error scopes whose result is still to come. */
  readonly #scopes = new Set<Promise<void>>();
  /** Why nothing works any more. */
  #fault: string | undefined;
  #closed = false;

  constructor(found: FoundAdapter, device: GPUDevice, log: (text: string) => void, options: DeviceOptions) {
    this.adapter = found.name;
    this.device = device;
    this.target = options.target ?? (found.kind === "cpu" ? "cpu" : "gpu");
    this.log = log;
    this.#tile = options.tile;
    this.#tuning = new Tuning(this);
    const kernels = `${found.name}, kernels ${digest(JSON.stringify(TILES[this.target]))}`;
    this.choices = options.choices === undefined ? undefined : new Choices(options.choices, kernels, log);
    // a kernel may add a table or partial results of its own
    this.maxBuffersPerLaunch = device.limits.maxStorageBuffersPerShaderStage - 1;
    this.lost = new Promise((resolve) => {
      device.lost.then(({ message, reason }) => {
        this.#fault ??= this.#closed ? "the device was closed" : `the device was lost: ${message || reason}`;
        if (!this.#closed) resolve(this.#fault);
      });
    });
    device.onuncapturederror = ({ error }) => {
      this.#fault ??= error.message;
      this.log(`webgpu: ${error.message}`);
    };
  }

  get deviceBytes(): number {
    let sum = 0;
    for (const bytes of this.#bytes.values()) sum += bytes;
    return sum;
  }

  get room(): { free: number; largest: number } {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    return { free: Number.POSITIVE_INFINITY, largest: Math.min(maxBufferSize, maxStorageBufferBindingSize) };
  }

  alloc(words: number, label: string): DeviceBuffer {
    this.check();
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const memory = this.createBuffer(words * 4, usage, label);
    const buffer: DeviceBuffer = {
      words,
      dispose: () => {
        this.#memory.delete(buffer);
        this.destroyBuffer(memory);
      },
    };
    this.#memory.set(buffer, memory);
    return buffer;
  }

  write(buffer: DeviceBuffer, data: TypedArray, offsetWords = 0): void {
    this.check();
    const memory = this.#memoryOf(buffer, offsetWords, data.length);
    for (let at = 0; at < data.byteLength; at += WRITE_BYTES) {
      const bytes = Math.min(WRITE_BYTES, data.byteLength - at);
      this.device.queue.writeBuffer(
        memory,
        offsetWords * 4 + at,
        data.buffer as ArrayBuffer,
        data.byteOffset + at,
        bytes,
      );
    }
  }

  async read(buffer: DeviceBuffer, offsetWords = 0, words = buffer.words - offsetWords): Promise<Uint32Array> {
    this.check();
    const memory = this.#memoryOf(buffer, offsetWords, words);
    return this.finish(this.device.createCommandEncoder(), memory, offsetWords, words);
  }

  async compile(plan: Plan, named: Readonly<Record<string, DeviceBuffer>>): Promise<Executable> {
    this.check();
    const bound = new Map<string, DeviceBuffer>();
    const memoryOf = (name: string, words: number) => {
      const buffer = named[name];
      if (!buffer) throw new BackendError(`${plan.label}: no buffer is given for "${name}"`);
      bound.set(name, buffer);
      return this.#memoryOf(buffer, 0, words);
    };
    const tiles = this.#tile ? () => this.#tile : await this.#tuning.tilesOf(plan);
    const program = await compilePlan(this, plan, memoryOf, tiles);
    // asked before Dawn, which would take the whole device for faulty
    const check = () => {
      for (const [name, buffer] of bound) {
        if (!this.#memory.has(buffer)) throw new BackendError(`webgpu: ${plan.label}: buffer "${name}" was disposed`);
      }
    };
    return {
      submit: async (scalars, count) => {
        check();
        return program.submit(scalars, count);
      },
      profile: async (scalars, count) => {
        check();
        return program.profile(scalars, count);
      },
      dispose: () => program.dispose(),
    };
  }

  peaks(_threads: number, bytes: number): Promise<Peaks> {
    const known = this.#peaks.get(bytes) ?? measurePeaks(this, bytes);
    this.#peaks.set(bytes, known);
    return known;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.device.destroy();
    await this.device.lost;
    this.#bytes.clear();
  }

  /** Throws BackendError when the device cannot be used any more. */
  check(): void {
    if (this.#closed) throw new BackendError("webgpu: the device was closed");
    if (this.#fault) throw new BackendError(`webgpu: ${this.#fault}`);
  }

  /** Resolves when everything asked of the device so far is known to be right; throws BackendError when it is not. */
  async settled(): Promise<void> {
    await Promise.all(this.#scopes);
    this.check();
  }

  /** Memory on the device, with room up to a whole vector. Throws BackendError when one buffer cannot be so large. */
  createBuffer(bytes: number, usage: number, label: string): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const limit = this.room.largest;
    if (size > limit) {
      throw new BackendError(
        `webgpu: ${label} needs ${mib(size)} in one piece, and ${this.adapter} allows ${mib(limit)}`,
      );
    }
    this.device.pushErrorScope("out-of-memory");
    const buffer = this.device.createBuffer({ size, usage, label });
    this.#watch(`not enough device memory for ${label} (${mib(size)}; ${mib(this.deviceBytes)} are in use)`);
    this.#bytes.set(buffer, size);
    return buffer;
  }

  destroyBuffer(buffer: GPUBuffer): void {
    if (this.#bytes.delete(buffer)) buffer.destroy();
  }

  /** A kernel's pipeline, compiled once per text. */
  pipeline(kernel: Kernel): Promise<GPUComputePipeline> {
    let pipeline = this.#pipelines.get(kernel.text);
    if (!pipeline) {
      pipeline = this.#compile(kernel);
      this.#pipelines.set(kernel.text, pipeline);
    }
    return pipeline;
  }

  layout({ bindings }: Kernel): GPUBindGroupLayout {
    const key = bindings.map((b) => (b.writable ? "w" : "r")).join("");
    let layout = this.#layouts.get(key);
    if (!layout) {
      const visibility = GPUShaderStage.COMPUTE;
      layout = this.device.createBindGroupLayout({
        entries: [
          { binding: 0, visibility, buffer: { type: "uniform" } },
          { binding: 1, visibility, buffer: { type: "uniform", hasDynamicOffset: true } },
          ...bindings.map(({ writable }, i) => ({
            binding: i + 2,
            visibility,
            buffer: { type: writable ? ("storage" as const) : ("read-only-storage" as const) },
          })),
        ],
      });
      this.#layouts.set(key, layout);
    }
    return layout;
  }

  /** Submits, and resolves with `words` words of `source` as they are then. Throws BackendError. */
  async finish(
    encoder: GPUCommandEncoder,
    source: GPUBuffer | undefined,
    offsetWords: number,
    words: number,
  ): Promise<Uint32Array> {
    const { queue } = this.device;
    expectSoon();
    let result: Uint32Array = new Uint32Array(0);
    if (!source || words === 0) {
      queue.submit([encoder.finish()]);
      await queue.onSubmittedWorkDone().catch(() => {});
    } else {
      const staging = this.#takeStaging(words * 4);
      encoder.copyBufferToBuffer(source, offsetWords * 4, staging, 0, words * 4);
      queue.submit([encoder.finish()]);
      try {
        await staging.mapAsync(GPUMapMode.READ, 0, words * 4);
        result = new Uint32Array(staging.getMappedRange(0, words * 4).slice(0));
        staging.unmap();
        this.#staging.push(staging);
      } catch (cause) {
        this.destroyBuffer(staging);
        // the reason often follows the failure
        await Promise.race([this.device.lost, new Promise((resolve) => setTimeout(resolve, 50))]);
        this.check();
        throw new BackendError("webgpu: results could not be read back", { cause });
      }
    }
    await this.settled();
    return result;
  }

  #takeStaging(bytes: number): GPUBuffer {
    const fit = this.#staging.findIndex((buffer) => buffer.size >= bytes && buffer.size <= bytes * 4 + 65536);
    if (fit >= 0) return this.#staging.splice(fit, 1)[0] as GPUBuffer;
    for (const buffer of this.#staging.splice(0)) this.destroyBuffer(buffer);
    return this.createBuffer(bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "read-back");
  }

  async #compile(kernel: Kernel): Promise<GPUComputePipeline> {
    const { device } = this;
    // the scope keeps the error of this module to this kernel
    device.pushErrorScope("validation");
    const module = device.createShaderModule({ label: kernel.label, code: kernel.text });
    const wrong = await device.popErrorScope();
    try {
      if (wrong) throw new Error(wrong.message);
      return await device.createComputePipelineAsync({
        label: kernel.label,
        layout: device.createPipelineLayout({ bindGroupLayouts: [this.layout(kernel)] }),
        compute: { module, entryPoint: "main" },
      });
    } catch (cause) {
      this.log(`webgpu: "${kernel.label}" does not compile:\n${kernel.text}`);
      throw new BackendError(`webgpu: "${kernel.label}" does not compile: ${(cause as Error).message}`, { cause });
    }
  }

  /** Ends the innermost error scope; what it caught makes everything after it fail. */
  #watch(text: string): void {
    const scope = this.device
      .popErrorScope()
      .then((error) => {
        if (!error) return;
        this.#fault ??= text;
        this.log(`webgpu: ${text}: ${error.message}`);
      })
      .catch(() => {})
      .finally(() => this.#scopes.delete(scope));
    this.#scopes.add(scope);
  }

  #memoryOf(buffer: DeviceBuffer, offsetWords: number, words: number): GPUBuffer {
    const memory = this.#memory.get(buffer);
    if (!memory) throw new BackendError("webgpu: the buffer was disposed or belongs to another backend");
    if (offsetWords < 0 || offsetWords + words > buffer.words) {
      throw new BackendError(
        `webgpu: words ${offsetWords} to ${offsetWords + words} are outside a buffer of ${buffer.words}`,
      );
    }
    return memory;
  }
}

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
