/** The channel of messages: how a client finds a kernel that listens, and the notifications that carry events. */

/** JSON-RPC notification that carries a `KernelEvent`. */
export const EVENT_METHOD = "event";

/** JSON-RPC notification without parameters, the last one on a channel: another client has taken the kernel over. */
export const TAKEN_METHOD = "taken";

/** First line of a client on a kernel's socket, as JSON. The kernel answers with a `Welcome` in a line; JSON-RPC follows. */
export interface Hello {
  token: string;
  /** Take the kernel from a client that is there; without it the newcomer is refused. */
  take: boolean;
  /** How long the kernel stays when this client leaves it while a cell runs. */
  keepAliveSeconds: number;
}

export type Welcome = { ok: true } | { ok: false; why: "token" | "busy" };

/** What a kernel that listens (`kernel.mjs --listen`) reads from stdin, a line of JSON; it writes `LISTENING` to stdout when it does. */
export interface ListenOn {
  /** Path of a Unix domain socket in a folder of its own, which the kernel removes when it ends, or a Windows pipe. */
  address: string;
  token: string;
}

export const LISTENING = "listening";
