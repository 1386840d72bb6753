import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { Worker } from "node:worker_threads";

/** Words of the memory that the doorman and the main thread share. */
export const DOOR = {
  /** 1 from the moment an interrupt arrives until the kernel has taken it up. */
  interrupt: 0,
  /** 1 when code was terminated for it: promises of that code will never settle. */
  terminated: 1,
  /** 1 while a cell runs or waits, or something trains: a kernel that works outlives its client for a while. */
  busy: 2,
  /** Bytes on their way to the client by way of the doorman. */
  pending: 3,
} as const;

export interface DoormanData {
  flags: SharedArrayBuffer;
  /** Clients come to a socket, one after the other, instead of stdin and stdout. */
  listen: boolean;
}

/** From the doorman's thread. Clients are counted, so that nothing that was meant for one reaches the next. */
export type FromDoorman =
  | { kind: "listening"; address: string }
  | { kind: "client"; client: number | null }
  | { kind: "data"; client: number; bytes: Uint8Array }
  | { kind: "interrupt" }
  | { kind: "close"; patienceMs: number };

export interface ToDoorman {
  client: number;
  bytes: Uint8Array;
}

/** What clients send, by way of the doorman's thread. */
export interface Door {
  /** See `DOOR`. */
  readonly flags: Int32Array;
}

export interface DoorEvents {
  /** A client is there, and this writes to it; null: the last one has left. */
  client(write: ((bytes: Buffer) => void) | null): void;
  data(chunk: Buffer): void;
  /** Code was terminated because an interrupt was not taken up. */
  interrupt(): void;
  /** The kernel is to end: its client closed the channel, or nobody came back to it. */
  close(patienceMs: number): void;
  /** Nothing can be read: the kernel cannot work. */
  fail(error: Error): void;
}

/** What a client that reads slowly may be behind; then the writer waits, as it would for a pipe. */
const MOST_PENDING = 32 * 2 ** 20;

/** Starts the doorman. Without `listen` the one client is at stdin, and `write` reaches it. */
export function openDoor(listen: boolean, write: (bytes: Buffer) => void, on: DoorEvents): Door {
  const shared = new SharedArrayBuffer(4 * Object.keys(DOOR).length);
  const flags = new Int32Array(shared);
  const file = import.meta.url.endsWith(".ts") ? "./doorman.ts" : "./doorman.mjs";
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: { flags: shared, listen } satisfies DoormanData,
  });
  let current: number | null = null;

  const writeTo = (client: number) => (bytes: Buffer) => {
    if (client !== current) return;
    // of its own memory, that can be handed over
    const copy = new Uint8Array(bytes);
    let pending = Atomics.add(flags, DOOR.pending, copy.length) + copy.length;
    worker.postMessage({ client, bytes: copy } satisfies ToDoorman, [copy.buffer]);
    while (pending > MOST_PENDING) {
      Atomics.wait(flags, DOOR.pending, pending, 100);
      pending = Atomics.load(flags, DOOR.pending);
    }
  };

  worker.on("message", (message: FromDoorman) => {
    switch (message.kind) {
      case "listening":
        process.once("exit", () => removeAddress(message.address));
        break;
      case "client":
        current = message.client;
        on.client(current === null ? null : writeTo(current));
        break;
      case "data":
        if (message.client === current)
          on.data(Buffer.from(message.bytes.buffer, message.bytes.byteOffset, message.bytes.byteLength));
        break;
      case "interrupt":
        on.interrupt();
        break;
      case "close":
        on.close(message.patienceMs);
        break;
      default:
        message satisfies never;
    }
  });
  worker.on("error", on.fail);
  if (!listen) {
    current = 0;
    queueMicrotask(() => on.client(write));
  }
  return { flags };
}

/** The socket and the folder that was made for it; a Windows pipe leaves nothing. */
function removeAddress(address: string): void {
  if (process.platform === "win32") return;
  try {
    rmSync(dirname(address), { recursive: true, force: true });
  } catch {
    // what is left is removed by the next window that finds its kernel gone
  }
}
