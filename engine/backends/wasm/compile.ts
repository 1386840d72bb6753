import { createHash } from "node:crypto";
import { WORD_BYTES } from "../../tensor/index.ts";
import type { Launch, MapLaunch, Plan, ReduceLaunch, View } from "../launch.ts";
import { assemble, type Func } from "./assembler.ts";
import { type GemmCall, lowerContract } from "./contract.ts";
import type { Pass } from "./control.ts";
import type { Place } from "./cursors.ts";
import { type Descriptor, FIELDS, QUEUE_BYTES, type Tile } from "./gemm.ts";
import { conflict, type Touched, touched } from "./hazards.ts";
import type { Heap } from "./heap.ts";
import { emitMap } from "./map.ts";
import { emitReduce } from "./reduce.ts";
import { split } from "./split.ts";

/** A plan's code and memory. */
export interface Compiled {
  readonly module?: WebAssembly.Module;
  readonly passes: readonly Pass[];
  /** Which of the plan's launches each pass is a part of. */
  readonly of: readonly number[];
  /** Where each buffer of the plan lies. */
  readonly buffers: readonly { readonly at: number; readonly words: number }[];
  /** Memory that the program owns. */
  readonly owned: readonly { readonly at: number; readonly bytes: number }[];
}

export interface Target {
  readonly heap: Heap;
  readonly threads: number;
  /** The contraction's register tile. */
  readonly tile: Tile;
  /** Address of the contraction's scratch memory. */
  readonly workspace: number;
}

/** Compiled modules by content; plans of equal structure share code that is warm already. */
const modules = new Map<string, Promise<WebAssembly.Module>>();
const MODULES_KEPT = 64;

type Step = { readonly launch: Launch } & (
  | { readonly call: GemmCall }
  | { readonly func: number; readonly places: readonly Place[]; readonly parallel: boolean }
);

/** Makes the code of `plan` and lays out its memory; `named[i]` is the address of buffer i where the caller provides it. */
export async function compile(plan: Plan, named: readonly (number | undefined)[], target: Target): Promise<Compiled> {
  const code = codeOf(plan, target);
  return layOut(plan, code, code.bytes && (await moduleOf(code.bytes)), named, target);
}

/** `compile` without waiting: compiles in the calling thread. */
export function compileNow(plan: Plan, named: readonly (number | undefined)[], target: Target): Compiled {
  const code = codeOf(plan, target);
  code.module ??= code.bytes && new WebAssembly.Module(code.bytes);
  return layOut(plan, code, code.module, named, target);
}

function layOut(
  plan: Plan,
  { steps, planned, of }: Code,
  module: WebAssembly.Module | undefined,
  named: readonly (number | undefined)[],
  target: Target,
): Compiled {
  const owned: { at: number; bytes: number }[] = [];
  const alloc = (words: number, label: string) => {
    const bytes = words * WORD_BYTES;
    const at = target.heap.alloc(bytes, `${plan.label}: ${label}`);
    owned.push({ at, bytes });
    return at;
  };
  try {
    const buffers = planned.map(({ words }, i) => ({ at: named[i] ?? alloc(words, "scratch"), words }));
    const constants = new Constants();
    const addresses = steps.map((step) => constants.add(descriptorOf(step, buffers, constants, target)));
    const base = alloc(constants.words.length, "tables");
    constants.write(new Int32Array(target.heap.memory.buffer, base), base);
    const passes = schedule(
      steps.map((step, i) => ({
        func: "call" in step ? -1 : step.func,
        descriptor: base + (addresses[i] as number) * WORD_BYTES,
        parallel: target.threads > 1 && ("call" in step ? step.call.parallel : step.parallel),
        touched: touched(step.launch, buffers),
      })),
    );
    return { ...(module && { module }), passes, of, buffers, owned };
  } catch (error) {
    for (const { at, bytes } of owned) target.heap.free(at, bytes);
    throw error;
  }
}

/** What does not depend on where buffers lie. */
interface Code {
  readonly steps: readonly Step[];
  readonly planned: Plan["buffers"];
  readonly of: Compiled["of"];
  /** Its functions; absent when the plan has contractions only. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Of `bytes`, once it was compiled in this thread. */
  module?: WebAssembly.Module | undefined;
}

/** Code by plan: a run that has the plan of another has its code too. */
const codes = new WeakMap<Plan, Map<string, Code>>();

function codeOf(plan: Plan, { threads, tile }: Target): Code {
  const known = codes.get(plan) ?? new Map<string, Code>();
  codes.set(plan, known);
  const key = JSON.stringify([threads, tile]);
  const code = known.get(key) ?? makeCode(plan, threads, tile);
  known.set(key, code);
  return code;
}

function makeCode(plan: Plan, threads: number, tile: Tile): Code {
  const { launches, buffers: planned, of } = split(plan);
  const funcs = new FuncTable();
  const steps = launches.map((launch): Step => {
    if (launch.kind === "contract") return { launch, call: lowerContract(launch, threads, tile) };
    return { launch, ...funcs.add(launch) };
  });
  return { steps, planned, of, bytes: funcs.all.length > 0 ? assemble(funcs.all) : undefined };
}

/** Functions of a module: launches that differ only in where their buffers lie share one. */
class FuncTable {
  readonly all: Func[] = [];
  readonly #known = new Map<string, { func: number; parallel: boolean; slots: readonly number[] }>();

  add(launch: MapLaunch | ReduceLaunch): { func: number; parallel: boolean; places: readonly Place[] } {
    const { key, places } = structureOf(launch);
    let known = this.#known.get(key);
    if (!known) {
      const kernel = launch.kind === "map" ? emitMap(launch) : emitReduce(launch);
      const slotOf = ({ buffer, offset }: Place) => places.findIndex((p) => p.buffer === buffer && p.offset === offset);
      known = { func: this.all.push(kernel.func) - 1, parallel: kernel.parallel, slots: kernel.places.map(slotOf) };
      this.#known.set(key, known);
    }
    const { func, parallel, slots } = known;
    return { func, parallel, places: slots.map((slot) => places[slot] as Place) };
  }
}

/** What the code of a launch depends on, as text, and the places it does not depend on in the order they appear. */
function structureOf(launch: MapLaunch | ReduceLaunch): { key: string; places: Place[] } {
  const places: Place[] = [];
  const slots = new Map<string, number>();
  const key = JSON.stringify(launch, (name, value) => {
    if (name === "label" || name === "part") return undefined;
    if (typeof value === "number")
      return Number.isFinite(value) && !Object.is(value, -0) ? value : `${1 / value} ${value}`;
    if (typeof value?.buffer !== "number") return value;
    const { buffer, offset, ...rest } = value as View;
    const place = `${buffer}:${offset}`;
    const slot = slots.get(place) ?? places.push({ buffer, offset }) - 1;
    slots.set(place, slot);
    return { slot, ...rest };
  });
  return { key, places };
}

function moduleOf(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  const key = createHash("sha256").update(bytes).digest("base64");
  const known = modules.get(key) ?? WebAssembly.compile(bytes);
  modules.delete(key);
  modules.set(key, known);
  for (const old of modules.keys()) {
    if (modules.size <= MODULES_KEPT) break;
    modules.delete(old);
  }
  return known;
}

/** A word of a descriptor: a number, or the position of a table whose address is not known yet. */
type Word = number | { readonly table: number };

/** Words that the program has for as long as it lives: descriptors, tables, and queues, which are zero between passes. */
class Constants {
  readonly words: Word[] = [];
  readonly #tables = new Map<string, number>();

  add(words: Iterable<Word>): number {
    const at = this.words.length;
    for (const word of words) this.words.push(word);
    return at;
  }

  table(offsets: Int32Array): Word {
    const key = Buffer.from(offsets.buffer).toString("latin1");
    const known = this.#tables.get(key) ?? this.add(offsets);
    this.#tables.set(key, known);
    return { table: known };
  }

  /** A queue for each thread, in cache lines of their own. */
  queues(threads: number): Word {
    const words = QUEUE_BYTES / WORD_BYTES;
    this.add(new Int32Array((words - (this.words.length % words)) % words));
    return { table: this.add(new Int32Array(threads * words)) };
  }

  write(into: Int32Array, base: number): void {
    this.words.forEach((word, i) => {
      into[i] = typeof word === "number" ? word : base + word.table * WORD_BYTES;
    });
  }
}

function descriptorOf(
  step: Step,
  buffers: readonly { at: number }[],
  constants: Constants,
  { workspace, threads }: Target,
): Word[] {
  const address = ({ buffer, offset }: Place) => (buffers[buffer] as { at: number }).at + offset * WORD_BYTES;
  if (!("call" in step)) return step.places.map(address);
  const { places, tables, fields, shared } = step.call;
  const words: Record<keyof Descriptor, Word> = {
    ...fields,
    workspace,
    queues: shared ? constants.queues(threads) : 0,
    a: address(places.a),
    b: address(places.b),
    out: address(places.out),
    ...(Object.fromEntries(Object.entries(tables).map(([name, t]) => [name, constants.table(t)])) as Record<
      keyof GemmCall["tables"],
      Word
    >),
  };
  return FIELDS.map((name) => words[name]);
}

/**
 * Puts barriers where a pass touches what an unfinished one touches. Passes of one thread need none among themselves,
 * and every step begins with one if any pass is parallel.
 */
function schedule(passes: readonly (Omit<Pass, "barrier"> & { touched: Touched })[]): Pass[] {
  const anyParallel = passes.some((p) => p.parallel);
  let open: typeof passes = [];
  return passes.map(({ touched: own, ...pass }, i) => {
    const waits = open.some((other) => (other.parallel || pass.parallel) && conflict(other.touched, own));
    const barrier = anyParallel && (i === 0 || waits);
    open = [...(barrier ? [] : open), { ...pass, touched: own }];
    return { ...pass, barrier };
  });
}
