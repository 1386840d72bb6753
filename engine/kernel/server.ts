import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { folderMoved, maybeContext, type Steered } from "../context/index.ts";
import { ConfigError, UserError } from "../errors/index.ts";
import type { Analyst } from "../language/index.ts";
import {
  type CellResult,
  type Handlers,
  type InitializeParams,
  type KernelEvent,
  type KernelInfo,
  type KernelState,
  type KernelStatus,
  PROTOCOL_VERSION,
  type RunParams,
  type RunStatus,
} from "../protocol/index.ts";
import { type CellHost, CellRun } from "./cellRun.ts";
import { locateOptions } from "./cells/locate.ts";
import { CellSyntaxError } from "./cells/problem.ts";
import { CellRuntime } from "./cells/runtime.ts";
import { digestOf, usesOf } from "./cells/uses.ts";
import { Devices, doctor } from "./devices.ts";
import { DOOR } from "./door.ts";
import { Queue } from "./queue.ts";
import { packageVersion } from "./version.ts";

export interface KernelOptions {
  /** Shared with the doorman; see `DOOR`. */
  flags: Int32Array;
  send(event: KernelEvent): void;
  /** Ends the process. */
  exit(code: number): void;
}

interface Session {
  readonly runtime: CellRuntime;
  readonly devices: Devices;
  readonly host: { -readonly [K in keyof CellHost]: CellHost[K] };
  /** Knows the library's classes, and comes with it. */
  readonly values: typeof import("./variables/index.ts");
  info: KernelInfo;
}

/** The last run of a cell. */
interface Ran extends RunParams {
  readonly result: Promise<CellResult>;
  /** Once it has ended. */
  ended?: CellResult;
}

/** The notebook's kernel: answers the requests of `engine/protocol`. */
export class Kernel {
  readonly #options: KernelOptions;
  readonly #queue: Queue<RunParams>;
  #session: Session | undefined;
  #running: CellRun | undefined;
  /** Runs by context, for what is printed after a run's end. */
  readonly #runs = new WeakMap<object, CellRun>();
  #last: CellRun | undefined;
  /** By cell. */
  readonly #ran = new Map<string, Ran>();
  /** What the client wants to run next; while it is away we do that ourselves. */
  #next: RunParams[] = [];
  #away = false;
  #order = 0;
  #run: RunStatus | null = null;
  #analyst: Analyst | undefined;
  /** Whether a cell runs or waits. */
  #working = false;
  #trainings = 0;

  constructor(options: KernelOptions) {
    this.#options = options;
    this.#queue = new Queue(() => {
      if (this.#away && this.#goOn()) return;
      this.#working = false;
      this.#tellDoorman();
      this.#send({ event: "state", state: "idle", cell: null });
    });
  }

  readonly handlers: Handlers = {
    initialize: (params) => this.#initialize(params),
    check: ({ text }) => {
      try {
        const { declares, program } = this.#open().runtime.rewrite(text);
        return { problems: [], declares, ...usesOf(program), digest: digestOf(program) };
      } catch (error) {
        if (error instanceof CellSyntaxError)
          return { problems: [error.problem], declares: [], uses: [], assigns: [], digest: "" };
        throw error;
      }
    },
    run: (params) => this.#enqueue(params),
    queue: ({ cells }) => {
      this.#next = [...cells];
      return {};
    },
    attach: ({ protocol }) => this.#attach(protocol),
    outcome: ({ cell }) => {
      const ran = this.#ran.get(cell);
      if (ran === undefined) throw new UserError(`no cell "${cell}" has run in this kernel`);
      return ran.result;
    },
    interrupt: () => this.interrupt(),
    status: () => this.#status(),
    locate: ({ cells, options }) => ({ found: locateOptions(cells, options) }),
    control: ({ run, change }) => {
      const steered = this.#steered(run);
      if (steered) return steered.control(change);
      const why = this.#steered(null) ? `the run ${run} does not train` : "nothing trains";
      return { applied: false, step: this.#run?.step ?? 0, why };
    },
    plan: ({ run }) => this.#steered(run)?.rest ?? { steps: [], lr: [], planned: [] },
    variables: () => {
      const { runtime, values } = this.#open();
      return { variables: values.listVariables(runtime.names.list()), memory: this.#memory() };
    },
    inspect: ({ name, path, from }) => {
      const { runtime, values } = this.#open();
      if (!runtime.names.has(name)) throw new UserError(`no cell has defined "${name}" in this kernel`);
      return values.inspectParts(runtime.names.value(name), path.map(String), from);
    },
    analyze: async (params) => {
      this.#analyst ??= new (await import("../language/index.ts")).Analyst();
      return await this.#analyst.analyze(params);
    },
    preview: async (params) => {
      const [{ preview }, { globals }] = await Promise.all([import("./preview.ts"), import("../library.ts")]);
      const experiment = params.experiment === null ? null : this.#open().runtime.names.value(params.experiment);
      return preview(params, globals, experiment);
    },
    doctor,
    selectBackend: async ({ backend }) => {
      const { name, adapter } = await this.#open().devices.select(backend, this.#running !== undefined);
      return { backend: name, adapter };
    },
    relocate: ({ notebook, take }) => this.#relocate(resolve(notebook), take),
    shutdown: async () => {
      setTimeout(() => void this.close(), 10);
      return {};
    },
  };

  /** Stops the running cell and drops those that wait. Idempotent. */
  interrupt(): { stopping: boolean } {
    const { flags } = this.#options;
    Atomics.store(flags, DOOR.interrupt, 0);
    const terminated = Atomics.exchange(flags, DOOR.terminated, 0) !== 0;
    this.#queue.clear();
    this.#next = [];
    this.#running?.interrupt(terminated);
    return { stopping: this.#running !== undefined };
  }

  /** The client has left: the cells that it was going to run are run for it. */
  left(): void {
    this.#away = true;
    if (this.#running === undefined) this.#goOn();
  }

  /** A client is there. */
  came(): void {
    this.#away = false;
  }

  /** Stops the running cell, lets it keep its state, which may take `patienceMs`, releases the device and ends the process with code 0. */
  async close(patienceMs = 2000): Promise<void> {
    this.#queue.clear();
    this.#next = [];
    const running = this.#running;
    running?.interrupt(false);
    const deadline = Date.now() + patienceMs;
    while (this.#running !== undefined && Date.now() < deadline) await new Promise((next) => setTimeout(next, 20));
    await Promise.race([this.#session?.devices.close(), new Promise((next) => setTimeout(next, 1000))]);
    this.#options.exit(0);
  }

  /** Text written to stdout or stderr by whatever runs now. */
  print(stream: "stdout" | "stderr", text: string): void {
    const context = maybeContext();
    const run = (context && this.#runs.get(context)) ?? this.#running;
    if (run) run.print(stream, text);
    else this.#send({ event: "log", level: stream === "stderr" ? "warning" : "info", text: text.trimEnd() });
  }

  /** An error nobody waits for: shown under the cell whose code it came from. */
  stray(kind: string, error: unknown): void {
    const text = `${kind}: ${this.#session?.runtime.describe(error) ?? String(error)}\n`;
    const context = maybeContext();
    const run = (context && this.#runs.get(context)) ?? this.#running ?? this.#last;
    if (run) run.print("stderr", text);
    else this.#send({ event: "log", level: "error", text });
  }

  async #initialize(params: InitializeParams): Promise<KernelInfo> {
    sameProtocol(params.protocol);
    const notebook = params.notebook === null ? null : resolve(params.notebook);
    const folder = notebook === null ? resolve(params.folder) : dirname(notebook);
    const kept = notebook === null ? (params.runFolder ?? null) : join(folder, ".dlnb", stemOf(notebook));
    const runFolder = params.profile ? null : kept;
    process.chdir(folder);
    const { globals } = await import("../library.ts");
    const values = await import("./variables/index.ts");
    const runtime = await CellRuntime.create({
      file: notebook ?? join(folder, "untitled.dlnb"),
      folder,
      flag: this.#options.flags,
      library: globals,
      overrides: params.overrides,
    });
    const devices = new Devices(params.backend, params.threads, (level, text) =>
      this.#send({ event: "log", level, text }),
    );
    const version = packageVersion("dlnb") ?? "unknown";
    const host: Session["host"] = {
      runtime,
      version,
      runFolder,
      notebookFolder: folder,
      send: (event) => this.#send(event),
      backend: () => devices.open(),
      rivals: () => devices.rivals(),
      training: (change) => this.#training(change),
      ...(params.profile && { profile: { steps: params.profile.steps, done: new WeakSet() } }),
    };
    const info: KernelInfo = {
      protocol: PROTOCOL_VERSION,
      version,
      node: process.versions.node,
      pid: process.pid,
      runFolder,
    };
    this.#session = { runtime, devices, host, info, values };
    return info;
  }

  #relocate(notebook: string, take: boolean): { runFolder: string | null; why: string } {
    const session = this.#open();
    const { host } = session;
    const folder = dirname(notebook);
    const [from, to] = [host.runFolder, join(folder, ".dlnb", stemOf(notebook))];
    let why = "";
    if (take && from !== null && from !== to && existsSync(from)) {
      try {
        why = this.#moveFolder(from, to);
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
      }
    } else if (take && from !== null && existsSync(to)) {
      // with the folder that the notebook is in
      folderMoved(from, to);
    }
    process.chdir(folder);
    host.notebookFolder = folder;
    host.runFolder = to;
    session.info = { ...session.info, runFolder: host.runFolder };
    return { runFolder: host.runFolder, why };
  }

  /** Moves the runs to where none are; what to say of them, nothing when all went along. */
  #moveFolder(from: string, to: string): string {
    if (existsSync(to)) return `${to} has runs of another notebook`;
    mkdirSync(dirname(to), { recursive: true });
    try {
      renameSync(from, to);
      folderMoved(from, to);
      return "";
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    }
    // to another disk
    cpSync(from, to, { recursive: true });
    if (this.#trainings > 0) return `what trains goes on in ${from}, which is on another disk`;
    rmSync(from, { recursive: true, force: true });
    return "";
  }

  #attach(protocol: number): KernelState {
    sameProtocol(protocol);
    const { info } = this.#open();
    // asked for by a client that will not hear of their end
    const queued = [...this.#queue.clear(), ...this.#next];
    this.#next = [];
    const ran = [...this.#ran.values()].flatMap(({ cell, text, ended }) =>
      ended === undefined ? [] : [{ cell, text, order: ended.order, ok: ended.ok }],
    );
    ran.sort((a, b) => a.order - b.order);
    return { info, running: this.#running?.soFar() ?? null, queued, ran, order: this.#order };
  }

  /** Runs what the client would run next; whether there is anything. */
  #goOn(): boolean {
    const [next] = this.#next;
    if (next === undefined) return false;
    void this.#enqueue(next);
    return true;
  }

  #training(change: 1 | -1): void {
    this.#trainings += change;
    if (this.#trainings === 0 && this.#running === undefined) this.#run = null;
    this.#tellDoorman();
  }

  /** A kernel that works waits longer for a client to come back. */
  #tellDoorman(): void {
    Atomics.store(this.#options.flags, DOOR.busy, this.#working || this.#trainings > 0 ? 1 : 0);
  }

  #open(): Session {
    if (!this.#session) throw new UserError("the kernel is not initialized");
    return this.#session;
  }

  /** What a cell leaves training behind when it ends (nobody awaited it) can be changed as well. */
  #steered(run: string | null): Steered | undefined {
    return this.#running?.steered(run) ?? this.#last?.steered(run);
  }

  #enqueue(params: RunParams): Promise<CellResult> {
    const { host } = this.#open();
    this.#working = true;
    this.#tellDoorman();
    if (this.#next[0]?.cell === params.cell) this.#next.shift();
    return new Promise((answer) => {
      const run = async () => {
        this.#order++;
        const cellRun = new CellRun(host, params, this.#order);
        this.#runs.set(cellRun.context, cellRun);
        this.#running = cellRun;
        this.#last = cellRun;
        this.#send({ event: "state", state: "busy", cell: params.cell });
        const ran: Ran = { ...params, result: cellRun.run() };
        this.#ran.set(params.cell, ran);
        const result = await ran.result;
        ran.ended = result;
        if (!result.ok) this.#next = [];
        this.#running = undefined;
        if (this.#trainings === 0) this.#run = null;
        // its loops may notice an interrupt before the request is taken up
        if (Atomics.load(this.#options.flags, DOOR.interrupt) !== 0) this.#queue.clear();
        answer(result);
      };
      const drop = () => {
        const message = "not run: an earlier cell was interrupted";
        answer({ ok: false, wallMs: 0, order: this.#order, error: { name: "Interrupted", message, stack: "" } });
      };
      this.#queue.add(params, run, drop);
    });
  }

  #status(): KernelStatus {
    const backend = this.#session?.devices.current;
    return {
      state: this.#running || this.#trainings > 0 ? "busy" : "idle",
      cell: this.#running?.cell ?? null,
      queued: this.#queue.waiting.map(({ cell }) => cell),
      backend: backend?.name ?? null,
      adapter: backend?.adapter ?? null,
      run: this.#run,
      memory: this.#memory(),
      uptimeMs: performance.now(),
    };
  }

  #memory(): KernelStatus["memory"] {
    const { rss, heapUsed } = process.memoryUsage();
    return { rssBytes: rss, heapBytes: heapUsed, deviceBytes: this.#session?.devices.bytes ?? 0 };
  }

  #send(event: KernelEvent): void {
    if (event.event === "progress" && event.run) this.#run = event.run;
    this.#options.send(event);
  }
}

function sameProtocol(protocol: number): void {
  if (protocol === PROTOCOL_VERSION) return;
  throw new ConfigError(
    `the client speaks protocol ${protocol} and this kernel ${PROTOCOL_VERSION}; install the same version of both`,
  );
}

/** What a notebook's folder in `.dlnb` is called, as in src/outputs: "...dlnb" must not be called "..". */
function stemOf(notebook: string): string {
  const stem = basename(notebook, ".dlnb");
  return stem === "." || stem === ".." ? basename(notebook) : stem;
}
