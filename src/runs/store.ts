import { stat } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import * as vscode from "vscode";
import type { RunHistory, RunStatus, RunSummary } from "../../engine/protocol/index.ts";
import type { SessionNews } from "../controller/sessions.ts";
import { RunDigest, remarkOn } from "./digest.ts";
import { isLive, type RunEntry, type RunState } from "./entry.ts";
import { type FoundRun, findRuns, logOf, runAt, runsOf } from "./find.ts";
import { NO_LABEL, type RunLabel, readLabel, writeLabel } from "./label.ts";
import { linesOf } from "./lines.ts";
import { LogFile } from "./logFile.ts";

export type { RunEntry, RunState } from "./entry.ts";

const NOTEBOOK_TYPE = "dlnb";
/** Changes are told together, at most this often. */
const TELL_MS = 250;
/** While something runs, its log and its process are looked at this often. */
const LOOK_MS = 1000;
/** What the watcher says comes in bursts. */
const WATCH_MS = 300;
/** Logs that are read at a time. */
const READERS = 4;
/** Runs whose whole history is kept for the next one who asks. */
const HISTORIES = 8;

/** What is known of one run. */
interface Known {
  readonly key: string;
  readonly folder: string | null;
  readonly notebook: vscode.Uri;
  log: LogFile | null;
  digest: RunDigest;
  /** What the kernel said last, while it trains. */
  live: RunStatus | null;
  /** Its kernel does something else by now. */
  over: boolean;
  remark: string | null;
  label: RunLabel;
  /** Size and time of the log when it was last read. */
  stamp: string;
  reading: Promise<void> | null;
  entry: RunEntry | null;
}

/** A run's log, read as it grows, for those who want more than its history: see `RunStore.log`. */
export interface RunLogReader {
  /** Hands over the lines that are new since the last call, oldest first; they may have been written by anybody. `false`: the log began anew. */
  follow(take: (line: unknown) => void, signal?: AbortSignal): Promise<boolean>;
}

/**
 * The runs of the open folders and notebooks: found by their logs on disk, and followed by what kernels say. Nothing is read before
 * `ready` or `refresh` is called, or a run begins. Logs are read in pieces and in bounded memory.
 */
export class RunStore implements vscode.Disposable {
  readonly #say: (remark: string) => void;
  readonly #known = new Map<string, Known>();
  readonly #changed = new vscode.EventEmitter<readonly RunEntry[]>();
  /** Entries that changed, came or went (`get` no longer knows those) since it was last told. */
  readonly onDidChange = this.#changed.event;
  readonly #waiting = new Map<string, RunEntry>();
  readonly #histories = new Map<string, { log: LogFile; digest: RunDigest; reading: Promise<void> }>();
  readonly #closing = new AbortController();
  readonly #listening: vscode.Disposable[] = [];
  readonly #touched = new Set<string>();
  #sorted: readonly RunEntry[] | null = null;
  #telling: NodeJS.Timeout | null = null;
  #looking: NodeJS.Timeout | null = null;
  #watching: NodeJS.Timeout | null = null;
  #first: Promise<void> | null = null;
  #refreshing: Promise<void> | null = null;
  #untitled = 0;

  /** `say`: a word about a log that is not as it should be, once for each. */
  constructor(say: (remark: string) => void) {
    this.#say = say;
  }

  /** Settles when the runs on disk have been found once. */
  ready(): Promise<void> {
    this.#first ??= this.#begin();
    return this.#first;
  }

  /** Newest first. */
  all(): readonly RunEntry[] {
    this.#sorted ??= [...this.#known.values()].flatMap(({ entry }) => entry ?? []).sort(newestFirst);
    return this.#sorted;
  }

  /** Those of one notebook, newest first. */
  of(notebook: vscode.Uri): readonly RunEntry[] {
    const address = notebook.toString();
    return this.all().filter((entry) => entry.notebook.toString() === address);
  }

  get(key: string): RunEntry | undefined {
    return this.#known.get(key)?.entry ?? undefined;
  }

  /**
   * All its steps and epochs, thinned to at most 2,000 of each. While a run trains, the next call reads what is new only. Of a run
   * without a folder, what its kernel told. Rejects when there is no such run, or its log cannot be read.
   */
  async history(key: string): Promise<RunHistory> {
    const known = this.#known.get(key);
    if (known === undefined) throw new Error(`there is no run ${key} any more`);
    if (known.folder === null) return known.digest.history;
    const held = this.#histories.get(key) ?? { ...newHistory(known.folder), reading: Promise.resolve() };
    // the newest are the last
    this.#histories.delete(key);
    this.#histories.set(key, held);
    const before = held.reading;
    const path = known.folder;
    const read = async () => {
      const follow = () => held.log.follow((line) => held.digest.take(line), this.#closing.signal);
      await before.catch(() => undefined);
      if (await follow()) return;
      Object.assign(held, newHistory(path));
      await follow();
    };
    held.reading = read();
    for (const old of this.#histories.keys()) {
      if (this.#histories.size <= HISTORIES) break;
      this.#histories.delete(old);
    }
    await held.reading;
    return held.digest.history;
  }

  /** A reader of its own over the lines of a run's log, from the first on; null where nothing is kept. */
  log(key: string): RunLogReader | null {
    const folder = this.#known.get(key)?.folder;
    return folder === undefined || folder === null ? null : new LogFile(logOf(folder));
  }

  /** Looks again for runs on disk. */
  async refresh(): Promise<void> {
    const begun = this.#first;
    await this.ready();
    if (begun !== null) await this.#scan();
  }

  /** Something that happened in a notebook's kernel. */
  hear(news: SessionNews): void {
    const { notebook } = news;
    if (news.news === "kernel" && news.phase === "none") this.#idle(notebook);
    if (news.news !== "event") return;
    const { event } = news;
    if (event.event === "progress" && event.run !== null) this.#progress(notebook, event.run);
    else if (event.event === "run") this.#ended(notebook, event.run);
    else if (event.event === "state" && event.state === "idle") this.#idle(notebook);
  }

  /** Calls a run something else, or marks it. Rejects where nothing is kept, or it cannot be written. */
  async label(key: string, change: Partial<RunLabel>): Promise<void> {
    const known = this.#known.get(key);
    if (known?.folder === undefined || known.folder === null) throw new Error(`there is no folder of ${key}`);
    await writeLabel(known.folder, { ...(await readLabel(known.folder)), ...change });
    await this.#read(known);
  }

  /** Forgets a run whose folder has gone. */
  forget(key: string): void {
    const known = this.#known.get(key);
    if (known === undefined) return;
    this.#known.delete(key);
    this.#histories.delete(key);
    if (known.entry !== null) this.#tell(known.entry);
  }

  dispose(): void {
    this.#closing.abort();
    for (const timer of [this.#telling, this.#looking, this.#watching]) if (timer !== null) clearTimeout(timer);
    for (const listening of this.#listening) listening.dispose();
    this.#changed.dispose();
  }

  async #begin(): Promise<void> {
    const watched = new Map<string, vscode.Disposable>();
    const watch = () => {
      for (const { uri } of foldersOnDisk()) {
        if (watched.has(uri.fsPath)) continue;
        const watcher = vscode.workspace.createFileSystemWatcher(new vscode.RelativePattern(uri, "**/.dlnb/**"));
        const touched = ({ fsPath }: vscode.Uri) => this.#touch(fsPath);
        watched.set(
          uri.fsPath,
          vscode.Disposable.from(
            watcher,
            watcher.onDidCreate(touched),
            watcher.onDidChange(touched),
            watcher.onDidDelete(touched),
          ),
        );
      }
    };
    watch();
    this.#listening.push(
      { dispose: () => void [...watched.values()].map((watcher) => watcher.dispose()) },
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        watch();
        void this.refresh();
      }),
      vscode.workspace.onDidOpenNotebookDocument((notebook) => {
        if (isOnDisk(notebook)) void runsOf(notebook.uri.fsPath).then((found) => this.#readAll(found));
      }),
    );
    await this.#scan();
  }

  /** One look at a time; who asks meanwhile waits for the next. */
  async #scan(): Promise<void> {
    while (this.#refreshing !== null) await this.#refreshing;
    this.#refreshing = this.#scanNow().finally(() => {
      this.#refreshing = null;
    });
    await this.#refreshing;
  }

  async #scanNow(): Promise<void> {
    const { signal } = this.#closing;
    const found = new Map<string, FoundRun>();
    for (const { uri } of foldersOnDisk()) {
      for (const run of await findRuns(uri.fsPath, signal)) found.set(run.folder, run);
    }
    for (const notebook of vscode.workspace.notebookDocuments.filter(isOnDisk)) {
      for (const run of await runsOf(notebook.uri.fsPath)) found.set(run.folder, run);
    }
    // a run that lies elsewhere was found by what its kernel said
    await this.#readAll([...found.values()]);
    await Promise.all([...this.#known.values()].filter(({ key }) => !found.has(key)).map((known) => this.#read(known)));
  }

  async #readAll(found: readonly FoundRun[]): Promise<void> {
    const waiting = [...found];
    const reader = async () => {
      for (let next = waiting.shift(); next !== undefined && !this.#closing.signal.aborted; next = waiting.shift()) {
        await this.#read(this.#of(next));
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
  }

  #of({ folder, notebook }: FoundRun): Known {
    return this.#known.get(folder) ?? this.#add(folder, folder, vscode.Uri.file(notebook));
  }

  #add(key: string, folder: string | null, notebook: vscode.Uri): Known {
    const digest = new RunDigest(folder === null);
    const empty = {
      log: null,
      live: null,
      over: false,
      remark: null,
      label: NO_LABEL,
      stamp: "",
      reading: null,
      entry: null,
    };
    const known: Known = { key, folder, notebook, digest, ...empty };
    this.#known.set(key, known);
    return known;
  }

  /** Brings what is known of a run up to its log. */
  async #read(known: Known): Promise<void> {
    if (known.folder === null) return;
    known.reading ??= this.#readNow(known, known.folder).finally(() => {
      known.reading = null;
    });
    await known.reading;
  }

  async #readNow(known: Known, folder: string): Promise<void> {
    const path = logOf(folder);
    try {
      const [{ size, mtimeMs }, label] = await Promise.all([stat(path), readLabel(folder)]);
      known.label = label;
      const stamp = `${size} ${mtimeMs}`;
      if (known.stamp === stamp) {
        this.#settle(known);
        return;
      }
      const take = (line: unknown) => known.digest.take(line);
      if (known.log === null || !(await known.log.follow(take, this.#closing.signal))) {
        known.digest = new RunDigest(false);
        known.log = new LogFile(path);
        await known.log.skim(take);
      }
      known.stamp = stamp;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") {
        // its folder may be there before its log
        if (known.live === null) this.forget(known.key);
        return;
      }
      this.#remark(known, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    const remark = remarkOn(known.digest, known.log.damaged);
    if (remark !== null) this.#remark(known, remark);
    this.#settle(known);
  }

  #remark(known: Known, remark: string): void {
    if (known.remark === remark) return;
    known.remark = remark;
    this.#say(`${known.folder === null ? known.key : logOf(known.folder)} ${remark}`);
  }

  /** Makes the entry anew and tells, when there is something new. */
  #settle(known: Known): void {
    const entry = entryOf(known);
    if (entry === null || (known.entry !== null && equal(known.entry, entry))) return;
    known.entry = entry;
    this.#tell(entry);
    if (isLive(entry)) this.#looking ??= setTimeout(() => void this.#look(), LOOK_MS);
  }

  /** Follows what runs: a log that another program writes, a process that has gone. */
  async #look(): Promise<void> {
    await Promise.all(
      [...this.#known.values()]
        .filter(({ entry }) => entry !== null && isLive(entry))
        .map((known) => this.#read(known)),
    );
    this.#looking = null;
    if (this.#closing.signal.aborted) return;
    const live = [...this.#known.values()].some(({ entry }) => entry !== null && isLive(entry));
    if (live) this.#looking = setTimeout(() => void this.#look(), LOOK_MS);
  }

  #touch(path: string): void {
    this.#touched.add(path);
    this.#watching ??= setTimeout(() => {
      this.#watching = null;
      const paths = [...this.#touched];
      this.#touched.clear();
      const runs = new Map(paths.flatMap((path) => runAt(path) ?? []).map((run) => [run.folder, run]));
      // a folder above went, with all in it
      const above = [...this.#known.values()].filter(({ folder }) =>
        paths.some((path) => folder?.startsWith(`${path}/`) || folder?.startsWith(`${path}\\`)),
      );
      void this.#readAll([...runs.values()]);
      for (const known of above) void this.#read(known);
    }, WATCH_MS);
  }

  #progress(notebook: vscode.Uri, run: RunStatus): void {
    if (run.beside !== undefined) {
      // figures of many are of none of them: what each comes to its log says
      for (const { id, folder } of run.beside.runs) {
        const one = folder === null || this.#known.has(folder) ? null : this.#knownOf(notebook, { id, folder });
        if (one !== null) void this.#read(one);
      }
      return;
    }
    const known = this.#knownOf(notebook, run);
    if (known === null) return;
    const begins = known.live === null;
    known.live = run;
    known.over = false;
    if (known.folder === null) this.#keep(known, run);
    else if (begins) void this.#read(known);
    this.#settle(known);
  }

  /** The kernel's word for a run; null when its folder is not the notebook's. */
  #knownOf(notebook: vscode.Uri, { id, folder }: { id: string; folder: string | null }): Known | null {
    if (folder !== null) {
      const found = runAt(folder);
      return found === null || found.folder !== folder
        ? null
        : (this.#known.get(folder) ?? this.#add(folder, folder, notebook));
    }
    const own = [...this.#known.values()].filter(({ key }) => key.startsWith(`${notebook}#${id}#`));
    // a new kernel uses ids again
    const open = own.find(({ digest }) => digest.ended === null);
    return open ?? this.#add(`${notebook}#${id}#${++this.#untitled}`, null, notebook);
  }

  /** Of a run without a log, what is told is all there is. */
  #keep(
    { digest }: Known,
    { id, name, step, steps, epoch, epochs, trainLoss, validLoss, lr, backend, metric }: RunStatus,
  ): void {
    if (!digest.known) {
      const fit = { steps, epochs, stepsPerEpoch: epochs > 0 ? Math.ceil(steps / epochs) : 0 };
      const curve = { metrics: metric === null ? [] : [{ name: metric.name, better: "higher" }] };
      digest.take({ event: "start", run: id, name, time: new Date().toISOString(), backend, fit, curve });
    }
    if (step > digest.step) digest.take({ event: "steps", from: step, loss: [trainLoss ?? Number.NaN], lr: [lr] });
    const valid = {
      ...(validLoss === null ? {} : { loss: validLoss }),
      ...(metric === null ? {} : { [metric.name]: metric.value }),
    };
    if (epoch > 0 && validLoss !== null && digest.figures.validLoss !== validLoss)
      digest.take({ event: "epoch", epoch, step, valid });
  }

  #ended(notebook: vscode.Uri, run: RunSummary): void {
    const known = this.#knownOf(notebook, run);
    if (known === null) return;
    known.live = null;
    if (known.folder === null) {
      const started = known.digest.startedAt;
      known.digest = digestOf(run, Number.isNaN(started) ? Date.now() - 1000 * run.seconds : started);
      this.#settle(known);
    } else void this.#read(known);
  }

  /** A kernel that does nothing trains nothing. */
  #idle(notebook: vscode.Uri): void {
    const address = notebook.toString();
    for (const known of this.#known.values()) {
      if (known.live === null || known.notebook.toString() !== address) continue;
      known.live = null;
      known.over = true;
      if (known.folder === null) this.#settle(known);
      else void this.#read(known).then(() => this.#settle(known));
    }
  }

  #tell(entry: RunEntry): void {
    this.#sorted = null;
    this.#waiting.set(entry.key, entry);
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      const entries = [...this.#waiting.values()];
      this.#waiting.clear();
      this.#changed.fire(entries);
    }, TELL_MS);
  }
}

const newHistory = (folder: string) => ({ log: new LogFile(logOf(folder)), digest: new RunDigest(true) });

/** The entry of what is known; null while a log says nothing yet. */
function entryOf({ key, folder, notebook, digest, live, over, label, remark }: Known): RunEntry | null {
  if (!digest.known && live === null && digest.ended === null && digest.step === 0) return null;
  const startedAt = Number.isNaN(digest.startedAt) ? timeOf(folder) : digest.startedAt;
  const status: RunState = digest.ended ?? (!over && (live !== null || alive(digest)) ? going(digest, live) : "lost");
  const running = status === "running" || status === "paused";
  const told = live !== null && running ? figuresOf(live, digest) : {};
  return {
    key,
    notebook,
    id: digest.id || (live?.id ?? ""),
    name: label.name || digest.name || (live?.name ?? "run"),
    starred: label.starred,
    group: digest.group,
    experiment: digest.experiment,
    folder,
    status,
    step: Math.max(digest.step, live?.step ?? 0),
    steps: digest.steps || (live?.steps ?? 0),
    epoch: Math.max(digest.epoch, live?.epoch ?? 0),
    epochs: digest.epochs || (live?.epochs ?? 0),
    startedAt,
    seconds: Number.isNaN(digest.seconds)
      ? running
        ? Math.max(0, (Date.now() - startedAt) / 1000)
        : 0
      : digest.seconds,
    metric: digest.metric,
    final: { ...digest.figures, ...told },
    config: digest.config,
    fit: digest.fit,
    spark: digest.spark,
    backend: digest.backend || (live?.backend ?? ""),
    cell: digest.cell,
    parameters: digest.parameters,
    error: digest.error,
    remark: remark ?? "",
  };
}

const going = (digest: RunDigest, live: RunStatus | null): RunState =>
  (live?.paused ?? digest.paused) ? "paused" : "running";

function figuresOf({ trainLoss, validLoss }: RunStatus, { figures }: RunDigest): Record<string, number> {
  return {
    ...(trainLoss === null ? {} : { trainLoss }),
    ...(validLoss === null || figures.validLoss !== undefined ? {} : { validLoss }),
  };
}

/** Whether the process that writes a log is there. Numbers of processes are used again, at the latest when the machine starts anew. */
function alive({ process: writer, startedAt }: RunDigest): boolean {
  if (writer === null || writer.host !== hostname() || startedAt < Date.now() - 1000 * uptime()) return false;
  try {
    process.kill(writer.pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Folders are named after the time, in UTC: 20261121-052410. */
function timeOf(folder: string | null): number {
  const [, y, mo, d, h, m, s] = /(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)(\d\d)(?:-\d+)?$/.exec(folder ?? "") ?? [];
  return y === undefined ? Date.now() : Date.parse(`${y}-${mo}-${d}T${h}:${m}:${s}Z`) || 0;
}

/** A run that was kept nowhere, from what its kernel told at its end. */
function digestOf(run: RunSummary, startedAt: number): RunDigest {
  const digest = new RunDigest(true);
  for (const line of linesOf({ ...run, startedAt }, run.history)) digest.take(line);
  digest.take({ event: "end", ...run });
  return digest;
}

const equal = (a: RunEntry, b: RunEntry): boolean =>
  (Object.keys(b) as (keyof RunEntry)[]).every((name) =>
    typeof b[name] === "object" && b[name] !== null && name !== "config" && name !== "fit" && name !== "notebook"
      ? JSON.stringify(a[name]) === JSON.stringify(b[name])
      : Object.is(a[name], b[name]),
  );

const newestFirst = (a: RunEntry, b: RunEntry): number => b.startedAt - a.startedAt || (a.key < b.key ? 1 : -1);

const foldersOnDisk = (): vscode.WorkspaceFolder[] =>
  (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");

const isOnDisk = (notebook: vscode.NotebookDocument): boolean =>
  notebook.notebookType === NOTEBOOK_TYPE && !notebook.isUntitled && notebook.uri.scheme === "file";
