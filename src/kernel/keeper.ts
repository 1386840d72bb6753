import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KernelState } from "../../engine/protocol/index.ts";
import { KernelProcess, type ListenOptions, type StartOptions } from "./kernelProcess.ts";
import { clearPlace, isAlive, KernelRefused, launch, newPlace, type Process, rejoin } from "./socket.ts";

/** What is written down of a kernel, so that a later window finds it. Holds its token: for this user's eyes only. */
interface Descriptor extends Process {
  version: 1;
  /** Address of the notebook. */
  notebook: string;
  /** ISO 8601. */
  startedAt: string;
}

/** A kernel of a notebook that an earlier window started. */
export interface Found {
  /** Process of the kernel. */
  pid: number;
  startedAt: Date;
  /**
   * Joins it; with `take`, from another window. Null when it is gone; rejects with KernelRefused while another window has it.
   */
  attach(options: ListenOptions & { take: boolean }): Promise<{ kernel: KernelProcess; state: KernelState } | null>;
}

const MOST_BYTES = 64 * 1024;
const RUNTIMES = ["packaged", "named", "editor"] as const;

/** Starts kernels that outlive the window, and finds those of windows before. */
export class Keeper {
  readonly #folder: string;
  readonly #keepAliveSeconds: () => number;

  /** `folder` is private to the extension: it is made when needed, for this user alone. */
  constructor(folder: string, keepAliveSeconds: () => number) {
    this.#folder = folder;
    this.#keepAliveSeconds = keepAliveSeconds;
  }

  /** Starts a kernel for the notebook at this address. */
  async start(notebook: string, options: StartOptions): Promise<KernelProcess> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const id = randomUUID();
    const place = newPlace(join(this.#folder, `${id}.log`));
    const channel = await launch(options, place, this.#keepAliveSeconds(), options.onLog);
    const kernel = await KernelProcess.startOn(channel, options);
    const path = join(this.#folder, `${id}.json`);
    const { pid } = kernel.info;
    const startedAt = new Date().toISOString();
    const descriptor: Descriptor = { version: 1, notebook, pid, runtime: options.runtime, startedAt, ...place };
    await write(path, descriptor);
    void this.#forget(kernel, path);
    return kernel;
  }

  /** The kernels that run for this notebook, the latest first. What is left of others that are gone is removed. */
  async find(notebook: string): Promise<Found[]> {
    const all = await this.#read();
    return all
      .filter(({ descriptor }) => descriptor.notebook === notebook)
      .sort((a, b) => Date.parse(b.descriptor.startedAt) - Date.parse(a.descriptor.startedAt))
      .map(({ path, descriptor }) => ({
        pid: descriptor.pid,
        startedAt: new Date(descriptor.startedAt),
        attach: async ({ take, ...options }) => {
          try {
            const hello = { take, keepAliveSeconds: this.#keepAliveSeconds() };
            const channel = await rejoin(descriptor, hello, options.onLog);
            const joined = await KernelProcess.attachTo(channel, options);
            void this.#forget(joined.kernel, path);
            return joined;
          } catch (error) {
            if (error instanceof KernelRefused && error.why === "gone") {
              await this.#remove(path, descriptor);
              return null;
            }
            throw error;
          }
        },
      }));
  }

  /** The kernels of one notebook are another's from now on. */
  async readdress(before: string, after: string): Promise<void> {
    for (const { path, descriptor } of await this.#read()) {
      if (descriptor.notebook === before) await write(path, { ...descriptor, notebook: after });
    }
  }

  /** The descriptor lives as long as the kernel. */
  async #forget(kernel: KernelProcess, path: string): Promise<void> {
    const { taken } = await kernel.ended;
    if (!taken) await rm(path, { force: true }).catch(() => undefined);
  }

  async #read(): Promise<{ path: string; descriptor: Descriptor }[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const found: { path: string; descriptor: Descriptor }[] = [];
    for (const name of names.filter((name) => name.endsWith(".json"))) {
      const path = join(this.#folder, name);
      const descriptor = await readDescriptor(path);
      if (descriptor === null) await rm(path, { force: true }).catch(() => undefined);
      else if (isAlive(descriptor.pid)) found.push({ path, descriptor });
      else await this.#remove(path, descriptor);
    }
    return found;
  }

  async #remove(path: string, descriptor: Descriptor): Promise<void> {
    await rm(path, { force: true }).catch(() => undefined);
    // a folder elsewhere is nothing that we made
    if (descriptor.log === path.replace(/\.json$/, ".log")) clearPlace(descriptor);
  }
}

async function write(path: string, descriptor: Descriptor): Promise<void> {
  await writeFile(`${path}.tmp`, JSON.stringify(descriptor), { mode: 0o600 });
  await rename(`${path}.tmp`, path);
}

async function readDescriptor(path: string): Promise<Descriptor | null> {
  try {
    if ((await stat(path)).size > MOST_BYTES) return null;
    const { version, notebook, address, token, log, pid, runtime, startedAt } = JSON.parse(
      await readFile(path, "utf8"),
    );
    const texts = [notebook, address, token, log, startedAt].every((text) => typeof text === "string");
    if (version !== 1 || !texts || !Number.isInteger(pid) || pid <= 1 || Number.isNaN(Date.parse(startedAt)))
      return null;
    return {
      version,
      notebook,
      address,
      token,
      log,
      pid,
      runtime: RUNTIMES.find((known) => known === runtime) ?? "named",
      startedAt,
    };
  } catch {
    return null;
  }
}
