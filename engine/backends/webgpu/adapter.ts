import { BackendError } from "../../errors/index.ts";
import type { BackendReport } from "../../protocol/index.ts";
import { hasVulkanLoader, useSoftwareVulkan } from "./software.ts";

type AdapterKind = BackendReport["adapters"][number]["kind"];

export interface FoundAdapter {
  readonly adapter: GPUAdapter;
  /** "SwiftShader driver 5.0.0 (swiftshader-device-subzero)". */
  readonly name: string;
  readonly vendor: string;
  readonly kind: AdapterKind;
}

/** Every instance of Dawn that was ever made: one that is collected takes the process with it while its device lives. */
const instances: GPU[] = [];

/** This installation has no Dawn for the machine it runs on. */
export class NoRuntime extends BackendError {}

/** npm `webgpu`, loaded on first use. Throws NoRuntime where it is not there for this platform, and in Electron, which cannot map its buffers. */
async function dawn(): Promise<typeof import("webgpu")> {
  if ("electron" in process.versions)
    throw new NoRuntime(
      "webgpu: the kernel runs on the editor's own runtime, which cannot share memory with a GPU; install dlnb for this platform, or name a Node.js in dlnb.kernel.nodePath",
    );
  try {
    return await import("webgpu");
  } catch (cause) {
    const platform = `${process.platform} ${process.arch}`;
    throw new NoRuntime(
      `webgpu: no WebGPU runtime for ${platform} in this installation; install dlnb for this platform, or use the wasm backend`,
      { cause },
    );
  }
}

async function makeInstance(): Promise<GPU> {
  const { create } = await dawn();
  const gpu = create([
    // a check in every access keeps the shaders of web pages in their memory, and costs a third of the speed: all
    // kernels here are our own, with sizes that are known when they are made and computed indices that are clamped
    "enable-dawn-features=disable_robustness",
    // timestamps in steps of 100 µs keep web pages from spying on each other, and would measure nothing here
    "disable-dawn-features=timestamp_quantization",
  ]);
  instances.push(gpu);
  return gpu;
}

let installed: Promise<GPU> | undefined;

/** The adapters that the installed drivers offer, without the included software driver; best first. */
async function installedAdapters(): Promise<FoundAdapter[]> {
  // Dawn looks for Vulkan on Linux only, and complains on stderr when it is not there
  if (!hasVulkanLoader()) return [];
  installed ??= makeInstance();
  return enumerate(await installed);
}

async function enumerate(gpu: GPU): Promise<FoundAdapter[]> {
  const high = await gpu.requestAdapter({ powerPreference: "high-performance" });
  const low = await gpu.requestAdapter({ powerPreference: "low-power" });
  const fallback = await gpu.requestAdapter({ forceFallbackAdapter: true });
  const found: FoundAdapter[] = [];
  for (const adapter of [high, low, fallback]) {
    if (!adapter) continue;
    const { description, device, vendor, isFallbackAdapter } = adapter.info;
    const name = [
      description || device || vendor || "unnamed adapter",
      device && description ? `(${device.replace(/\W+$/, "")})` : "",
    ]
      .join(" ")
      .trim();
    if (found.some((other) => other.name === name)) continue;
    const kind = isFallbackAdapter
      ? "cpu"
      : adapter === high && low && low.info.device !== device
        ? "discrete"
        : "unknown";
    found.push({
      adapter,
      name,
      vendor,
      kind: adapter === low && found[0]?.kind === "discrete" && kind === "unknown" ? "integrated" : kind,
    });
  }
  return found;
}

let software: Promise<GPU> | undefined;

/** An instance on the included software driver. */
function softwareInstance(): Promise<GPU> {
  software ??= (async () => {
    // a package without Dawn has no driver either, and that is not what it lacks
    await dawn();
    useSoftwareVulkan();
    return makeInstance();
  })();
  return software;
}

/**
 * All adapters, fresh ones (an adapter gives one device), best first: GPUs, then software. The included software
 * driver is used only where nothing is installed, and only with `software`. Throws BackendError when the included driver cannot be used, NoRuntime when there is no Dawn.
 */
export async function findAdapters(options: { software: boolean }): Promise<FoundAdapter[]> {
  let found = software ? [] : await installedAdapters();
  if (found.length === 0 && options.software) found = await enumerate(await softwareInstance());
  return found.sort((a, b) => Number(a.kind === "cpu") - Number(b.kind === "cpu"));
}

/** Lets `GPUBufferUsage` and its like be used as in a browser. */
export async function defineGlobals(): Promise<void> {
  const { globals } = await dawn();
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}
