import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { BackendError } from "../../errors/index.ts";
import {
  CONTROL_BYTES,
  type Job,
  jobsWord,
  type Program,
  type Report,
  type Run,
  type Took,
  type WorkerData,
} from "./control.ts";

/** Jobs handed to the workers at a time; the others wait here. */
const IN_FLIGHT = 4;

type Operation =
  | { readonly job: Job; readonly done: (took: Took) => void; readonly fail: (error: Error) => void }
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
  readonly #words: Int32Array;
  readonly #workers: Worker[] = [];
  readonly #ports: MessagePort[] = [];
  #waiting: Operation[] = [];
  #flying: Extract<Operation, { job: Job }>[] = [];
  #runs = 0;
  #over: string | undefined;
  #lose: (reason: string) => void = () => {};

  constructor(memory: WebAssembly.Memory, gemm: WebAssembly.Module, threads: number) {
    this.#words = new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4);
    this.threads = threads;
    this.lost = new Promise((resolve) => {
      this.#lose = resolve;
    });
    for (let thread = 0; thread < threads; thread++) this.#start({ memory, gemm, thread });
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
      else this.#finished(report);
    });
    port1.unref();
    this.#workers.push(worker);
    this.#ports.push(port1);
  }

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#flying.length === 0 && this.#waiting.length === 0;
  }

  /** Runs `action` after every job and action before it, at once when there is none; `fail` when the pool is over. */
  host(action: () => void, fail: (error: Error) => void = () => {}): void {
    this.#enqueue({ host: action, fail });
  }

  /** Gives the workers a program to run by its id. */
  async load(program: Program): Promise<void> {
    await this.#job({ load: program });
  }

  /** Takes the program back; it is not run any more. */
  async unload(id: number): Promise<void> {
    await this.#job({ unload: id });
  }

  /** Resolves with what it took once the threads have run the steps. */
  run(run: Omit<Run, "serial">): Promise<Took> {
    return this.#job({ run: { ...run, serial: ++this.#runs } });
  }

  #job(job: Job): Promise<Took> {
    return new Promise((done, fail) => this.#enqueue({ job, done, fail }));
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

  #dispatch(operation: Extract<Operation, { job: Job }>): void {
    const { job } = operation;
    this.#flying.push(operation);
    const threads = "run" in job ? job.run.threads : this.threads;
    for (let thread = 0; thread < threads; thread++) {
      this.#ports[thread]?.postMessage(job);
      Atomics.add(this.#words, jobsWord(thread), 1);
      Atomics.notify(this.#words, jobsWord(thread));
    }
  }

  #finished(took: Took): void {
    this.#flying.shift()?.done(took);
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
