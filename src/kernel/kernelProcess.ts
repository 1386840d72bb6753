import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
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
  type Method,
  type Params,
  PROTOCOL_VERSION,
  type Result,
} from "../../engine/protocol/index.ts";
import { howEnded, KernelExited } from "./errors.ts";
import type { KernelFiles, Runtime } from "./locate.ts";

export interface StartOptions extends KernelFiles, Omit<InitializeParams, "protocol"> {
  /** In the order of the kernel; none before `start` has resolved is lost. */
  onEvent(event: KernelEvent): void;
  /** A line of the process's stderr: driver warnings, crashes. */
  onLog(line: string): void;
}

export interface KernelEnd {
  /** "exited (code 134)", "was killed (SIGKILL)". */
  how: string;
  /** The last lines it wrote to stderr. */
  lastOutput: string;
}

const START_MS = 30_000;
const LAST_LINES = 20;

/** One kernel process and the typed connection to it. */
export class KernelProcess {
  readonly ended: Promise<KernelEnd>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #connection: MessageConnection;
  readonly #runtime: Runtime;
  readonly #lastLines: string[] = [];
  #info: KernelInfo | undefined;
  #end: KernelEnd | undefined;
  #running: number[] = [];
  #interrupts = 0;

  private constructor(options: StartOptions) {
    // no shell, and nothing inherited but the environment; the notebook's folder is the kernel's own business
    this.#child = spawn(options.node, [options.kernel], {
      stdio: "pipe",
      windowsHide: true,
      env: { ...process.env, ...options.env },
    });
    this.#runtime = options.runtime;
    this.#connection = createMessageConnection(
      new StreamMessageReader(this.#child.stdout),
      new StreamMessageWriter(this.#child.stdin),
    );
    this.#connection.onNotification(EVENT_METHOD, options.onEvent);
    // a broken pipe shows as the end of the process
    this.#connection.onError(() => {});
    this.#child.stdin.on("error", () => {});
    this.#connection.listen();
    this.#readLog(options.onLog);
    this.ended = new Promise((resolve) => {
      const finish = (how: string) => {
        this.#end ??= { how, lastOutput: this.#lastLines.join("\n") };
        this.#connection.dispose();
        resolve(this.#end);
      };
      this.#child.once("error", (error) => finish(`could not be started (${error.message})`));
      this.#child.once("close", (code, signal) => finish(howEnded(code, signal)));
    });
  }

  /** Starts a process and shakes hands. Rejects with KernelExited when it ends before, or speaks another protocol. */
  static async start(options: StartOptions): Promise<KernelProcess> {
    const kernel = new KernelProcess(options);
    const { client, notebook, folder, backend, threads, overrides, profile } = options;
    const params = { protocol: PROTOCOL_VERSION, client, notebook, folder, backend, threads, overrides, profile };
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      kernel.kill();
    }, START_MS);
    try {
      kernel.#info = await kernel.request("initialize", params);
      return kernel;
    } catch (error) {
      kernel.kill();
      if (late)
        throw new KernelExited(`kernel did not answer within ${START_MS / 1000} s`, kernel.#lastLines.join("\n"));
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Whose Node it runs on. */
  get runtime(): Runtime {
    return this.#runtime;
  }

  get info(): KernelInfo {
    if (!this.#info) throw new Error("the kernel has not started");
    return this.#info;
  }

  /** Rejects with KernelExited when the process ends before it answers, and with the kernel's own words otherwise. */
  async request<M extends Method>(method: M, params: Params<M>): Promise<Result<M>> {
    if (this.#end) throw this.#exited();
    const index = method === "run" ? (params as Params<"run">).index : undefined;
    if (index !== undefined) this.#running.push(index);
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
      if (this.#end || this.#child.exitCode !== null || this.#child.signalCode !== null) {
        await this.ended;
        throw this.#exited();
      }
      throw error;
    } finally {
      if (index !== undefined) this.#running = this.#running.filter((i) => i !== index);
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
    if (!this.#end) this.#child.kill("SIGKILL");
  }

  /** Closes the channel: the kernel keeps what is to keep and exits; killed when it does not within `patienceMs`. */
  async close(patienceMs = 4000): Promise<KernelEnd> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.kill(), patienceMs);
    const end = await this.ended;
    clearTimeout(timer);
    return end;
  }

  dispose(): void {
    this.kill();
  }

  #exited(): KernelExited {
    const { how, lastOutput } = this.#end ?? { how: "ended", lastOutput: "" };
    const [index] = this.#running;
    const during = index === undefined ? "" : ` while running cell ${index}`;
    const below = lastOutput === "" ? "" : "; its last output is below";
    return new KernelExited(`kernel ${how}${during}${below}`, lastOutput);
  }

  #readLog(onLog: (line: string) => void): void {
    let rest = "";
    this.#child.stderr.setEncoding("utf8");
    this.#child.stderr.on("data", (text: string) => {
      const lines = (rest + text).split(/\r?\n/);
      rest = lines.pop() ?? "";
      for (const line of lines) this.#logLine(line, onLog);
    });
    this.#child.stderr.on("end", () => {
      if (rest !== "") this.#logLine(rest, onLog);
    });
  }

  #logLine(line: string, onLog: (line: string) => void): void {
    this.#lastLines.push(line);
    if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
    onLog(line);
  }
}
