import {
  AbstractMessageReader,
  AbstractMessageWriter,
  createMessageConnection,
  type DataCallback,
  type Disposable,
  ErrorCodes,
  type Message,
  type MessageConnection,
  type MessageReader,
  type MessageWriter,
  ResponseError,
} from "vscode-jsonrpc/node";
import { EVENT_METHOD, type Handlers, type KernelEvent, type Method } from "../protocol/index.ts";
import { type Frame, FrameReader } from "./frames.ts";
import { checkParams } from "./params.ts";

/** The kernel's end of the channel to one client. */
export interface Rpc {
  /** Bytes from the client. */
  receive(chunk: Buffer): void;
  /** To a client that has introduced itself, by `initialize` or `attach`; nothing otherwise. */
  send(event: KernelEvent): void;
}

/** What holds across the clients that a kernel has one after the other. */
export interface Served {
  initialized: boolean;
}

/**
 * Serves `handlers` over frames written by `write`. Bytes that are no message, messages that are no request, unknown
 * methods and parameters of the wrong shape are answered by JSON-RPC errors, and the next message is served.
 */
export function serve(handlers: Handlers, write: (bytes: Buffer) => void, served: Served): Rpc {
  const frames = new FrameReader();
  const reader = new PushReader();
  const writer = new SyncWriter(write);
  const connection: MessageConnection = createMessageConnection(reader, writer);
  let introduced = false;
  for (const method of Object.keys(handlers) as Method[]) {
    connection.onRequest(method, async (params: unknown) => {
      if (method === "initialize" && served.initialized)
        throw new ResponseError(ErrorCodes.InvalidRequest, "initialize was called before");
      if (method !== "initialize" && !served.initialized)
        throw new ResponseError(ErrorCodes.ServerNotInitialized, `"${method}" before "initialize"`);
      const mistake = checkParams(method, params);
      if (mistake) throw new ResponseError(ErrorCodes.InvalidParams, `${method}: ${mistake}`);
      const handle = handlers[method] as (p: unknown) => unknown;
      const answer = handle(params);
      // what `attach` tells has all events so far, and what starting says is heard
      introduced ||= method === "initialize" || method === "attach";
      // awaited, not returned: a reaction that waits for its turn is lost when a cell is terminated
      const result = await answer;
      served.initialized ||= method === "initialize";
      return result;
    });
  }
  connection.onRequest((method) => {
    throw new ResponseError(
      ErrorCodes.MethodNotFound,
      `no method "${method}"; there is ${Object.keys(handlers).join(", ")}`,
    );
  });
  connection.onUnhandledNotification(() => {});
  connection.onError(() => {});
  connection.listen();

  const refuse = (code: number, message: string, id: number | string | null = null) =>
    writer.writeNow({ jsonrpc: "2.0", id, error: { code, message } });

  const take = (frame: Frame) => {
    if ("garbage" in frame)
      return refuse(
        ErrorCodes.ParseError,
        `not a message, expected "Content-Length: n": ${JSON.stringify(frame.garbage.slice(0, 80))}`,
      );
    let message: unknown;
    try {
      message = JSON.parse(frame.text);
    } catch (error) {
      return refuse(ErrorCodes.ParseError, `the message is not JSON: ${(error as Error).message}`);
    }
    if (!isRequest(message)) {
      const id = typeof message === "object" && message !== null && "id" in message ? message.id : null;
      const known = typeof id === "number" || typeof id === "string" ? id : null;
      return refuse(
        ErrorCodes.InvalidRequest,
        'not a JSON-RPC 2.0 request: it needs "jsonrpc": "2.0" and a "method"',
        known,
      );
    }
    reader.push(message);
  };

  return {
    receive: (chunk) => {
      for (const frame of frames.push(chunk)) take(frame);
    },
    send: (event) => {
      if (introduced) writer.writeNow({ jsonrpc: "2.0", method: EVENT_METHOD, params: event });
    },
  };
}

const isRequest = (m: unknown): m is Message =>
  typeof m === "object" &&
  m !== null &&
  "jsonrpc" in m &&
  m.jsonrpc === "2.0" &&
  "method" in m &&
  typeof m.method === "string";

class PushReader extends AbstractMessageReader implements MessageReader {
  #callback: DataCallback | undefined;

  listen(callback: DataCallback): Disposable {
    this.#callback = callback;
    return { dispose: () => {} };
  }

  push(message: Message): void {
    this.#callback?.(message);
  }
}

/** Writes at once, so that what a busy cell prints is seen while it is busy. */
class SyncWriter extends AbstractMessageWriter implements MessageWriter {
  readonly #write: (bytes: Buffer) => void;

  constructor(write: (bytes: Buffer) => void) {
    super();
    this.#write = write;
  }

  async write(message: Message): Promise<void> {
    this.writeNow(message);
  }

  writeNow(message: object): void {
    const body = Buffer.from(JSON.stringify(message));
    this.#write(Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]));
  }

  end(): void {}
}
