import { BackendError } from "../../errors/index.ts";
import { median } from "../../tensor/median.ts";
import type { Executable } from "../backend.ts";
import { MAX_STEPS_PER_SUBMIT, mostSteps, type Plan, ROW_SLOT } from "../launch.ts";
import { takenApart } from "../phases.ts";
import { launchTimes, type Profile, turnsOf } from "../profile.ts";
import { contractKernels, type TileChoice } from "./contract.ts";
import type { WebgpuBackend } from "./device.ts";
import { type Extras, type Kernel, MAX_GROUPS_PER_AXIS, scalarBlockBytes, type Target } from "./kernel.ts";
import { mapKernels } from "./map.ts";
import { isBetterApart, reduceKernels } from "./reduce.ts";
import { Stopwatch } from "./stopwatch.ts";

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly group: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  /** Which of the plan's launches it is a part of. */
  readonly launch: number;
}

/** Lowers a plan to kernels, compiles them and binds them to memory once. `named` are the plan's named buffers. */
export async function compilePlan(
  backend: WebgpuBackend,
  given: Plan,
  named: (name: string, words: number) => GPUBuffer,
  tiles: TileChoice,
): Promise<Executable> {
  const { device } = backend;
  const { plan, of: from } = takeApart(given, backend.target);
  const { kernels, of, scratchWords, tables } = lower(backend, plan, tiles);
  const owned: GPUBuffer[] = [];
  const make = (bytes: number, usage: number, label: string): GPUBuffer => {
    const buffer = backend.createBuffer(bytes, usage, `${plan.label}: ${label}`);
    owned.push(buffer);
    return buffer;
  };
  const dispose = () => {
    for (const buffer of owned.splice(0)) backend.destroyBuffer(buffer);
  };
  try {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const memory = plan.buffers.map(({ words, name }, i) =>
      name === undefined ? make(words * 4, usage, `scratch ${i}`) : named(name, words),
    );
    memory.push(make(scratchWords * 4, usage, "partial results"));
    const tableMemory = make(tables.length * 4, usage, "offset tables");
    device.queue.writeBuffer(tableMemory, 0, Int32Array.from(tables));
    memory.push(tableMemory);
    const paramOffsets: number[] = [];
    let paramBytes = 0;
    for (const { params } of kernels) {
      paramOffsets.push(paramBytes);
      paramBytes += Math.ceil(params.byteLength / 256) * 256;
    }
    const params = make(paramBytes, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, "params");
    kernels.forEach((kernel, i) => {
      device.queue.writeBuffer(params, paramOffsets[i] as number, kernel.params);
    });
    const blockBytes = scalarBlockBytes(plan.scalarWords);
    const scalars = make(
      blockBytes * MAX_STEPS_PER_SUBMIT,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      "scalars",
    );
    const started = performance.now();
    const pipelines = await Promise.all(kernels.map((kernel) => backend.pipeline(kernel)));
    const ms = Math.round(performance.now() - started);
    backend.log(`webgpu: ${plan.label}: ${kernels.length} launches of ${new Set(pipelines).size} kernels in ${ms} ms`);
    const dispatches = kernels.map((kernel, i): Dispatch => {
      const x = Math.min(kernel.workgroups, MAX_GROUPS_PER_AXIS);
      const group = device.createBindGroup({
        label: kernel.label,
        layout: backend.layout(kernel),
        entries: [
          {
            binding: 0,
            resource: { buffer: params, offset: paramOffsets[i] as number, size: kernel.params.byteLength },
          },
          { binding: 1, resource: { buffer: scalars, size: blockBytes } },
          ...kernel.bindings.map((b, j) => ({ binding: j + 2, resource: { buffer: memory[b.buffer] as GPUBuffer } })),
        ],
      });
      const y = Math.ceil(kernel.workgroups / x);
      return { pipeline: pipelines[i] as GPUComputePipeline, group, x, y, launch: from[of[i] as number] as number };
    });
    await backend.settled();
    return new WebgpuExecutable(backend, given, dispatches, scalars, blockBytes, memory[plan.rows], dispose);
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The plan with reductions as launches of their own phases where that is better; `of[i]` is the given launch of launch i. */
function takeApart(plan: Plan, target: Target): { plan: Plan; of: number[] } {
  const buffers = [...plan.buffers];
  const scratch = (words: number) => buffers.push({ words }) - 1;
  const parts = plan.launches.map((launch) =>
    launch.kind === "reduce" && isBetterApart(launch, target) ? takenApart(launch, scratch, true) : [launch],
  );
  return { plan: { ...plan, launches: parts.flat(), buffers }, of: parts.flatMap((own, i) => own.map(() => i)) };
}

/**
 * The kernels of a plan (`of[i]` is the launch of kernel i), and the memory that they need beside the plan's buffers: its
 * numbers follow theirs.
 */
function lower(
  backend: WebgpuBackend,
  plan: Plan,
  tiles: TileChoice,
): { kernels: Kernel[]; of: number[]; scratchWords: number; tables: number[] } {
  let scratchWords = 0;
  const tables: number[] = [];
  const known = new Map<string, number>();
  const extras: Extras = {
    scratch(words) {
      scratchWords = Math.max(scratchWords, words);
      return plan.buffers.length;
    },
    table(words) {
      const key = words.join();
      const offset = known.get(key) ?? tables.length;
      if (!known.has(key)) {
        known.set(key, offset);
        for (const word of words) tables.push(word);
      }
      return { buffer: plan.buffers.length + 1, offset };
    },
  };
  const { target } = backend;
  const parts = plan.launches.map((launch) => {
    if (launch.kind === "map") return mapKernels(launch, target, plan.scalarWords);
    if (launch.kind === "reduce") return reduceKernels(launch, target, plan.scalarWords, extras);
    return contractKernels(launch, target, plan.scalarWords, extras, tiles(launch));
  });
  const kernels = parts.flat();
  for (const { label, bindings } of kernels) {
    const limit = backend.device.limits.maxStorageBuffersPerShaderStage;
    if (bindings.length > limit) {
      throw new BackendError(
        `webgpu: "${label}" touches ${bindings.length} buffers, and ${backend.adapter} takes ${limit} at once`,
      );
    }
  }
  return { kernels, of: parts.flatMap((own, i) => own.map(() => i)), scratchWords, tables };
}

class WebgpuExecutable implements Executable {
  readonly #backend: WebgpuBackend;
  readonly #plan: Plan;
  readonly #dispatches: readonly Dispatch[];
  readonly #scalars: GPUBuffer;
  readonly #blockBytes: number;
  readonly #rows: GPUBuffer | undefined;
  readonly #release: () => void;
  #disposed = false;

  constructor(
    backend: WebgpuBackend,
    plan: Plan,
    dispatches: readonly Dispatch[],
    scalars: GPUBuffer,
    blockBytes: number,
    rows: GPUBuffer | undefined,
    release: () => void,
  ) {
    this.#backend = backend;
    this.#plan = plan;
    this.#dispatches = dispatches;
    this.#scalars = scalars;
    this.#blockBytes = blockBytes;
    this.#rows = rows;
    this.#release = release;
  }

  async submit(scalars: Uint32Array, count: number): Promise<Uint32Array> {
    const backend = this.#backend;
    this.#begin(scalars, count, 1);
    const encoder = backend.device.createCommandEncoder({ label: this.#plan.label });
    const pass = encoder.beginComputePass();
    this.#encode(pass, 0, count);
    pass.end();
    return backend.finish(encoder, this.#rows, 0, count * this.#plan.rowWords);
  }

  async profile(scalars: Uint32Array, count: number): Promise<Profile> {
    this.#begin(scalars, count, 2);
    const watch = new Stopwatch(this.#backend);
    const ordinary: number[] = [];
    const whole: number[] = [];
    const launches: { own: number[] }[] = [];
    try {
      for (const { first, steps, measured } of turnsOf(count)) {
        if (!measured) {
          const [ms] = await watch.time([(pass) => this.#encode(pass, first, steps)]);
          ordinary.push((ms as number) / steps);
          continue;
        }
        for (let step = first; step < first + steps; step++) {
          const own = await watch.time(
            this.#dispatches.map((dispatch) => (pass) => this.#encode(pass, step, 1, [dispatch])),
          );
          launches.push({ own });
          whole.push(own.reduce((sum, ms) => sum + ms, 0));
        }
      }
    } finally {
      watch.dispose();
    }
    const of = this.#dispatches.map((dispatch) => dispatch.launch);
    return {
      launches: launchTimes(this.#plan.launches.length, of, launches),
      measuredMs: median(whole),
      stepMs: median(ordinary),
      threads: 0,
    };
  }

  /** Gives the device the scalars of `count` steps, `least` or more. Throws BackendError for what does not fit. */
  #begin(scalars: Uint32Array, count: number, least: number): void {
    const { label, scalarWords } = this.#plan;
    const backend = this.#backend;
    if (this.#disposed) throw new BackendError(`${label}: the plan was disposed`);
    const most = mostSteps(this.#plan);
    if (!(count >= least && count <= most)) {
      throw new BackendError(`${label}: a submit takes ${least} to ${most} steps, not ${count}`);
    }
    backend.check();
    const blockWords = this.#blockBytes / 4;
    const blocks = new Uint32Array(count * blockWords);
    for (let step = 0; step < count; step++) {
      blocks.set(scalars.subarray(step * scalarWords, (step + 1) * scalarWords), step * blockWords);
      blocks[step * blockWords + ROW_SLOT] = step;
    }
    // ordered with the submits, so the block of a submit under way is not overwritten
    backend.device.queue.writeBuffer(this.#scalars, 0, blocks);
  }

  #encode(pass: GPUComputePassEncoder, first: number, steps: number, dispatches = this.#dispatches): void {
    let current: GPUComputePipeline | undefined;
    const offsets = [0];
    for (let step = first; step < first + steps; step++) {
      offsets[0] = step * this.#blockBytes;
      for (const { pipeline, group, x, y } of dispatches) {
        if (pipeline !== current) pass.setPipeline(pipeline);
        current = pipeline;
        pass.setBindGroup(0, group, offsets);
        pass.dispatchWorkgroups(x, y);
      }
    }
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#release();
  }
}
