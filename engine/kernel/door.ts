import { Worker } from "node:worker_threads";

/** Words of the memory that the doorman and the main thread share. */
export const DOOR = {
  /** 1 from the moment an interrupt arrives until the kernel has taken it up. */
  interrupt: 0,
  /** 1 when code was terminated for it: promises of that code will never settle. */
  terminated: 1,
} as const;

/** The doorman's own message, besides bytes and null for their end. */
export const INTERRUPT = "interrupt";

export interface DoormanData {
  flags: SharedArrayBuffer;
}

/** What comes in on stdin, by way of the doorman's thread. */
export interface Door {
  /** See `DOOR`. */
  readonly flags: Int32Array;
}

export interface DoorEvents {
  data(chunk: Buffer): void;
  /** Code was terminated because an interrupt was not taken up. */
  interrupt(): void;
  /** The channel has closed. */
  close(): void;
  /** Nothing can be read: the kernel cannot work. */
  fail(error: Error): void;
}

/** Starts the doorman. */
export function openDoor(on: DoorEvents): Door {
  const flags = new SharedArrayBuffer(4 * Object.keys(DOOR).length);
  const file = import.meta.url.endsWith(".ts") ? "./doorman.ts" : "./doorman.mjs";
  const worker = new Worker(new URL(file, import.meta.url), { workerData: { flags } satisfies DoormanData });
  worker.on("message", (chunk: Uint8Array | typeof INTERRUPT | null) => {
    if (chunk === null) on.close();
    else if (chunk === INTERRUPT) on.interrupt();
    else on.data(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  worker.on("error", on.fail);
  return { flags: new Int32Array(flags) };
}
