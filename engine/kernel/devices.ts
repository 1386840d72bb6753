import { cpus } from "node:os";
import type { Backend, BackendProvider } from "../backends/backend.ts";
import { BackendError } from "../errors/index.ts";
import type { BackendChoice, BackendName, DoctorReport } from "../protocol/index.ts";
import { packageVersion } from "./version.ts";

type Log = (level: "info" | "warning" | "error", text: string) => void;

/** The notebook's backend: chosen, opened on first use, opened anew after it was lost. */
export class Devices {
  readonly #threads: number;
  readonly #log: Log;
  #choice: BackendChoice;
  #opening: Promise<Backend> | undefined;
  #current: Backend | undefined;
  /** Backends of earlier choices, which running plans may still use. */
  readonly #earlier: Backend[] = [];

  constructor(choice: BackendChoice, threads: number, log: Log) {
    this.#choice = choice;
    this.#threads = threads;
    this.#log = log;
  }

  /** The open backend, if there is one. */
  get current(): Backend | undefined {
    return this.#current;
  }

  open(): Promise<Backend> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Chooses for plans compiled from now on; the backend before is kept for those that run when `inUse`. */
  async select(choice: BackendChoice, inUse: boolean): Promise<Backend> {
    // one that is still being opened would take the place of the new one afterwards
    await this.#opening?.catch(() => {});
    const before = { choice: this.#choice, current: this.#current, opening: this.#opening };
    this.#choice = choice;
    this.#current = undefined;
    this.#opening = undefined;
    let opened: Backend;
    try {
      opened = await this.open();
    } catch (error) {
      this.#choice = before.choice;
      this.#current = before.current;
      this.#opening = before.opening;
      throw error;
    }
    if (before.current && inUse) this.#earlier.push(before.current);
    else await before.current?.close().catch(() => {});
    return opened;
  }

  async close(): Promise<void> {
    const open = [...this.#earlier, ...(this.#current ? [this.#current] : [])];
    await Promise.all(open.map((backend) => backend.close().catch(() => {})));
  }

  async #open(): Promise<Backend> {
    try {
      const { backend: name, why } = this.#choice === "auto" ? await auto() : { backend: this.#choice, why: "" };
      const log = (text: string) => this.#log("info", text);
      const backend = await (await provider(name)).open({ threads: this.#threads, log });
      this.#log("info", `backend ${backend.name}: ${backend.adapter}${why && ` (${why})`}`);
      this.#current = backend;
      backend.lost.then((reason) => {
        this.#log("error", `backend ${backend.name} was lost: ${reason}`);
        if (this.#current !== backend) return;
        this.#current = undefined;
        this.#opening = undefined;
      });
      return backend;
    } catch (error) {
      this.#opening = undefined;
      throw error instanceof BackendError
        ? error
        : new BackendError(String((error as Error).message), { cause: error });
    }
  }
}

/** What `auto` takes: a GPU where there is one, else the CPU. */
async function auto(): Promise<{ backend: BackendName; why: string }> {
  try {
    const { hasHardware } = await import("../backends/webgpu/index.ts");
    if (await hasHardware()) return { backend: "webgpu", why: "there is a GPU" };
    return { backend: "wasm", why: "no GPU was found, and WebAssembly is faster than WebGPU in software" };
  } catch (error) {
    return { backend: "wasm", why: `WebGPU cannot be loaded: ${(error as Error).message}` };
  }
}

async function provider(name: BackendName): Promise<BackendProvider> {
  if (name === "wasm") return (await import("../backends/wasm/index.ts")).wasmProvider;
  return (await import("../backends/webgpu/index.ts")).webgpuProvider;
}

export async function doctor(): Promise<DoctorReport> {
  const names: BackendName[] = ["webgpu", "wasm"];
  const backends = await Promise.all(names.map(async (name) => (await provider(name)).report()));
  const processors = cpus();
  return {
    versions: {
      dlnb: packageVersion("dlnb") ?? "unknown",
      node: process.versions.node,
      webgpu: packageVersion("webgpu"),
      platform: process.platform,
      arch: process.arch,
      cpu: processors[0]?.model.trim() ?? "unknown",
      cores: processors.length,
    },
    backends,
    auto: await auto(),
  };
}
