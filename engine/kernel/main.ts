import { Readable } from "node:stream";
import { UserError } from "../errors/index.ts";
import { openDoor } from "./door.ts";
import { type Rpc, serve } from "./rpc.ts";
import { Kernel } from "./server.ts";

/**
 * The kernel process: one notebook's cells, driven by JSON-RPC on stdin and stdout or, with `--listen`, on a socket that
 * outlives its client. What cells write to stdout and stderr becomes events; only native code still writes to the real stderr.
 */
function main(): void {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 15)) {
    process.stderr.write(`the dlnb kernel needs Node 22.15 or newer; this is ${process.versions.node}\n`);
    process.exit(1);
  }
  const write = process.stdout.write.bind(process.stdout);
  const writeError = process.stderr.write.bind(process.stderr);
  const exit = process.exit.bind(process);
  // writes to a client that has gone; stdin's end ends the process
  process.stdout.on("error", () => {});

  let rpc: Rpc | undefined;
  const served = { initialized: false };
  const door = openDoor(process.argv.includes("--listen"), (bytes) => void write(bytes), {
    client: (write) => {
      rpc = write === null ? undefined : serve(kernel.handlers, write, served);
      if (write === null) kernel.left();
      else kernel.came();
    },
    data: (chunk) => rpc?.receive(chunk),
    interrupt: () => void kernel.interrupt(),
    close: (patienceMs) => void kernel.close(patienceMs),
    fail: (error) => {
      writeError(`the kernel cannot read its input: ${error.stack}\n`);
      exit(1);
    },
  });
  const kernel = new Kernel({ flags: door.flags, send: (event) => rpc?.send(event), exit });

  process.stdout.write = capture((text) => kernel.print("stdout", text));
  process.stderr.write = capture((text) => kernel.print("stderr", text));
  process.exit = () => {
    throw new UserError(
      "process.exit would end the kernel and forget every cell; return from the code, or restart the kernel",
    );
  };
  // the channel is the doorman's: a cell that read it would take requests away
  Object.defineProperty(process, "stdin", { value: Readable.from([]), configurable: true });
  process.on("unhandledRejection", (reason) => kernel.stray("unhandled rejection", reason));
  process.on("uncaughtException", (error) => kernel.stray("uncaught error", error));
  // the terminal's Ctrl+C goes to the whole group; the client says what it means
  process.on("SIGINT", () => {});
}

type Write = typeof process.stdout.write;

/** A stream's `write` that hands the text over. */
const capture = (take: (text: string) => void): Write => {
  const write = (chunk: string | Uint8Array, encoding?: unknown, callback?: unknown): boolean => {
    take(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"));
    const done = typeof encoding === "function" ? encoding : callback;
    if (typeof done === "function") process.nextTick(done as () => void);
    return true;
  };
  return write as Write;
};

main();
