import * as vscode from "vscode";
import type { RestOfPlan, RunControl, RunStatus } from "../../engine/protocol/index.ts";
import { translated } from "../../l10n/index.ts";
import type { ToRenderer } from "../controller/messages.ts";
import type { SessionNews, Sessions } from "../controller/sessions.ts";
import { lastNotebook, onDidChangeNotebookInFront } from "../notebook/inFront.ts";
import { type LiveStatus, statusOf } from "./status.ts";

/** A run that trains, or waits, in a notebook's kernel. */
export interface LiveRun {
  readonly notebook: vscode.Uri;
  readonly id: string;
  readonly name: string;
  readonly status: LiveStatus;
}

/** What came of a change. */
export interface Answer {
  readonly applied: boolean;
  readonly step: number;
  readonly why: string;
}

type LiveMessage = ToRenderer & { type: "live" };

interface Known {
  readonly notebook: vscode.Uri;
  run: RunStatus;
  plan: RestOfPlan | null;
  /** When the plan was asked for last. */
  askedAt: number;
}

/** Rates that are this much off the plan that is known mean that there is another plan: a figure made the rate fall. */
const OFF_PLAN = 0.01;
const ASK_MS = 2000;
/** A kernel that does not answer is busy with something else than training. */
const PATIENCE_MS = 5000;

/** The runs under way in all notebooks: where they stand, and how they are changed. Context keys follow the active notebook. */
export class LiveRuns implements vscode.Disposable {
  readonly #sessions: Sessions;
  readonly #tell: (notebook: vscode.Uri, message: LiveMessage) => void;
  readonly #known = new Map<string, Known>();
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Runs of this notebook began, moved on or ended. */
  readonly onDidChange = this.#changed.event;
  readonly #listening: readonly vscode.Disposable[];
  readonly #keys = new Map<string, boolean>();

  /** `tell` reaches the pages that show charts of the notebook. */
  constructor(sessions: Sessions, tell: (notebook: vscode.Uri, message: LiveMessage) => void) {
    this.#sessions = sessions;
    this.#tell = tell;
    this.#listening = [
      this.#changed,
      sessions.onNews((news) => this.#hear(news)),
      onDidChangeNotebookInFront(() => this.#setKeys()),
    ];
  }

  /** Those of a notebook, or of all of them, in the order in which they began. */
  of(notebook?: vscode.Uri): LiveRun[] {
    const address = notebook?.toString();
    return [...this.#known.values()]
      .filter((known) => address === undefined || known.notebook.toString() === address)
      .map(({ notebook, run, plan }) => ({ notebook, id: run.id, name: run.name, status: statusOf(run, plan) }));
  }

  get(notebook: vscode.Uri, id: string): LiveRun | undefined {
    const known = this.#find(notebook, id);
    return known === undefined ? undefined : this.of(notebook).find((run) => run.id === known.run.id);
  }

  /** Makes a change; `why` says why it could not be made. Never rejects. */
  async control(notebook: vscode.Uri, run: string | null, change: RunControl): Promise<Answer> {
    const refused = (why: string) => ({ applied: false, step: 0, why });
    try {
      const kernel = await this.#sessions.at(notebook)?.kernel;
      if (!kernel) return refused(vscode.l10n.t("no kernel is running"));
      const known = run === null ? undefined : this.#find(notebook, run);
      const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
      const answer = await Promise.race([kernel.request("control", { run: known?.run.id ?? run, change }), late]);
      if (answer === null) return refused(vscode.l10n.t("the kernel is busy and did not answer"));
      for (const other of this.#known.values()) {
        const own = other.notebook.toString() === notebook.toString() && (run === null || other === known);
        if (answer.applied && own) await this.#askPlan(other);
      }
      return { ...answer, why: translated(answer.why) };
    } catch (error) {
      return refused(translated(error instanceof Error ? error.message : String(error)));
    }
  }

  /** The run of that id, or those that train beside it and are changed with it. */
  #find(notebook: vscode.Uri, id: string): Known | undefined {
    const address = notebook.toString();
    return [...this.#known.values()].find(
      ({ notebook: own, run }) =>
        own.toString() === address && (run.id === id || run.beside?.runs.some((one) => one.id === id) === true),
    );
  }

  /** What pages are told of a notebook's runs when they begin to look. */
  messages(notebook: vscode.Uri): LiveMessage[] {
    return this.of(notebook).map(({ id, status }) => ({ type: "live", run: id, status }));
  }

  dispose(): void {
    for (const disposable of this.#listening) disposable.dispose();
    this.#known.clear();
  }

  #hear(news: SessionNews): void {
    const { notebook } = news;
    if (news.news === "kernel" && news.phase === "none") this.#forget(notebook);
    if (news.news === "kernel" && news.phase === "ready") void this.#meet(notebook);
    if (news.news === "running" && !news.running) this.#forget(notebook);
    if (news.news !== "event") return;
    const { event } = news;
    if (event.event === "progress" && event.run !== null) this.#progress(notebook, event.run);
    else if (event.event === "run" && this.#known.delete(keyOf(notebook, event.run.id))) this.#tellChange(notebook);
    else if (event.event === "state" && event.state === "idle") this.#forget(notebook);
  }

  /** A kernel that another window left may hold a run that waits, and so says nothing. */
  async #meet(notebook: vscode.Uri): Promise<void> {
    try {
      const status = await (await this.#sessions.at(notebook)?.kernel)?.request("status", {});
      if (status?.state === "busy" && status.run) this.#progress(notebook, status.run);
    } catch {
      // its end is told in another way
    }
  }

  #progress(notebook: vscode.Uri, run: RunStatus): void {
    const key = keyOf(notebook, run.id);
    const before = this.#known.get(key);
    const known = before ?? { notebook, run, plan: null, askedAt: Number.NEGATIVE_INFINITY };
    known.run = run;
    // the last word of a run that ends comes before its result
    if (before === undefined && run.step >= run.steps) return;
    this.#known.set(key, known);
    if (isOff(known) && Date.now() - known.askedAt > ASK_MS) void this.#askPlan(known);
    this.#tellRun(known);
    this.#tellChange(notebook);
  }

  /** The plan as the kernel has it now; its pages hear of it. */
  async #askPlan(known: Known): Promise<void> {
    known.askedAt = Date.now();
    try {
      const kernel = await this.#sessions.at(known.notebook)?.kernel;
      const plan = await kernel?.request("plan", { run: known.run.id });
      if (plan === undefined || this.#known.get(keyOf(known.notebook, known.run.id)) !== known) return;
      known.plan = plan;
      this.#tellRun(known);
    } catch {
      // a schedule that fails says so in the cell
    }
  }

  #forget(notebook: vscode.Uri): void {
    const own = [...this.#known].filter(([, known]) => known.notebook.toString() === notebook.toString());
    for (const [key] of own) this.#known.delete(key);
    if (own.length > 0) this.#tellChange(notebook);
  }

  #tellRun({ notebook, run, plan }: Known): void {
    this.#tell(notebook, { type: "live", run: run.id, status: statusOf(run, plan) });
  }

  #tellChange(notebook: vscode.Uri): void {
    this.#setKeys();
    this.#changed.fire(notebook);
  }

  #setKeys(): void {
    const active = lastNotebook()?.uri;
    const runs = active === undefined ? [] : this.of(active);
    this.#setKey("dlnb.training", runs.length > 0);
    this.#setKey("dlnb.paused", runs.length > 0 && runs.every(({ status }) => status.paused));
  }

  #setKey(key: string, value: boolean): void {
    if (this.#keys.get(key) === value) return;
    this.#keys.set(key, value);
    void vscode.commands.executeCommand("setContext", key, value);
  }
}

const keyOf = (notebook: vscode.Uri, run: string): string => `${run} ${notebook.toString()}`;

/** Whether a run has no plan yet, or does not follow the one that is known. */
function isOff({ run, plan }: Known): boolean {
  if (plan === null) return true;
  // `lr` is that of the last step that was done
  const after = plan.steps.findIndex((step) => step >= run.step - 1);
  if (after < 0 || !Number.isFinite(run.lr)) return false;
  const near = [plan.lr[after - 1], plan.lr[after]].filter((lr) => lr !== undefined);
  const [low, high] = [Math.min(...near), Math.max(...near)];
  return run.lr < low * (1 - OFF_PLAN) || run.lr > high * (1 + OFF_PLAN);
}
