import { createReadStream } from "node:fs";
import { Session } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { DOOR, type DoormanData, type FromDoorman, type ToDoorman } from "./door.ts";
import { openReception } from "./reception.ts";

/**
 * The thread that talks to clients: over stdin and stdout, or over a socket to which one after the other may come. It
 * passes the bytes on and does what the main thread cannot while a cell keeps it busy: it raises the flag that loops of
 * cells look at, ends code that does not look (with V8's termination, which no catch holds up), and ends a process
 * that nobody is connected to any more.
 */
const { flags: buffer, listen } = workerData as DoormanData;
const flags = new Int32Array(buffer);
/** Loops of cells notice the flag within microseconds, training between two steps; what is still busy then is terminated. */
const PATIENCE_MS = 600;
/** For a client that waits for the end, and when nobody does. */
const [CLOSE_MS, ALONE_CLOSE_MS] = [2000, 10_000];
const REQUEST = /"method"\s*:\s*"(interrupt|shutdown)"/;
let tail = "";
let inspector: Session | undefined;

const post = (message: FromDoorman) => parentPort?.postMessage(message);

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
  post({ kind: "interrupt" });
  setTimeout(press, PATIENCE_MS);
}

function onData(client: number, bytes: Buffer): void {
  // a request may arrive in pieces
  const text = tail + bytes.toString("latin1");
  const asked = REQUEST.exec(text)?.[1];
  tail = asked === undefined ? text.slice(-40) : "";
  if (asked === "interrupt") Atomics.store(flags, DOOR.interrupt, 1);
  post({ kind: "data", client, bytes });
  if (asked === "interrupt") setTimeout(press, PATIENCE_MS);
  // the request itself ends the process, once the main thread comes to it
  if (asked === "shutdown") force(CLOSE_MS);
}

/** Has the main thread end the process. */
function end(patienceMs: number): void {
  post({ kind: "close", patienceMs });
  force(patienceMs);
}

/** The process ends within the time, or is made to. */
function force(patienceMs: number): void {
  Atomics.store(flags, DOOR.interrupt, 1);
  setTimeout(press, patienceMs + 1000);
  setTimeout(() => process.kill(process.pid, "SIGKILL"), patienceMs + 4000);
}

/** Bytes that are written, or never will be. */
function written(count: number): void {
  Atomics.sub(flags, DOOR.pending, count);
  Atomics.notify(flags, DOOR.pending);
}

const input = stdin();
if (listen) {
  const reception = openReception(input, {
    listening: (address) => post({ kind: "listening", address }),
    busy: () => Atomics.load(flags, DOOR.busy) !== 0,
    client: (client) => {
      tail = "";
      post({ kind: "client", client });
    },
    data: onData,
    alone: () => end(ALONE_CLOSE_MS),
  });
  parentPort?.on("message", ({ client, bytes }: ToDoorman) =>
    reception.write(client, bytes, () => written(bytes.length)),
  );
} else {
  const onEnd = () => end(CLOSE_MS);
  input.on("data", (bytes) => onData(0, bytes as Buffer));
  input.on("end", onEnd);
  input.on("error", onEnd);
}
