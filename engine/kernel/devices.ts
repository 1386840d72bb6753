import { cpus } from "node:os";
import type { Backend, BackendProvider } from "../backends/backend.ts";
import { BackendError } from "../errors/index.ts";
import type { BackendChoice, BackendName, DoctorReport } from "../protocol/index.ts";
import { packageVersion } from "./version.ts";

type Log = (level: "info" | "warning" | "error", text: string) => void;

/** What `auto` begins with, and why. */
type FindAuto = () => Promise<{ backend: BackendName; why: string }>;

/** The notebook's backend: chosen, opened on first use, opened anew after it was lost. */
export class Devices {
  readonly #threads: number;
  readonly #log: Log;
  readonly #auto: FindAuto;
  #choice: BackendChoice;
  #opening: Promise<Backend> | undefined;
  #current: Backend | undefined;
  /** The CPU beside a GPU that `auto` found. */
  #beside: Promise<Backend> | undefined;
  /** All that are open: running plans may still use those of earlier choices. */
  readonly #live = new Set<Backend>();

  constructor(choice: BackendChoice, threads: number, log: Log, auto: FindAuto = findAuto) {
    this.#choice = choice;
    this.#threads = threads;
    this.#log = log;
    this.#auto = auto;
  }

  /** The open backend, if there is one. */
  get current(): Backend | undefined {
    return this.#current;
  }

  /** Device memory in use. */
  get bytes(): number {
    return [...this.#live].reduce((sum, { deviceBytes }) => sum + deviceBytes, 0);
  }

  open(): Promise<Backend> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** What a training run may choose from: the open backend and, where `auto` found a GPU, the CPU. */
  async rivals(): Promise<readonly Backend[]> {
    const first = await this.open();
    if (this.#choice !== "auto" || first.name === "wasm") return [first];
    this.#beside ??= this.#start("wasm", "beside it");
    try {
      return [first, await this.#beside];
    } catch {
      this.#beside = undefined;
      return [first];
    }
  }

  /** Chooses for plans compiled from now on; the backend before is kept for those that run when `inUse`. */
  async select(choice: BackendChoice, inUse: boolean): Promise<Backend> {
    // one that is still being opened would take the place of the new one afterwards
    await Promise.allSettled([this.#opening, this.#beside]);
    const before = { choice: this.#choice, current: this.#current, opening: this.#opening, beside: this.#beside };
    const live = [...this.#live];
    this.#choice = choice;
    this.#current = undefined;
    this.#opening = undefined;
    this.#beside = undefined;
    let opened: Backend;
    try {
      opened = await this.open();
    } catch (error) {
      this.#choice = before.choice;
      this.#current = before.current;
      this.#opening = before.opening;
      this.#beside = before.beside;
      throw error;
    }
    if (!inUse) await this.#close(live);
    return opened;
  }

  async close(): Promise<void> {
    await this.#close([...this.#live]);
  }

  async #close(backends: readonly Backend[]): Promise<void> {
    for (const backend of backends) this.#live.delete(backend);
    await Promise.all(backends.map((backend) => backend.close().catch(() => {})));
  }

  async #open(): Promise<Backend> {
    try {
      const { backend: name, why } = this.#choice === "auto" ? await this.#auto() : { backend: this.#choice, why: "" };
      this.#current = await this.#start(name, why);
      return this.#current;
    } catch (error) {
      this.#opening = undefined;
      throw error instanceof BackendError
        ? error
        : new BackendError(String((error as Error).message), { cause: error });
    }
  }

  async #start(name: BackendName, why: string): Promise<Backend> {
    const log = (text: string) => this.#log("info", text);
    const backend = await (await provider(name)).open({ threads: this.#threads, log });
    this.#live.add(backend);
    this.#log("info", `backend ${backend.name}: ${backend.adapter}${why && ` (${why})`}`);
    backend.lost.then((reason) => {
      this.#log("error", `backend ${backend.name} was lost: ${reason}`);
      this.#live.delete(backend);
      if (this.#current === backend) {
        this.#current = undefined;
        this.#opening = undefined;
      } else if (backend.name === "wasm") this.#beside = undefined;
    });
    return backend;
  }
}

/** A GPU where there is one, which training runs try against the CPU; else the CPU. */
async function findAuto(): Promise<{ backend: BackendName; why: string }> {
  try {
    const { hasHardware } = await import("../backends/webgpu/index.ts");
    if (await hasHardware()) {
      return {
        backend: "webgpu",
        why: "there is a GPU; each new model is timed on it and on wasm, the faster trains it",
      };
    }
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
    auto: await findAuto(),
  };
}
