import { createReadStream } from "node:fs";
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { DOOR, type DoormanData, INTERRUPT } from "./door.ts";

/**
 * The thread that reads stdin. It passes the bytes on and does what the main thread cannot while a cell keeps it busy:
 * it raises the flag that loops of cells look at, ends code that does not look (with V8's termination, which no catch
 * holds up), and ends a process whose channel closed.
 */
const { flags: buffer } = workerData as DoormanData;
const flags = new Int32Array(buffer);
/** Loops of cells notice the flag within microseconds, training between two steps; what is still busy then is terminated. */
const PATIENCE_MS = 600;
const EXIT_MS = 6000;
const REQUEST = /"method"\s*:\s*"interrupt"/;
let tail = "";
let inspector: Session | undefined;

/** stdin is a pipe, a socket, or (by hand) a file or a terminal. */
function stdin(): NodeJS.ReadableStream {
  try {
    return new Socket({ fd: 0, readable: true, writable: false });
  } catch {
    return createReadStream("", { fd: 0 });
  }
}

/** Terminates what the main thread executes, again and again, until it takes up the interrupt. */
function press(): void {
  if (Atomics.load(flags, DOOR.interrupt) === 0) {
    // a connected inspector holds up the exit
    inspector?.disconnect();
    inspector = undefined;
    return;
  }
  if (inspector === undefined) {
    inspector = new Session();
    inspector.connectToMainThread();
  }
  Atomics.store(flags, DOOR.terminated, 1);
  inspector.post("Runtime.terminateExecution");
  // the request itself may have been what was terminated
  parentPort?.postMessage(INTERRUPT);
  setTimeout(press, PATIENCE_MS);
}

function onData(chunk: Buffer): void {
  // a request may arrive in pieces
  const text = tail + chunk.toString("latin1");
  const interrupted = REQUEST.test(text);
  tail = interrupted ? "" : text.slice(-40);
  if (interrupted) Atomics.store(flags, DOOR.interrupt, 1);
  parentPort?.postMessage(chunk);
  if (interrupted) setTimeout(press, PATIENCE_MS);
}

function onEnd(): void {
  parentPort?.postMessage(null);
  setTimeout(() => {
    Atomics.store(flags, DOOR.interrupt, 1);
    press();
  }, EXIT_MS / 2);
  setTimeout(() => process.kill(process.pid, "SIGKILL"), EXIT_MS);
}

const input = stdin();
input.on("data", onData);
input.on("end", onEnd);
input.on("error", onEnd);
