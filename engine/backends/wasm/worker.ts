import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import {
  ARRIVED,
  GENERATION,
  JOB_WORDS,
  JOBS,
  JobKind,
  type Pass,
  type Program,
  type Report,
  RING,
  RING_JOBS,
  SLEEPERS,
  type WorkerData,
} from "./control.ts";
import { GEMM } from "./gemm.ts";

/**
 * One thread of the pool. All threads run the same passes in the same order, each its share of the parallel ones, and
 * meet at barriers: they spin briefly, then sleep, so that an idle pool takes no processor time.
 */

/** Looks at a shared word before sleeping: some tens of microseconds. */
const SPINS = 20_000;

type KernelCall = (descriptor: number, scalars: number, thread: number, threads: number) => void;
type Exports = Readonly<Record<string, KernelCall>>;

const { memory, gemm, thread, threads, port } = workerData as WorkerData & { port: MessagePort };
const words = new Int32Array(memory.buffer, 0, RING + RING_JOBS * JOB_WORDS);
const imports = { env: { memory } };
const library = new WebAssembly.Instance(gemm, imports).exports as Exports;
const contract = library[`f${GEMM.contract}`] as KernelCall;
const copy = library[`f${GEMM.copy}`] as KernelCall;
const programs = new Map<number, Program & { calls: readonly KernelCall[] }>();

function waitWhile(at: number, value: number): void {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, at) !== value) return;
  Atomics.add(words, SLEEPERS, 1);
  while (Atomics.load(words, at) === value) Atomics.wait(words, at, value);
  Atomics.sub(words, SLEEPERS, 1);
}

/** Returns once every thread is here. */
function barrier(): void {
  if (threads === 1) return;
  const generation = Atomics.load(words, GENERATION);
  if (Atomics.add(words, ARRIVED, 1) === threads - 1) {
    Atomics.store(words, ARRIVED, 0);
    Atomics.store(words, GENERATION, (generation + 1) | 0);
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, GENERATION);
  } else waitWhile(GENERATION, generation);
}

function load(): void {
  const { message } = receiveMessageOnPort(port) as { message: Program };
  const own = message.module ? (new WebAssembly.Instance(message.module, imports).exports as Exports) : {};
  const calls = message.passes.map(({ func }) => (func < 0 ? contract : (own[`f${func}`] as KernelCall)));
  programs.set(message.id, { ...message, calls });
}

function run(id: number, scalars: number, rows: number, steps: number): void {
  const program = programs.get(id) as Program & { calls: readonly KernelCall[] };
  const { passes, calls, scalarBytes, rowBytes } = program;
  for (let step = 0; step < steps; step++, scalars += scalarBytes) {
    for (let i = 0; i < passes.length; i++) {
      const { parallel, barrier: meet, descriptor } = passes[i] as Pass;
      if (meet) barrier();
      if (parallel) (calls[i] as KernelCall)(descriptor, scalars, thread, threads);
      else if (thread === 0) (calls[i] as KernelCall)(descriptor, scalars, 0, 1);
    }
  }
  barrier();
  if (thread === 0 && rowBytes > 0) copy(rows, program.rows, rowBytes * steps, 0);
}

function take(number: number): void {
  const at = RING + (number % RING_JOBS) * JOB_WORDS;
  const [kind, id, scalars, rows, steps] = words.subarray(at, at + JOB_WORDS) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (kind === JobKind.load) load();
  else if (kind === JobKind.unload) programs.delete(id);
  else run(id, scalars, rows, steps);
}

const tell = (report: Report) => port.postMessage(report);

try {
  for (let number = 0; ; number++) {
    waitWhile(JOBS, number);
    take(number);
    // thread 0 has copied the rows and nobody is behind: the ring and the scratch buffers may be used again
    barrier();
    if (thread === 0) tell({ done: number });
  }
} catch (error) {
  tell({ error: `thread ${thread}: ${error instanceof Error ? error.message : String(error)}` });
}
