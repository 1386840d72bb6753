import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { decodeSafetensors } from "../engine/session/safetensors.ts";
import type { HostTensor } from "../engine/tensor/index.ts";
import type { Job } from "./workload.ts";

/**
 * What is asked of an engine: it is a process of its own that reads a line of JSON, answers with one, and does nothing in
 * between, so that it disturbs none of the others. A reply with `error` in place of its fields says why it cannot.
 */
export interface Requests {
  /** Load the library and read the files (safetensors: the state_dict; x and y). Nothing is compiled yet. */
  open(given: Opening): { version: string; adapter: string };
  /** Train from the initial state in fresh memory; `ms` from here to the last step's loss on the host. */
  begin(given: { steps: number }): { ms: number; losses: readonly number[] };
  /** Go on for about so many steps. */
  window(given: { steps: number }): Window;
  /** What ours knows about the plan of a step; null from others. */
  plan(given: Record<never, never>): { plan: PlanFigures | null };
}

export interface Opening {
  readonly job: Job;
  readonly state: string;
  readonly data: string;
  readonly threads: number;
  readonly device: "wasm" | "webgpu" | "cpu" | "cuda";
  /** Folder that the peers' packages are installed in. */
  readonly peers: string;
}

/** `steps` whole steps took `ms`; the loss of the last. */
export interface Window {
  readonly steps: number;
  readonly ms: number;
  readonly loss: number;
}

/** Of one step. */
export interface PlanFigures {
  readonly launches: number;
  readonly flops: number;
  readonly bytes: number;
}

export type Method = keyof Requests;
export type Reply<M extends Method> = ReturnType<Requests[M]> & { readonly rssBytes: number };

/** An engine within its process. */
export interface Engine {
  readonly version: string;
  readonly adapter: string;
  /** The initial state and the data in fresh device memory. */
  begin(): Promise<Training>;
  plan?(): Promise<PlanFigures>;
}

export interface Training {
  /** So many steps, with the loss of each when asked for, else of the last. */
  steps(count: number, each: boolean): Promise<{ steps: number; ms: number; losses: readonly number[] }>;
  dispose(): Promise<void> | void;
}

/** Answers the messages on stdin by `open`'s engine, until stdin ends. */
export async function serve(open: (given: Opening) => Promise<Engine>): Promise<never> {
  let engine: Engine | undefined;
  let training: Training | undefined;
  const need = <T>(thing: T | undefined, what: string): T => {
    if (thing === undefined) throw new Error(`nothing to go on with: ${what} first`);
    return thing;
  };
  const answers: { [M in Method]: (given: Parameters<Requests[M]>[0]) => Promise<ReturnType<Requests[M]>> } = {
    async open(given) {
      engine = await open(given);
      return { version: engine.version, adapter: engine.adapter };
    },
    async begin({ steps }) {
      await training?.dispose();
      const began = performance.now();
      training = await need(engine, "open").begin();
      const { losses } = await training.steps(steps, true);
      return { ms: performance.now() - began, losses };
    },
    async window({ steps: wanted }) {
      const { steps, ms, losses } = await need(training, "begin").steps(wanted, false);
      return { steps, ms, loss: losses.at(-1) as number };
    },
    async plan() {
      return { plan: (await need(engine, "open").plan?.()) ?? null };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const { do: method, ...given } = JSON.parse(line) as { do: Method };
    let reply: object;
    try {
      reply = await answers[method](given as never);
    } catch (error) {
      reply = { error: error instanceof Error ? error.message : String(error) };
    }
    const rssBytes = process.resourceUsage().maxRSS * 1024;
    process.stdout.write(`${JSON.stringify({ ...reply, rssBytes })}\n`);
  }
  process.exit(0);
}

/** Tensors of a safetensors file. */
export const readTensors = (path: string): ReadonlyMap<string, HostTensor> =>
  decodeSafetensors(readFileSync(path), path).tensors;
