import { bestRate, type Peaks } from "../peaks.ts";
import type { WebgpuBackend } from "./device.ts";
import { MAX_GROUPS_PER_AXIS } from "./kernel.ts";
import peaksText from "./peaks.wgsl";
import { Stopwatch } from "./stopwatch.ts";

const WORKGROUP = 64;
/** Invocations that compute: many on a GPU, which has to be full; on a CPU each is a lane of a few threads. */
const WORKGROUPS = { cpu: 64, gpu: 8192 } as const;
/** Operations of one invocation in one round: 8 sums x 4 lanes x 16 x 2. */
const ROUND_FLOPS = 8 * 4 * 16 * 2;
/** Vectors that an invocation copies. */
const VECTORS = 4;
const VECTOR_BYTES = 16;

/** The device's peaks; the copy is within `bytes` of memory. */
export async function measurePeaks(backend: WebgpuBackend, bytes: number): Promise<Peaks> {
  const { device, target } = backend;
  const groups = Math.min(
    MAX_GROUPS_PER_AXIS,
    Math.max(1, Math.floor(Math.min(bytes / 2, backend.room.largest) / (WORKGROUP * VECTORS * VECTOR_BYTES))),
  );
  const size = groups * WORKGROUP * VECTORS * VECTOR_BYTES;
  const storage = GPUBufferUsage.STORAGE;
  const [from, to] = [backend.createBuffer(size, storage, "peaks"), backend.createBuffer(size, storage, "peaks")];
  const rounds = backend.createBuffer(16, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, "peaks");
  const watch = new Stopwatch(backend);
  try {
    const module = device.createShaderModule({ label: "peaks", code: peaksText });
    const rate = async (
      entryPoint: string,
      buffers: Readonly<Record<number, GPUBuffer>>,
      encode: (pass: GPUComputePassEncoder, times: number) => void,
    ) => {
      const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module, entryPoint } });
      const entries = Object.entries(buffers).map(([binding, buffer]) => ({
        binding: Number(binding),
        resource: { buffer },
      }));
      const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
      return await bestRate(async (times) => {
        device.queue.writeBuffer(rounds, 0, Uint32Array.of(times, 0, 0, 0));
        const [ms] = await watch.time([
          (pass) => {
            pass.setPipeline(pipeline);
            pass.setBindGroup(0, group);
            encode(pass, times);
          },
        ]);
        return ms as number;
      });
    };
    // as many as the buffer that keeps the sums has room for
    const computing = Math.min(WORKGROUPS[target], groups);
    const arithmetic = await rate("arithmetic", { 1: to, 2: rounds }, (pass) => pass.dispatchWorkgroups(computing));
    const copies = await rate("copy", { 0: from, 1: to }, (pass, times) => {
      for (let i = 0; i < times; i++) pass.dispatchWorkgroups(groups);
    });
    return {
      gflops: (arithmetic * computing * WORKGROUP * ROUND_FLOPS) / 1e9,
      copyGBs: (copies * 2 * size) / 1e9,
    };
  } finally {
    watch.dispose();
    for (const buffer of [from, to, rounds]) backend.destroyBuffer(buffer);
  }
}
