import { createHash, timingSafeEqual } from "node:crypto";
import { writeSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { type Hello, LISTENING, type ListenOn, TAKEN_METHOD, type Welcome } from "../protocol/index.ts";

export interface ReceptionEvents {
  listening(address: string): void;
  /** Whether a cell runs or waits. */
  busy(): boolean;
  /** A client is there, under a number of its own; null: it has left. */
  client(client: number | null): void;
  data(client: number, bytes: Buffer): void;
  /** Nobody came back in time. */
  alone(): void;
}

export interface Reception {
  /** To this client if it is still there; `done` is called in any case. */
  write(client: number, bytes: Uint8Array, done: () => void): void;
}

/** How long a kernel that has nothing to do waits for a client at most, one that has just started, and a client for its turn to speak. */
const [MOST_IDLE_MS, START_MS, HELLO_MS] = [60_000, 60_000, 3000];
const LOOK_MS = 250;
const MOST_HELLO = 4096;
const MOST_STRANGERS = 16;

/**
 * The socket of a kernel that outlives its clients. Where to listen and the token that clients must know come from
 * `input`, in a line of JSON. One client at a time: a second one is told that the kernel is busy, or takes it over.
 */
export function openReception(input: NodeJS.ReadableStream, on: ReceptionEvents): Reception {
  let count = 0;
  let guest: { number: number; socket: Socket } | null = null;
  let keepAliveMs = 0;
  let waiting: NodeJS.Timeout | undefined;

  /** Watches the time while nobody is there. */
  const wait = (idleMs: number) => {
    const since = performance.now();
    let worked = false;
    clearInterval(waiting);
    waiting = setInterval(() => {
      worked ||= on.busy();
      if (performance.now() - since < (worked ? keepAliveMs : idleMs)) return;
      clearInterval(waiting);
      on.alone();
    }, LOOK_MS);
  };

  const admit = (socket: Socket, rest: Buffer, hello: Hello) => {
    const before = guest;
    const number = ++count;
    guest = { number, socket };
    clearInterval(waiting);
    keepAliveMs = hello.keepAliveSeconds * 1000;
    before?.socket.end(frame({ jsonrpc: "2.0", method: TAKEN_METHOD }));
    socket.setTimeout(0);
    socket.write(line({ ok: true }));
    on.client(number);
    socket.on("data", (bytes) => {
      if (guest?.socket === socket) on.data(number, bytes);
    });
    socket.on("close", () => {
      if (guest?.socket !== socket) return;
      guest = null;
      on.client(null);
      wait(Math.min(keepAliveMs, MOST_IDLE_MS));
    });
    if (rest.length > 0) on.data(number, rest);
  };

  const listen = ({ address, token }: ListenOn) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.setTimeout(HELLO_MS, () => socket.destroy());
      let said = Buffer.alloc(0);
      const hear = (bytes: Buffer) => {
        said = Buffer.concat([said, bytes]);
        const end = said.indexOf(10);
        if (end < 0 && said.length < MOST_HELLO) return;
        socket.off("data", hear);
        const hello = readHello(said.subarray(0, Math.max(0, Math.min(end, MOST_HELLO))));
        const refused = hello === null || !same(hello.token, token) ? "token" : guest && !hello.take ? "busy" : null;
        if (refused !== null || hello === null) socket.end(line({ ok: false, why: refused ?? "token" }));
        else admit(socket, said.subarray(end + 1), hello);
      };
      socket.on("data", hear);
    });
    server.maxConnections = MOST_STRANGERS;
    server.listen(address, () => {
      on.listening(address);
      wait(START_MS);
      writeSync(1, `${LISTENING}\n`);
    });
  };

  let said = "";
  input.on("data", (bytes) => {
    const before = said;
    said += String(bytes);
    if (!before.includes("\n") && said.includes("\n"))
      listen(JSON.parse(said.slice(0, said.indexOf("\n"))) as ListenOn);
  });

  return {
    write: (client, bytes, done) => {
      if (guest?.number === client) guest.socket.write(bytes, () => done());
      else done();
    },
  };
}

function readHello(bytes: Buffer): Hello | null {
  try {
    const hello = JSON.parse(bytes.toString("utf8"));
    const { token, take, keepAliveSeconds } = hello ?? {};
    if (typeof token !== "string" || typeof take !== "boolean" || !(keepAliveSeconds >= 0)) return null;
    return { token, take, keepAliveSeconds: Number(keepAliveSeconds) };
  } catch {
    return null;
  }
}

/** In the same time for every wrong token. */
function same(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

const line = (welcome: Welcome) => `${JSON.stringify(welcome)}\n`;

function frame(message: object): string {
  const body = JSON.stringify(message);
  return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}
