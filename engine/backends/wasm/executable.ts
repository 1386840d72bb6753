import { BackendError } from "../../errors/index.ts";
import { WORD_BYTES } from "../../tensor/index.ts";
import { median } from "../../tensor/median.ts";
import type { Executable } from "../backend.ts";
import { mostSteps, type Plan, ROW_SLOT } from "../launch.ts";
import { launchTimes, type Profile, turnsOf } from "../profile.ts";
import type { Compiled } from "./compile.ts";
import type { Run } from "./control.ts";
import { Crew } from "./crew.ts";
import type { Heap } from "./heap.ts";
import type { Pool } from "./pool.ts";

/** Memory of one submit: its scalar blocks, and the rows until the host has read them. */
interface Slot {
  readonly at: number;
  readonly bytes: number;
  readonly steps: number;
}

/** What a submit wants to know of a buffer that the caller provides. */
interface Named {
  readonly label: string;
  readonly disposed: boolean;
}

/** A program that the workers have, and the memory of its submits. */
export class WasmExecutable implements Executable {
  readonly #id: number;
  readonly #plan: Plan;
  readonly #compiled: Compiled;
  readonly #named: readonly Named[];
  readonly #heap: Heap;
  readonly #pool: Pool;
  readonly #crew: Crew;
  #slots: Slot[] = [];
  #disposed = false;

  constructor(id: number, plan: Plan, compiled: Compiled, named: readonly Named[], heap: Heap, pool: Pool) {
    this.#id = id;
    this.#plan = plan;
    this.#compiled = compiled;
    this.#named = named;
    this.#heap = heap;
    this.#pool = pool;
    this.#crew = new Crew(compiled.passes.some((pass) => pass.parallel) ? pool.threads : 1);
  }

  load(): Promise<void> {
    const { module, passes, buffers } = this.#compiled;
    const { rows, rowWords, scalarWords } = this.#plan;
    return this.#pool.load({
      id: this.#id,
      ...(module && { module }),
      passes,
      scalarBytes: scalarWords * WORD_BYTES,
      rows: rows < 0 ? 0 : (buffers[rows] as { at: number }).at,
      rowBytes: rows < 0 ? 0 : rowWords * WORD_BYTES,
    });
  }

  async submit(scalars: Uint32Array, count: number): Promise<Uint32Array> {
    const { rowWords, rows } = this.#plan;
    const slot = this.#begin(scalars, count, 1);
    let first = 0;
    const shifts = this.#crew.divide(count).map((shift) => {
      const run = { id: this.#id, ...shift, first, ...this.#addresses(slot, count) };
      first += shift.steps;
      return this.#pool.run(run).then(({ ms }) => this.#crew.learn(shift, ms));
    });
    await Promise.all(shifts);
    const rowsAt = this.#addresses(slot, count).rows;
    const result = new Uint32Array(this.#heap.memory.buffer, rowsAt, rows < 0 ? 0 : count * rowWords).slice();
    this.#end(slot);
    return result;
  }

  async profile(scalars: Uint32Array, count: number): Promise<Profile> {
    const slot = this.#begin(scalars, count, 2);
    const threads = this.#crew.best;
    const turns = await Promise.all(
      turnsOf(count).map(async (turn) => {
        const run = { id: this.#id, threads, ...turn, ...this.#addresses(slot, count) };
        return { ...turn, ...(await this.#pool.run(run)) };
      }),
    );
    this.#end(slot);
    const { of } = this.#compiled;
    const width = 2 * of.length;
    const steps = turns.flatMap(({ times = new Float64Array(0) }) =>
      Array.from({ length: times.length / width }, (_, i) => times.subarray(i * width, (i + 1) * width)),
    );
    const perStep = (measured: boolean) =>
      median(turns.filter((turn) => turn.measured === measured).map((turn) => turn.ms / turn.steps));
    return {
      launches: launchTimes(
        this.#plan.launches.length,
        of,
        steps.map((step) => ({
          own: of.map((_, i) => step[2 * i] as number),
          waits: of.map((_, i) => step[2 * i + 1] as number),
        })),
      ),
      measuredMs: perStep(true),
      stepMs: perStep(false),
      threads,
    };
  }

  /** Copies the scalars of `count` steps, `least` or more, to a slot. Throws BackendError for what does not fit. */
  #begin(scalars: Uint32Array, count: number, least: number): Slot {
    const { label, scalarWords } = this.#plan;
    if (this.#disposed) throw new BackendError(`wasm: plan ${label} was disposed`);
    const most = mostSteps(this.#plan);
    if (!(count >= least && count <= most) || scalars.length !== count * scalarWords) {
      throw new BackendError(
        `wasm: plan ${label}: ${count} steps with ${scalars.length} scalar words; ${least} to ${most} steps of ${scalarWords} words fit`,
      );
    }
    for (const { label: name, disposed } of this.#named) {
      if (disposed) throw new BackendError(`wasm: plan ${label}: buffer ${name} was disposed`);
    }
    const slot = this.#slot(count);
    const block = new Uint32Array(this.#heap.memory.buffer, slot.at, scalars.length);
    block.set(scalars);
    for (let step = 0; step < count; step++) block[step * scalarWords + ROW_SLOT] = step;
    return slot;
  }

  /** Where the scalar blocks and the rows of a submit of `count` steps lie. */
  #addresses({ at }: Slot, count: number): Pick<Run, "scalars" | "rows"> {
    return { scalars: at, rows: at + count * this.#plan.scalarWords * WORD_BYTES };
  }

  #end(slot: Slot): void {
    if (this.#disposed) this.#heap.free(slot.at, slot.bytes);
    else this.#slots.push(slot);
  }

  /** A slot that is free and large enough, or a new one. */
  #slot(steps: number): Slot {
    const i = this.#slots.findIndex((s) => s.steps >= steps);
    if (i >= 0) return this.#slots.splice(i, 1)[0] as Slot;
    const { label, scalarWords, rowWords } = this.#plan;
    const bytes = steps * (scalarWords + rowWords) * WORD_BYTES;
    return { at: this.#heap.alloc(bytes, `${label}: submit`), bytes, steps };
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#pool.unload(this.#id).catch(() => {});
    this.#pool.host(() => {
      for (const { at, bytes } of [...this.#compiled.owned, ...this.#slots]) this.#heap.free(at, bytes);
      this.#slots = [];
    });
  }
}
