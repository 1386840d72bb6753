import * as vscode from "vscode";
import type { ComparedRuns, Plots, RunHistory } from "../../engine/protocol/index.ts";
import { saveChart } from "../controller/messages.ts";
import { notify } from "../notify/index.ts";
import { page } from "../panel/page.ts";
import { isLive, type RunEntry, type RunStore } from "../runs/index.ts";
import { insertComparison, saveTable } from "./exports.ts";
import { factsOf, namesOf } from "./facts.ts";
import { type CompareState, readFromCompare, type ToCompare } from "./messages.ts";

/** What trains is shown anew at most this often. */
const SHOW_MS = 500;
const CHART = "compared runs";
/** Logs that are read at a time, and how often one is told how far that is. */
const READERS = 4;
const TOLD_MS = 500;

export interface ComparePanelHost {
  readonly store: RunStore;
  /** Folder of the pages' program. */
  readonly dist: vscode.Uri;
  plots(): Promise<Plots>;
  /** Other runs are wanted here; null: nobody chose. */
  choose(keys: readonly string[]): Promise<string[] | null>;
  /** What it is about changed, or it is gone. */
  changed(panel: ComparePanel): void;
}

/** A panel with runs beside each other; those that train are followed. */
export class ComparePanel implements vscode.Disposable {
  readonly panel: vscode.WebviewPanel;
  readonly #host: ComparePanelHost;
  readonly #listening: vscode.Disposable[];
  /** Histories of runs that have ended, by key. */
  readonly #ended = new Map<string, RunHistory>();
  #state: CompareState;
  #compared: ComparedRuns | null = null;
  #ready = false;
  #showing: Promise<void> | null = null;
  /** Something changed since the last show began. */
  #stale = false;
  #timer: NodeJS.Timeout | null = null;
  #disposed = false;

  constructor(panel: vscode.WebviewPanel, state: CompareState, host: ComparePanelHost) {
    this.panel = panel;
    this.#state = state;
    this.#host = host;
    panel.webview.options = { enableScripts: true, localResourceRoots: [host.dist] };
    this.#listening = [
      panel.webview.onDidReceiveMessage((message: unknown) => this.#hear(message)),
      host.store.onDidChange((entries) => {
        if (entries.some(({ key }) => this.#state.keys.includes(key))) this.#later();
      }),
      panel.onDidChangeViewState(() => {
        if (panel.visible && this.#stale) this.#later();
      }),
      panel.onDidDispose(() => this.dispose()),
    ];
    panel.webview.html = page(panel.webview, host.dist, "compare");
  }

  get keys(): readonly string[] {
    return this.#state.keys;
  }

  /** What it is about, to be kept. */
  get state(): CompareState {
    return this.#state;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const listening of this.#listening) listening.dispose();
    this.#host.changed(this);
    this.panel.dispose();
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  async #hear(given: unknown): Promise<void> {
    const message = readFromCompare(given);
    if (message === null) return;
    try {
      switch (message.type) {
        case "ready":
          this.#ready = true;
          await this.#show();
          break;
        case "view":
          this.#state = { ...this.#state, view: message.view };
          this.#host.changed(this);
          await this.#show();
          break;
        case "copy":
          await this.#copy(message.as);
          break;
        case "export":
          await this.#export(message.as);
          break;
        case "open":
          if (this.#state.keys.includes(message.key)) {
            await vscode.commands.executeCommand("dlnb.openRun", { key: message.key });
          }
          break;
        case "choose": {
          const keys = await this.#host.choose(this.#state.keys);
          if (keys === null || this.#disposed) break;
          this.#state = { keys, view: { ...this.#state.view, hidden: [], brush: [] } };
          this.#host.changed(this);
          await this.#show();
          break;
        }
        case "save": {
          const [entry] = this.#entries();
          if (entry === undefined) break;
          const isUntitled = entry.folder === null;
          await saveChart({ isUntitled, uri: entry.notebook }, message.name, message.base64);
          break;
        }
        default:
          message satisfies never;
      }
    } catch (error) {
      void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  #later(): void {
    this.#stale = true;
    if (!this.panel.visible) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.#show();
    }, SHOW_MS);
  }

  /** One show at a time; what changes meanwhile is shown after it. */
  async #show(): Promise<void> {
    this.#stale = true;
    if (!this.#ready || this.#disposed) return;
    this.#showing ??= this.#showAll().finally(() => {
      this.#showing = null;
    });
    await this.#showing;
  }

  async #showAll(): Promise<void> {
    while (this.#stale && !this.#disposed) {
      this.#stale = false;
      const message = await this.#message();
      if (this.#disposed) return;
      await this.panel.webview.postMessage(message);
    }
  }

  async #message(): Promise<ToCompare> {
    const { store, plots } = this.#host;
    const { t } = vscode.l10n;
    try {
      await store.ready();
      const entries = this.#entries();
      if (entries.length === 0) {
        this.#compared = null;
        return { type: "nothing", text: t("These runs are gone: their folders were deleted or moved.") };
      }
      const histories = await this.#histories(entries);
      const names = namesOf(entries);
      const facts = entries.map((entry, i) => factsOf(entry, names[i] as string, histories[i] as RunHistory));
      const { view } = this.#state;
      this.#compared = (await plots()).compare(CHART, facts, view);
      this.panel.title = entries.length === 1 ? t("Compare 1 run") : t("Compare {0} runs", entries.length);
      return { type: "compared", compared: this.#compared, state: this.#state };
    } catch (error) {
      return { type: "nothing", text: error instanceof Error ? error.message : String(error) };
    }
  }

  #entries(): RunEntry[] {
    return this.#state.keys.flatMap((key) => this.#host.store.get(key) ?? []);
  }

  /** A few at a time: logs may be long, and there may be many. */
  async #histories(entries: readonly RunEntry[]): Promise<RunHistory[]> {
    const found: RunHistory[] = [];
    const waiting = [...entries.entries()];
    let [done, told] = [0, Date.now()];
    const reader = async () => {
      for (let next = waiting.shift(); next !== undefined && !this.#disposed; next = waiting.shift()) {
        found[next[0]] = await this.#history(next[1]);
        done++;
        if (this.#compared !== null || Date.now() - told < TOLD_MS) continue;
        told = Date.now();
        const text = vscode.l10n.t("Reading runs: {0} of {1}", done, entries.length);
        void this.panel.webview.postMessage({ type: "nothing", text } satisfies ToCompare);
      }
    };
    await Promise.all(Array.from({ length: READERS }, reader));
    return found;
  }

  async #history(entry: RunEntry): Promise<RunHistory> {
    const known = this.#ended.get(entry.key);
    if (known !== undefined && !isLive(entry)) return known;
    const history = await this.#host.store.history(entry.key);
    if (isLive(entry)) this.#ended.delete(entry.key);
    else this.#ended.set(entry.key, history);
    return history;
  }

  async #export(as: "csv" | "cell"): Promise<void> {
    const [entry] = this.#entries();
    if (this.#compared === null || entry === undefined) return;
    const { comparisonText } = await this.#host.plots();
    if (as === "csv") await saveTable(entry, comparisonText(this.#compared, "csv"));
    else await insertComparison(entry, comparisonText(this.#compared, "markdown"));
  }

  async #copy(as: "markdown" | "csv"): Promise<void> {
    if (this.#compared === null) return;
    await vscode.env.clipboard.writeText((await this.#host.plots()).comparisonText(this.#compared, as));
    const done = as === "csv" ? vscode.l10n.t("dlnb: copied as CSV") : vscode.l10n.t("dlnb: copied as Markdown");
    vscode.window.setStatusBarMessage(done, 3000);
  }
}
