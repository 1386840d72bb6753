import { Worker } from "node:worker_threads";

/** Words of the memory that the doorman and the main thread share. */
export const DOOR = { interrupt: 0 } as const;

export interface DoormanData {
  flags: SharedArrayBuffer;
}

/** What comes in on stdin, by way of the doorman's thread. */
export interface Door {
  /** Word 0 is 1 from the moment an interrupt arrives until the kernel has taken it up. */
  readonly flags: Int32Array;
}

/** Starts the doorman; `onClose` is called when the channel has closed. */
export function openDoor(onData: (chunk: Buffer) => void, onClose: () => void): Door {
  const flags = new SharedArrayBuffer(4 * Object.keys(DOOR).length);
  const file = import.meta.url.endsWith(".ts") ? "./doorman.ts" : "./doorman.mjs";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { flags } satisfies DoormanData });
  worker.on("message", (chunk: Uint8Array | null) => {
    if (chunk === null) onClose();
    else onData(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  worker.on("error", onClose);
  return { flags: new Int32Array(flags) };
}
