import { resolveObjectURL } from "node:buffer";
import { Worker as Thread } from "node:worker_threads";

/** What a browser's worker has and a thread of Node has not, before the program that it runs. */
const PRELUDE = `
const { parentPort } = require("node:worker_threads");
globalThis.self = globalThis;
globalThis.postMessage = (message) => parentPort.postMessage(message);
parentPort.on("message", (data) => globalThis.onmessage?.({ data }));
`;

/**
 * Gives this process browsers' `Worker`, for programs in blobs, and says that the machine has `threads` cores: a library for
 * browsers then uses its threads.
 */
export function provideWorkers(threads: number): void {
  Object.defineProperty(globalThis, "Worker", { value: BlobWorker, configurable: true });
  Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: threads, configurable: true });
}

class BlobWorker {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message: string }) => void) | null = null;
  #thread: Thread | undefined;
  #waiting: unknown[] = [];

  constructor(url: string) {
    const blob = resolveObjectURL(url);
    if (!blob) throw new Error(`worker: ${url} is no blob`);
    blob.text().then((program) => {
      const thread = new Thread(`${PRELUDE}\n${program}`, { eval: true });
      thread.on("message", (data) => this.onmessage?.({ data }));
      thread.on("error", ({ message }) => this.onerror?.({ message }));
      // the process ends when its messages do
      thread.unref();
      this.#thread = thread;
      for (const message of this.#waiting.splice(0)) thread.postMessage(message);
    });
  }

  postMessage(message: unknown): void {
    if (this.#thread) this.#thread.postMessage(message);
    else this.#waiting.push(message);
  }

  terminate(): void {
    void this.#thread?.terminate();
  }
}
