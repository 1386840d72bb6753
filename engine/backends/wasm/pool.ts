import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { BackendError } from "../../errors/index.ts";
import {
  JOB_WORDS,
  JOBS,
  type Job,
  JobKind,
  type Program,
  type Report,
  RING,
  RING_JOBS,
  type WorkerData,
} from "./control.ts";

/** Jobs handed to the workers at a time; the others wait here. */
const IN_FLIGHT = 4;

type Operation =
  | { readonly job: Job; readonly done: () => void; readonly fail: (error: Error) => void }
  | { readonly host: () => void; readonly fail: (error: Error) => void };

/** The bundle has the worker beside it; under a test runner the source is run as it is. */
function workerFile(): URL {
  const bundled = new URL("./wasm-worker.mjs", import.meta.url);
  return existsSync(fileURLToPath(bundled)) ? bundled : new URL("./worker.ts", import.meta.url);
}

/**
 * Worker threads over one memory, and the order of what is done to it: jobs for the workers, and operations of the host
 * between them. The process may exit when nothing is under way.
 */
export class Pool {
  readonly threads: number;
  /** Resolves with the reason when a worker fails. */
  readonly lost: Promise<string>;
  readonly #memory: WebAssembly.Memory;
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  #waiting: Operation[] = [];
  #flying: Exclude<Operation, { host: unknown }>[] = [];
  #posted = 0;
  #over: string | undefined;
  #lose: (reason: string) => void = () => {};

  constructor(memory: WebAssembly.Memory, gemm: WebAssembly.Module, threads: number) {
    this.#memory = memory;
    this.threads = threads;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    for (let thread = 0; thread < threads; thread++) this.#start({ memory, gemm, thread, threads });
  }

  #start(data: WorkerData): void {
    const { port1, port2 } = new MessageChannel();
    const worker = new Worker(workerFile(), {
      workerData: { ...data, port: port2 },
      transferList: [port2],
      execArgv: [],
      name: `dlnb wasm ${data.thread}`,
    });
    worker.on("error", (error) => this.#fail(`worker ${data.thread} failed: ${error.message}`));
    worker.on("exit", (code) => this.#fail(`worker ${data.thread} exited with code ${code}`));
    worker.unref();
    port1.on("message", (report: Report) => {
      if ("error" in report) this.#fail(report.error);
      else this.#finished();
    });
    port1.unref();
    this.#workers.push(worker);
    this.#ports.push(port1);
  }

  /** Runs `action` after every job and action before it, at once when there is none; `fail` when the pool is over. */
  host(action: () => void, fail: (error: Error) => void = () => {}): void {
    this.#enqueue({ host: action, fail });
  }

  /** Resolves when all workers have done `job`. */
  run(job: Job): Promise<void> {
    return new Promise((done, fail) => this.#enqueue({ job, done, fail }));
  }

  /** Gives the workers a program to run by its id. */
  load(program: Program): Promise<void> {
    if (this.#over === undefined) for (const port of this.#ports) port.postMessage(program);
    return this.run({ kind: JobKind.load, id: program.id });
  }

  #enqueue(operation: Operation): void {
    if (this.#over !== undefined) {
      operation.fail(new BackendError(`wasm: ${this.#over}`));
      return;
    }
    this.#waiting.push(operation);
    this.#pump();
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0] as Operation;
      if (this.#flying.length >= ("host" in next ? 1 : IN_FLIGHT)) break;
      this.#waiting.shift();
      if ("host" in next) next.host();
      else this.#dispatch(next);
    }
    if (this.#flying.length > 0) this.#ports[0]?.ref();
    else this.#ports[0]?.unref();
  }

  #dispatch(operation: Exclude<Operation, { host: unknown }>): void {
    const words = new Int32Array(this.#memory.buffer, 0, RING + RING_JOBS * JOB_WORDS);
    const { kind, id, scalars = 0, rows = 0, steps = 0 } = operation.job;
    words.set([kind, id, scalars, rows, steps], RING + (this.#posted % RING_JOBS) * JOB_WORDS);
    this.#flying.push(operation);
    this.#posted++;
    Atomics.store(words, JOBS, this.#posted);
    Atomics.notify(words, JOBS);
  }

  #finished(): void {
    this.#flying.shift()?.done();
    this.#pump();
  }

  #fail(reason: string): void {
    if (this.#over !== undefined) return;
    this.#lose(reason);
    void this.#end(reason);
  }

  async #end(reason: string): Promise<void> {
    this.#over = reason;
    const pending = [...this.#flying, ...this.#waiting];
    this.#flying = [];
    this.#waiting = [];
    for (const port of this.#ports) port.close();
    for (const operation of pending) operation.fail(new BackendError(`wasm: ${reason}`));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  async close(): Promise<void> {
    if (this.#over === undefined) await this.#end("the backend was closed");
  }
}
