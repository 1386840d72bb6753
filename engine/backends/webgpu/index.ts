import { existsSync } from "node:fs";
import { BackendError } from "../../errors/index.ts";
import type { BackendProvider } from "../backend.ts";
import { findAdapters, NoRuntime } from "./adapter.ts";
import { choicesFile } from "./choices.ts";
import { openDevice } from "./device.ts";

const MEND =
  process.platform === "linux"
    ? "install a Vulkan driver for the GPU (for a CPU: Mesa's lavapipe, version 25 or newer)"
    : "update the graphics driver";

/** WebGPU by npm `webgpu` (Dawn), on a GPU or, where there is none, on the included software Vulkan driver. */
export const webgpuProvider: BackendProvider = {
  name: "webgpu",
  async open({ log }) {
    const [best] = await findAdapters({ software: true });
    if (!best) throw new BackendError(`webgpu: no adapter was found; ${MEND}, or use the wasm backend`);
    return openDevice(best, log, { choices: choicesFile() });
  },
  async report() {
    try {
      const adapters = await findAdapters({ software: true });
      const hasGpu = adapters.some((a) => a.kind !== "cpu");
      const file = choicesFile();
      const kept = file !== null && existsSync(file) ? `; kernels as measured earlier (${file})` : "";
      return {
        backend: "webgpu",
        available: adapters.length > 0,
        adapters: adapters.map(({ name, vendor, kind }) => ({ name, vendor, kind })),
        detail: hasGpu
          ? `hardware GPU${kept}`
          : adapters.length > 0
            ? `software Vulkan on the CPU, slower than wasm${kept}`
            : "no adapter",
        mend: hasGpu ? "" : MEND,
      };
    } catch (error) {
      const mend = error instanceof NoRuntime ? "" : MEND;
      return { backend: "webgpu", available: false, adapters: [], detail: (error as Error).message, mend };
    }
  },
};

/** Whether an installed driver offers a GPU: what `auto` asks. */
export async function hasHardware(): Promise<boolean> {
  return (await findAdapters({ software: false })).some((a) => a.kind !== "cpu");
}
