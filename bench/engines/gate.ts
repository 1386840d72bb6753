import type { Backend, Executable } from "../../engine/backends/backend.ts";

/** Lets so many steps through and then waits: one long `fit` is measured in windows, with nothing under way in between. */
export class Gate {
  #left = 0;
  #open: (() => void) | undefined;
  #opened: Promise<void> | undefined;

  /** So many steps may begin; all that were let through before are done. */
  allow(steps: number): void {
    this.#left = steps;
    this.#open?.();
    this.#open = undefined;
    this.#opened = undefined;
  }

  /** Resolves when steps may begin; a submit goes as a whole, so a window is longer by a part of one at most. */
  async pass(steps: number): Promise<void> {
    while (this.#left <= 0) {
      this.#opened ??= new Promise((resolve) => {
        this.#open = resolve;
      });
      await this.#opened;
    }
    this.#left -= steps;
  }
}

/** `backend`, whose plans wait at the gate before every submit. */
export function gated(backend: Backend, gate: Gate): Backend {
  return {
    name: backend.name,
    adapter: backend.adapter,
    maxBuffersPerLaunch: backend.maxBuffersPerLaunch,
    lost: backend.lost,
    get deviceBytes() {
      return backend.deviceBytes;
    },
    get room() {
      return backend.room;
    },
    alloc: (words, label) => backend.alloc(words, label),
    write: (buffer, data, offset) => backend.write(buffer, data, offset),
    read: (buffer, offset, words) => backend.read(buffer, offset, words),
    compile: async (plan, named) => {
      const executable: Executable = await backend.compile(plan, named);
      return {
        submit: async (scalars, count) => {
          const kept = scalars.slice();
          await gate.pass(count);
          return await executable.submit(kept, count);
        },
        profile: (scalars, count) => executable.profile(scalars, count),
        dispose: () => executable.dispose(),
      };
    },
    peaks: (threads, bytes) => backend.peaks(threads, bytes),
    close: () => backend.close(),
  };
}
