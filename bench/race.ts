import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeSafetensors } from "../engine/session/safetensors.ts";
import { Contestant } from "./contestant.ts";
import { draw } from "./data.ts";
import type { Entry } from "./engines/entries.ts";
import { initialState } from "./network.ts";
import type { PlanFigures } from "./protocol.ts";
import type { Job } from "./workload.ts";

export interface RaceOptions {
  /** Rounds: every engine runs one window in each. */
  readonly windows: number;
  /** About how long a window takes. */
  readonly seconds: number;
  readonly threads: number;
  /** A line on what is being done. */
  readonly say: (text: string) => void;
}

/** What was measured of one engine at one workload. `failed` says why there is no more. */
export interface Finish {
  readonly entry: Entry;
  failed?: string;
  version: string;
  adapter: string;
  /** Milliseconds from a ready process to the first step's loss: in a fresh process, and again in the same. */
  firstMs: number;
  againMs: number;
  /** Losses of the first steps from the initial state. */
  losses: readonly number[];
  /** Steps per second of each window. */
  rates: number[];
  /** Processor seconds used per second while others were measured. */
  idle: number;
  rssBytes: number;
  plan: PlanFigures | null;
}

/** Steps whose losses are compared; fewer of an engine that takes longer than this for them. */
const COMPARED = 5;
const COMPARED_MS = 15_000;

/** An engine whose windows together took so many times as long as they should sits out the rounds that are left. */
const PATIENCE = 4;

/** The longest that loading a library, and compiling a step, may take. */
const OPEN_MS = 60_000;
const BEGIN_MS = 300_000;

/** Runs every entry on the job: one process each, windows in turns. Entries that cannot are in the result with the reason. */
export async function race(job: Job, entries: readonly Entry[], options: RaceOptions): Promise<Finish[]> {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-bench-"));
  const files = writeFiles(job, folder);
  const runners: Runner[] = [];
  try {
    for (const entry of entries) {
      const runner = new Runner(entry, job, options);
      runners.push(runner);
      await runner.attempt("begins", () => runner.begin(files));
    }
    for (let round = 0; round < options.windows; round++) {
      for (const runner of runners) {
        await runner.attempt(`window ${round + 1} of ${options.windows}`, () => runner.window());
      }
    }
  } finally {
    for (const runner of runners) runner.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return runners.map(({ finish }) => finish);
}

interface Files {
  readonly state: string;
  readonly data: string;
}

function writeFiles(job: Job, folder: string): Files {
  const files = { state: join(folder, "state.safetensors"), data: join(folder, "data.safetensors") };
  writeFileSync(files.state, encodeSafetensors({ tensors: initialState(job.layers, 1), metadata: {} }));
  writeFileSync(files.data, encodeSafetensors({ tensors: new Map(Object.entries(draw(job, 2))), metadata: {} }));
  return files;
}

class Runner {
  readonly finish: Finish;
  readonly #job: Job;
  readonly #options: RaceOptions;
  readonly #contestant: Contestant | undefined;
  #steps = 1;
  /** Milliseconds of its windows so far. */
  #spentMs = 0;
  /** When it was last asked something, and its processor time then. */
  #left: { at: number; cpu: number } | undefined;
  #idleSeconds = 0;
  #idleCpu = 0;

  constructor(entry: Entry, job: Job, options: RaceOptions) {
    this.#job = job;
    this.#options = options;
    this.finish = {
      entry,
      version: "",
      adapter: "",
      firstMs: Number.NaN,
      againMs: Number.NaN,
      losses: [],
      rates: [],
      idle: Number.NaN,
      rssBytes: 0,
      plan: null,
    };
    if (typeof entry.start === "string") this.finish.failed = entry.start;
    else this.#contestant = new Contestant(entry.start);
  }

  /** Does the work unless an earlier one failed, and keeps the reason when it fails. */
  async attempt(what: string, work: () => Promise<void>): Promise<void> {
    if (this.finish.failed !== undefined) return;
    this.#options.say(`${this.finish.entry.title}: ${what}`);
    this.#idled();
    try {
      await work();
    } catch (error) {
      this.finish.failed = (error as Error).message;
      this.stop();
    }
    this.#left = { at: performance.now(), cpu: this.#contestant?.cpuSeconds ?? Number.NaN };
  }

  async begin({ state, data }: Files): Promise<void> {
    const { finish } = this;
    const { device, threads, peers } = finish.entry;
    const opening = { job: this.#job, state, data, threads, device, peers };
    Object.assign(finish, await this.#ask("open", opening, OPEN_MS));
    finish.firstMs = (await this.#ask("begin", { steps: 1 }, BEGIN_MS)).ms;
    finish.againMs = (await this.#ask("begin", { steps: 1 }, BEGIN_MS)).ms;
    const compared = Math.max(1, Math.min(COMPARED, Math.floor(COMPARED_MS / finish.againMs)));
    finish.losses = (await this.#ask("begin", { steps: compared }, BEGIN_MS)).losses;
    finish.plan = (await this.#ask("plan", {}, OPEN_MS)).plan;
    await this.#warm();
  }

  /** Windows that double until they are as long as wanted: afterwards compilers have done their work. */
  async #warm(): Promise<void> {
    const wanted = this.#options.seconds * 1000;
    for (;;) {
      const { steps, ms } = await this.#ask("window", { steps: this.#steps }, BEGIN_MS);
      const fitting = Math.max(1, Math.round((steps * wanted) / ms));
      const enough = fitting <= 2 * this.#steps;
      this.#steps = Math.min(fitting, 4 * this.#steps);
      if (enough) return;
    }
  }

  async window(): Promise<void> {
    if (this.#spentMs > PATIENCE * this.#options.windows * this.#options.seconds * 1000) return;
    const { steps, ms } = await this.#ask("window", { steps: this.#steps }, BEGIN_MS);
    this.#spentMs += ms;
    this.finish.rates.push((steps * 1000) / ms);
  }

  async #ask<M extends Parameters<Contestant["ask"]>[0]>(
    method: M,
    given: Parameters<Contestant["ask"]>[1],
    limitMs: number,
  ) {
    const reply = await (this.#contestant as Contestant).ask(method, given as never, limitMs);
    this.finish.rssBytes = reply.rssBytes;
    return reply;
  }

  #idled(): void {
    if (!this.#left || !this.#contestant) return;
    this.#idleSeconds += (performance.now() - this.#left.at) / 1000;
    this.#idleCpu += this.#contestant.cpuSeconds - this.#left.cpu;
    this.finish.idle = this.#idleCpu / this.#idleSeconds;
  }

  stop(): void {
    this.#contestant?.stop();
  }
}
