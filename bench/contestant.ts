import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { Method, Reply, Requests } from "./protocol.ts";

/** How an engine's process is started. */
export interface Start {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** Lines of a process's stderr that an error message ends with. */
const LAST_LINES = 4;

const running = new Set<Contestant>();

/** Ends every process that was started. */
export const stopAll = (): void => {
  for (const contestant of running) contestant.stop();
};

/** An engine's process: asked one thing at a time, idle in between. */
export class Contestant {
  readonly #child: ChildProcess;
  #stderr: string[] = [];
  #answer: ((line: string) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;
  #over: string | undefined;

  constructor({ command, args, env }: Start) {
    running.add(this);
    this.#child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    const { stdin, stdout, stderr } = this.#child;
    if (!stdin || !stdout || !stderr) throw new Error(`${command}: started without pipes`);
    // a process that ended says so by `close`
    stdin.on("error", () => {});
    createInterface({ input: stdout }).on("line", (line) => this.#heard(line));
    createInterface({ input: stderr }).on("line", (line) => {
      this.#stderr = [...this.#stderr, line].slice(-LAST_LINES);
    });
    this.#child.on("error", (error) => this.#ended(error.message));
    this.#child.on("close", (code, signal) => this.#ended(`its process ended (${signal ?? `code ${code}`})`));
  }

  /** Throws what the engine says it cannot do, or how its process ended, or that it took longer than `limitMs`. */
  async ask<M extends Method>(method: M, given: Parameters<Requests[M]>[0], limitMs: number): Promise<Reply<M>> {
    if (this.#over !== undefined) throw new Error(this.#over);
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string>((resolve, reject) => {
      [this.#answer, this.#fail] = [resolve, reject];
      timer = setTimeout(() => {
        this.#over = `"${method}" took longer than ${Math.round(limitMs / 1000)} s`;
        this.stop();
        reject(new Error(this.#over));
      }, limitMs);
      this.#child.stdin?.write(`${JSON.stringify({ do: method, ...given })}\n`);
    }).finally(() => clearTimeout(timer));
    const reply = JSON.parse(line) as Reply<M> & { error?: string };
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  /** Seconds of processor time of all its threads so far; NaN where the system does not say. */
  get cpuSeconds(): number {
    try {
      const stat = readFileSync(`/proc/${this.#child.pid}/stat`, "latin1");
      const [user, system] = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .slice(11, 13);
      return (Number(user) + Number(system)) / TICKS_PER_SECOND;
    } catch {
      return Number.NaN;
    }
  }

  stop(): void {
    running.delete(this);
    this.#child.kill("SIGKILL");
  }

  /** Libraries may print: only objects of JSON are answers. */
  #heard(line: string): void {
    if (!line.startsWith("{")) return;
    this.#answer?.(line);
    [this.#answer, this.#fail] = [undefined, undefined];
  }

  #ended(why: string): void {
    running.delete(this);
    this.#over ??= [why, ...this.#stderr].join("; ");
    this.#fail?.(new Error(this.#over));
    [this.#answer, this.#fail] = [undefined, undefined];
  }
}

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
