import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import {
  EVENT_METHOD,
  type InitializeParams,
  type KernelEvent,
  type KernelInfo,
  type KernelState,
  type Method,
  type Params,
  PROTOCOL_VERSION,
  type Result,
  TAKEN_METHOD,
} from "../../engine/protocol/index.ts";
import type { Channel, KernelEnd } from "./channel.ts";
import { KernelExited } from "./errors.ts";
import type { KernelFiles, Runtime } from "./locate.ts";
import { openStdio } from "./stdio.ts";

export interface ListenOptions {
  /** In the order of the kernel; none before `start` has resolved is lost. */
  onEvent(event: KernelEvent): void;
  /** A line of the process's stderr: driver warnings, crashes. */
  onLog(line: string): void;
}

export interface StartOptions extends KernelFiles, ListenOptions, Omit<InitializeParams, "protocol"> {}

const START_MS = 30_000;

/** One kernel process and the typed connection to it. */
export class KernelProcess {
  readonly ended: Promise<KernelEnd>;
  readonly #channel: Channel;
  readonly #connection: MessageConnection;
  #info: KernelInfo | undefined;
  #end: KernelEnd | undefined;
  /** Cells that run, by their place in the notebook. */
  #running: (number | null)[] = [];
  #interrupts = 0;

  private constructor(channel: Channel, onEvent: (event: KernelEvent) => void) {
    this.#channel = channel;
    this.#connection = createMessageConnection(
      new StreamMessageReader(channel.output),
      new StreamMessageWriter(channel.input),
    );
    this.#connection.onNotification(EVENT_METHOD, onEvent);
    this.#connection.onNotification(TAKEN_METHOD, () => channel.taken());
    // a broken pipe shows as the end of the process
    this.#connection.onError(() => {});
    this.#connection.listen();
    this.ended = channel.ended.then((end) => {
      this.#end = end;
      this.#connection.dispose();
      return end;
    });
  }

  /** Starts a process on stdio and shakes hands. Rejects with KernelExited when it ends before, or speaks another protocol. */
  static start(options: StartOptions): Promise<KernelProcess> {
    return KernelProcess.startOn(openStdio(options, options.onLog), options);
  }

  /** Shakes hands with a kernel that has just been started. */
  static async startOn(channel: Channel, options: StartOptions): Promise<KernelProcess> {
    const kernel = new KernelProcess(channel, options.onEvent);
    const { client, notebook, runFolder, folder, backend, threads, overrides, profile } = options;
    const of = { client, notebook, ...(runFolder === undefined ? {} : { runFolder }), folder };
    const params = { protocol: PROTOCOL_VERSION, ...of, backend, threads, overrides, profile };
    await kernel.#greet(async () => {
      kernel.#info = await kernel.request("initialize", params);
    }, true);
    return kernel;
  }

  /** Shakes hands with a kernel that works already. Rejects when it speaks another protocol, and leaves it then. */
  static async attachTo(
    channel: Channel,
    { onEvent }: Pick<ListenOptions, "onEvent">,
  ): Promise<{ kernel: KernelProcess; state: KernelState }> {
    const kernel = new KernelProcess(channel, onEvent);
    const state = await kernel.#greet(() => kernel.request("attach", { protocol: PROTOCOL_VERSION }), false);
    kernel.#info = state.info;
    return { kernel, state };
  }

  get info(): KernelInfo {
    if (!this.#info) throw new Error("the kernel has not started");
    return this.#info;
  }

  /** Whose Node it runs on. */
  get runtime(): Runtime {
    return this.#channel.runtime;
  }

  /** Rejects with KernelExited when the process ends before it answers, and with the kernel's own words otherwise. */
  async request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.#end) throw this.#exited();
    const runs = method === "run" || method === "outcome";
    const index = method === "run" ? (params as Params<"run">).index : null;
    if (runs) this.#running.push(index);
    const ended = this.ended.then((): never => {
      throw this.#exited();
    });
    ended.catch(() => {});
    const answer: Promise<Result<M>> = this.#connection.sendRequest(method, params);
    answer.catch(() => {});
    try {
      return await Promise.race([answer, ended]);
    } catch (error) {
      // the connection notices a dead process first
      if (this.#end || this.#channel.dead()) {
        await this.ended;
        throw this.#exited();
      }
      throw error;
    } finally {
      if (runs) this.#running.splice(this.#running.indexOf(index), 1);
      if (this.#running.length === 0) this.#interrupts = 0;
    }
  }

  /** First call: the running cell stops and keeps its state. A second one, while it still runs, kills the process. */
  async interrupt(): Promise<void> {
    if (this.#end) return;
    this.#interrupts++;
    if (this.#interrupts > 1 && this.#running.length > 0) return this.kill();
    await this.request("interrupt", {}).catch(() => {});
  }

  /** Ends the process at once. */
  kill(): void {
    if (!this.#end) this.#channel.kill();
  }

  /** The kernel keeps what is to keep and exits; killed when it does not within `patienceMs`. */
  async close(patienceMs = 4000): Promise<KernelEnd> {
    if (this.#channel.outlives) void this.request("shutdown", {}).catch(() => {});
    else this.#channel.leave();
    const timer = setTimeout(() => this.kill(), patienceMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  /** Goes away: a kernel on a socket waits for somebody to come back, as long as it was told to. `ended` does not settle. */
  leave(): void {
    this.#connection.dispose();
    this.#channel.leave();
  }

  dispose(): void {
    this.kill();
  }

  /** The first exchange, within a time. */
  async #greet<T>(exchange: () => Promise<T>, ours: boolean): Promise<T> {
    const late = Promise.withResolvers<never>();
    const message = `kernel did not answer within ${START_MS / 1000} s`;
    const timer = setTimeout(() => late.reject(new KernelExited(message, this.#channel.lastOutput())), START_MS);
    try {
      return await Promise.race([exchange(), late.promise]);
    } catch (error) {
      if (ours) this.kill();
      else this.leave();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #exited(): KernelExited {
    const { how, lastOutput } = this.#end ?? { how: "ended", lastOutput: "" };
    const [index] = this.#running;
    const during = typeof index === "number" ? ` while running cell ${index}` : "";
    const below = lastOutput === "" ? "" : "; its last output is below";
    return new KernelExited(`kernel ${how}${during}${below}`, lastOutput);
  }
}
