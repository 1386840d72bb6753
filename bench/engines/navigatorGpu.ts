import { defineGlobals, findAdapters } from "../../engine/backends/webgpu/adapter.ts";

/** Gives this process a `navigator.gpu` on the adapter that ours takes, so that a library for browsers finds it. Returns the adapter's name. */
export async function provideGpu(): Promise<string> {
  await defineGlobals();
  const name = async () => (await findAdapters({ software: true }))[0]?.name;
  const found = await name();
  if (found === undefined) throw new Error("there is no WebGPU adapter");
  const requestAdapter = async () => (await findAdapters({ software: true }))[0]?.adapter ?? null;
  const gpu = { requestAdapter, getPreferredCanvasFormat: () => "bgra8unorm", wgslLanguageFeatures: new Set() };
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  return found;
}
