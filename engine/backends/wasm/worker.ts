import { type MessagePort, receiveMessageOnPort, workerData } from "node:worker_threads";
import {
  ARRIVED,
  CONTROL_BYTES,
  GENERATION,
  type Job,
  jobsWord,
  type Pass,
  type Program,
  type Report,
  type Run,
  SLEEPERS,
  STARTED,
  type WorkerData,
} from "./control.ts";
import { GEMM } from "./gemm.ts";

/**
 * One thread of the pool. The threads of a run make the same passes in the same order, each its share of the parallel
 * ones, and meet at barriers: they spin briefly, then sleep, so that an idle pool takes no processor time.
 */

/** Looks at a shared word before sleeping: some tens of microseconds. */
const SPINS = 20_000;

type KernelCall = (descriptor: number, scalars: number, thread: number, threads: number) => void;
type Exports = Readonly<Record<string, KernelCall>>;

type Loaded = Program & { readonly calls: readonly KernelCall[] };

const { memory, gemm, thread, port } = workerData as WorkerData & { port: MessagePort };
// V8 tells a thread of growth from when the thread has the memory, not of what came while it was starting: until the next
// growth a copy beyond the length it first saw would be out of bounds. Growing by nothing brings the length up to date.
memory.grow(0);
const words = new Int32Array(memory.buffer, 0, CONTROL_BYTES / 4);
const imports = { env: { memory } };
const library = new WebAssembly.Instance(gemm, imports).exports as Exports;
const contract = library[`f${GEMM.contract}`] as KernelCall;
const copy = library[`f${GEMM.copy}`] as KernelCall;
const programs = new Map<number, Loaded>();

/** Returns once the word is not `value`. */
function waitWhile(at: number, value: number): void {
  for (let i = 0; i < SPINS; i++) if (Atomics.load(words, at) !== value) return;
  Atomics.add(words, SLEEPERS, 1);
  while (Atomics.load(words, at) === value) Atomics.wait(words, at, value);
  Atomics.sub(words, SLEEPERS, 1);
}

function change(at: number, value: number): void {
  Atomics.store(words, at, value);
  if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, at);
}

/** Returns once every thread of the run is here. */
function meet(threads: number): void {
  if (threads === 1) return;
  const generation = Atomics.load(words, GENERATION);
  if (Atomics.add(words, ARRIVED, 1) === threads - 1) {
    Atomics.store(words, ARRIVED, 0);
    change(GENERATION, (generation + 1) | 0);
  } else waitWhile(GENERATION, generation);
}

function load(program: Program): void {
  const own = program.module ? (new WebAssembly.Instance(program.module, imports).exports as Exports) : {};
  const calls = program.passes.map(({ func }) => (func < 0 ? contract : (own[`f${func}`] as KernelCall)));
  programs.set(program.id, { ...program, calls });
}

function run({
  id,
  serial,
  threads,
  first,
  steps,
  scalars,
  rows,
  measured,
}: Run): Float64Array<ArrayBuffer> | undefined {
  const program = programs.get(id) as Loaded;
  const { passes, calls, scalarBytes, rowBytes } = program;
  // thread 0 is in every run: the others join the one it is in, so that the barrier belongs to one run at a time
  if (thread === 0) change(STARTED, serial);
  else
    for (let now = Atomics.load(words, STARTED); now !== serial; now = Atomics.load(words, STARTED))
      waitWhile(STARTED, now);
  let times: Float64Array<ArrayBuffer> | undefined;
  if (measured && thread === 0) times = measure(program, threads, first, steps, scalars);
  else
    for (let step = first; step < first + steps; step++) {
      const block = scalars + step * scalarBytes;
      for (let i = 0; i < passes.length; i++) {
        const { parallel, barrier, descriptor } = passes[i] as Pass;
        if (barrier) meet(threads);
        if (parallel) (calls[i] as KernelCall)(descriptor, block, thread, threads);
        else if (thread === 0) (calls[i] as KernelCall)(descriptor, block, 0, 1);
      }
    }
  meet(threads);
  if (thread === 0 && rowBytes > 0) copy(rows + rowBytes * first, program.rows + rowBytes * first, rowBytes * steps, 0);
  return times;
}

/** The steps as thread 0 makes them, with a look at the clock around every pass: see `Took`. */
function measure(
  { passes, calls, scalarBytes }: Loaded,
  threads: number,
  first: number,
  steps: number,
  scalars: number,
) {
  const times = new Float64Array(2 * passes.length * steps);
  let at = 0;
  let then = performance.now();
  /** Milliseconds since it was last asked. */
  const lap = (): number => {
    const since = then;
    then = performance.now();
    return then - since;
  };
  for (let step = first; step < first + steps; step++) {
    const block = scalars + step * scalarBytes;
    for (let i = 0; i < passes.length; i++, at += 2) {
      const { parallel, barrier, descriptor } = passes[i] as Pass;
      if (barrier && threads > 1) {
        meet(threads);
        const waited = lap();
        if (at > 0) times[at - 1] = waited;
      }
      if (parallel) (calls[i] as KernelCall)(descriptor, block, thread, threads);
      else (calls[i] as KernelCall)(descriptor, block, 0, 1);
      times[at] = lap();
    }
  }
  return times;
}

const tell = (report: Report) => port.postMessage(report);

try {
  for (let taken = 0; ; taken++) {
    waitWhile(jobsWord(thread), taken);
    const { message } = receiveMessageOnPort(port) as { message: Job };
    const start = performance.now();
    let times: Float64Array<ArrayBuffer> | undefined;
    if ("load" in message) load(message.load);
    else if ("unload" in message) programs.delete(message.unload);
    else times = run(message.run);
    if (thread === 0) tell({ ms: performance.now() - start, ...(times && { times }) });
  }
} catch (error) {
  tell({ error: `thread ${thread}: ${error instanceof Error ? error.message : String(error)}` });
}
