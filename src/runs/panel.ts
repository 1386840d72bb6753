import { lstat } from "node:fs/promises";
import { basename, isAbsolute, join, normalize, sep } from "node:path";
import * as vscode from "vscode";
import type { LogPlot, Plots, RunControl } from "../../engine/protocol/index.ts";
import { saveChart } from "../controller/messages.ts";
import type { LiveRuns } from "../live/liveRuns.ts";
import { notebookOfPanel } from "../notebook/inFront.ts";
import { notify } from "../notify/index.ts";
import { isRecord } from "../outputs/read.ts";
import { page } from "../panel/page.ts";
import { count, digits, duration } from "../status/summary.ts";
import { codeOf, configurationOf, jsonOf } from "./configuration.ts";
import { eventsOf, RunDetails } from "./details.ts";
import { isLive, type RunEntry } from "./entry.ts";
import { linesOf } from "./lines.ts";
import {
  type CheckpointLine,
  type FromRunPage,
  type Named,
  type RunHead,
  readRunMessage,
  type Section,
  type ToRunPage,
} from "./messages.ts";
import { NotesFile } from "./notes.ts";
import { record } from "./read.ts";
import { sizeWords } from "./size.ts";
import type { RunLogReader, RunStore } from "./store.ts";
import { figureName, metricWords, statusSentence, statusWord } from "./words.ts";

const TYPE = "dlnb.run";
/** A page is told at most this often. */
const SHOW_MS = 500;
/** The layers' chart is made anew with a look, which is work. */
const LAYERS_MS = 2000;
/** Events that are sent at a time. */
const EVENTS = 200;

export interface PanelsHost {
  readonly store: RunStore;
  /** The runs that kernels train, and how they are changed. */
  readonly live: Pick<LiveRuns, "get" | "control" | "onDidChange">;
  /** The extension's folder. */
  readonly extension: vscode.Uri;
  plots(): Promise<Plots>;
}

/** Panels of runs beside the notebook, one for each run; they come back with the window. */
export class RunPanels implements vscode.Disposable {
  readonly #host: PanelsHost;
  readonly #panels = new Map<string, RunPanel>();
  readonly #listening: readonly vscode.Disposable[];

  constructor(host: PanelsHost) {
    this.#host = host;
    this.#listening = [
      host.store.onDidChange((entries) => {
        for (const { key } of entries) this.#panels.get(key)?.changed();
      }),
      host.live.onDidChange((notebook) => {
        for (const panel of this.#panels.values()) panel.moved(notebook);
      }),
      vscode.window.registerWebviewPanelSerializer(TYPE, {
        deserializeWebviewPanel: async (panel, state) => {
          const key = record(state).key;
          await host.store.ready();
          panel.webview.options = this.#options;
          this.#show(panel, typeof key === "string" ? key : "");
        },
      }),
    ];
  }

  open({ key, name }: Pick<RunEntry, "key" | "name">): void {
    const open = this.#panels.get(key);
    if (open !== undefined) {
      open.panel.reveal();
      return;
    }
    const panel = vscode.window.createWebviewPanel(TYPE, name, vscode.ViewColumn.Beside, this.#options);
    this.#show(panel, key);
  }

  dispose(): void {
    for (const listening of this.#listening) listening.dispose();
    for (const { panel } of [...this.#panels.values()]) panel.dispose();
  }

  get #options(): vscode.WebviewOptions {
    return { enableScripts: true, localResourceRoots: [this.#dist] };
  }

  get #dist(): vscode.Uri {
    return vscode.Uri.joinPath(this.#host.extension, "dist");
  }

  #show(panel: vscode.WebviewPanel, key: string): void {
    this.#panels.set(key, new RunPanel(this.#host, panel, key));
    panel.onDidDispose(() => this.#panels.delete(key));
    const icon = (theme: string) =>
      vscode.Uri.joinPath(this.#host.extension, "media", "icons", `notebook-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    panel.webview.html = page(panel.webview, this.#dist, "run");
  }
}

/** What a log comes to for one panel, read once and followed. */
interface Followed {
  readonly reader: RunLogReader | null;
  readonly details: RunDetails;
  readonly curve: LogPlot;
  readonly layers: LogPlot;
}

/** What a page has. */
interface Sent {
  events: number;
  configuration: boolean;
  checkpoints: string;
  /** Whether its curve still grows. */
  live: boolean;
  /** When its layers were drawn, and how many looks there were. */
  layers: number;
  looks: number;
}

/** One run in a panel. What its log says is read again from the beginning when the panel is made, and followed from then on. */
class RunPanel {
  readonly panel: vscode.WebviewPanel;
  readonly #host: PanelsHost;
  readonly #key: string;
  readonly #notes: NotesFile | null;
  readonly #closing = new AbortController();
  #followed: Followed | null = null;
  /** What the page has; null: it is being made. */
  #sent: Sent | null = null;
  #section: Section = "curves";
  #timer: NodeJS.Timeout | null = null;
  /** Told that there is something new, by now or while the last news are sent. */
  #working: Promise<void> = Promise.resolve();

  constructor(host: PanelsHost, panel: vscode.WebviewPanel, key: string) {
    this.#host = host;
    this.panel = panel;
    this.#key = key;
    const folder = this.#entry?.folder ?? null;
    this.#notes = folder === null ? null : new NotesFile(folder, (told) => this.#post(told));
    panel.webview.onDidReceiveMessage((message: unknown) => void this.#receive(message));
    panel.onDidChangeViewState(() => {
      const notebook = this.#entry?.notebook;
      if (panel.active && notebook !== undefined) notebookOfPanel(notebook);
      if (panel.active) void this.#notes?.look();
    });
    panel.onDidDispose(() => {
      this.#closing.abort();
      if (this.#timer !== null) clearTimeout(this.#timer);
    });
  }

  /** The store knows something new. */
  changed(): void {
    if (this.#sent === null) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#update();
    }, SHOW_MS);
  }

  /** A kernel of the notebook told of a run. */
  moved(notebook: vscode.Uri): void {
    if (this.#entry?.notebook.toString() === notebook.toString()) this.changed();
  }

  get #entry(): RunEntry | undefined {
    return this.#host.store.get(this.#key);
  }

  #post(message: ToRunPage): void {
    if (!this.#closing.signal.aborted) void this.panel.webview.postMessage(message);
  }

  /** One after the other. */
  #update(): void {
    this.#working = this.#working
      .then(() => this.#show())
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return;
        this.#post({
          type: "gone",
          why: vscode.l10n.t("This run cannot be shown: {0}", error instanceof Error ? error.message : String(error)),
        });
      });
  }

  async #show(): Promise<void> {
    const entry = this.#entry;
    if (entry === undefined) {
      this.#followed = null;
      this.#post({ type: "gone", why: vscode.l10n.t("This run is gone: its folder was deleted or moved.") });
      return;
    }
    this.panel.title = entry.name;
    this.#post({ type: "run", run: headOf(entry, this.#followed?.details ?? null) });
    const status = isLive(entry) ? (this.#host.live.get(entry.notebook, entry.id)?.status ?? null) : null;
    this.#post({ type: "live", status });
    const followed = await this.#follow(entry);
    const sent = this.#sent;
    if (followed === null || sent === null) return;
    const { details } = followed;
    if (!sent.configuration && details.start !== null) {
      sent.configuration = true;
      this.#post({ type: "configuration", configuration: configurationOf(details.start) });
      this.#post({ type: "run", run: headOf(entry, details) });
    }
    this.#showCurve(followed, isLive(entry), sent);
    if (this.#section === "statistics") this.#showLayers(followed, isLive(entry), sent);
    if (details.events > sent.events) {
      const from = sent.events === 0 ? Math.max(0, details.events - EVENTS) : sent.events;
      this.#post({ type: "events", ...details.eventsBetween(from, details.events), total: details.events });
      sent.events = details.events;
    }
    const checkpoints = JSON.stringify(details.checkpoints);
    if (checkpoints !== sent.checkpoints) {
      sent.checkpoints = checkpoints;
      this.#post({ type: "checkpoints", checkpoints: await checkpointLines(entry, details) });
    }
    sent.live = isLive(entry);
  }

  /** Takes what is new in the log. */
  async #follow(entry: RunEntry): Promise<Followed | null> {
    const { store, plots } = this.#host;
    const take =
      ({ details, curve, layers }: Followed) =>
      (line: unknown) => {
        for (const one of [details, curve, layers]) one.take(line);
      };
    const begin = async (): Promise<Followed> => {
      const { learningCurve, layers } = await plots();
      const reader = store.log(this.#key);
      const folder = basename(entry.folder ?? "");
      return {
        reader,
        details: new RunDetails(),
        curve: learningCurve(`run ${this.#key}`, folder),
        layers: layers(`layers ${this.#key}`),
      };
    };
    // what is kept nowhere is told anew as a whole
    if (entry.folder === null) {
      const followed = await begin();
      for (const line of linesOf(entry, await store.history(this.#key))) take(followed)(line);
      this.#followed = followed;
      return followed;
    }
    this.#followed ??= await begin();
    const same = await this.#followed.reader?.follow(take(this.#followed), this.#closing.signal);
    if (same !== false) return this.#closing.signal.aborted ? null : this.#followed;
    this.#followed = await begin();
    await this.#followed.reader?.follow(take(this.#followed), this.#closing.signal);
    if (this.#sent !== null) this.#sent = fresh();
    return this.#followed;
  }

  #showCurve({ curve }: Followed, live: boolean, sent: Sent): void {
    const rows = curve.rows();
    if (rows === null || sent.live !== live) {
      const why = vscode.l10n.t("No step has been logged yet.");
      this.#post({ type: "chart", place: "curves", chart: curve.chart(live), why });
      return;
    }
    for (const row of rows) this.#post({ type: "rows", place: "curves", ...row });
  }

  #showLayers({ layers, details }: Followed, live: boolean, sent: Sent): void {
    if (sent.looks === details.looks && sent.live === live && sent.layers > 0) return;
    const wait = sent.layers + LAYERS_MS - Date.now();
    if (wait > 0 && live) {
      setTimeout(() => this.changed(), wait);
      return;
    }
    sent.layers = Date.now();
    sent.looks = details.looks;
    const why = vscode.l10n.t(
      'No looks at its layers were recorded. Train with fit({ instruments: "economy" }), and deviations and gradient norms of all layers appear here, at a few percent of the time; "balanced" and "full" look more often.',
    );
    this.#post({ type: "chart", place: "statistics", chart: layers.chart(live), why });
  }

  async #receive(message: unknown): Promise<void> {
    const known = readRunMessage(message);
    if (known === null) return;
    try {
      await this.#do(known);
    } catch (error) {
      void notify.showErrorMessage(error instanceof Error ? error.message : String(error));
    }
  }

  async #do(message: FromRunPage): Promise<void> {
    const entry = this.#entry;
    switch (message.type) {
      case "ready":
        this.#section = message.section;
        this.#sent = fresh();
        this.#update();
        await this.#notes?.look(true);
        return;
      case "section":
        this.#section = message.section;
        this.changed();
        return;
      case "notes":
        await this.#notes?.edit(message.text, message.edit);
        return;
      case "earlier": {
        const details = this.#followed?.details;
        if (details === undefined) return;
        const [from, to] = [Math.max(0, message.before - EVENTS), Math.min(message.before, details.events)];
        const log = from < details.firstKept ? this.#host.store.log(this.#key) : null;
        const given =
          log === null ? details.eventsBetween(from, to) : await eventsOf(log, from, to, this.#closing.signal);
        this.#post({ type: "events", ...given, total: details.events });
        return;
      }
      case "copy": {
        const start = this.#followed?.details.start ?? null;
        const text = start === null ? null : message.what === "json" ? jsonOf(start) : codeOf(start);
        if (text === null) return;
        await vscode.env.clipboard.writeText(text);
        vscode.window.setStatusBarMessage(vscode.l10n.t("dlnb: configuration copied"), 3000);
        return;
      }
      case "checkpoint": {
        const { file, step } = message;
        if (entry === undefined || checkpointPath(entry, file) === null) return;
        const command = message.do === "restore" ? "dlnb.restoreCheckpoint" : "dlnb.branchFromCheckpoint";
        await vscode.commands.executeCommand(command, { key: this.#key, file, step });
        return;
      }
      case "control":
        if (entry === undefined) return;
        await this.#control(entry, message.change);
        return;
      case "save":
        if (entry !== undefined) {
          const isUntitled = entry.notebook.scheme === "untitled";
          await saveChart({ isUntitled, uri: entry.notebook }, message.name, message.base64);
        }
        return;
      case "do":
        if (entry !== undefined) await this.#deed(message.what, entry);
        return;
      default:
        message satisfies never;
    }
  }

  async #control({ notebook, id, name }: RunEntry, change: RunControl): Promise<void> {
    const { applied, why } = await this.#host.live.control(notebook, id, change);
    if (!applied) void notify.showInformationMessage(`${name}: ${why}.`);
    this.changed();
  }

  async #deed(what: (FromRunPage & { type: "do" })["what"], entry: RunEntry): Promise<void> {
    const { executeCommand } = vscode.commands;
    if (what === "folder") await executeCommand("dlnb.openRunFolder", { key: this.#key });
    else if (what === "notes") {
      await this.#notes?.written();
      await executeCommand("dlnb.editRunNotes", { key: this.#key });
    } else if (what === "compare") await executeCommand("dlnb.compareRuns", { key: this.#key }, [{ key: this.#key }]);
    else await showCell(entry);
  }
}

const fresh = (): Sent => ({ events: 0, configuration: false, checkpoints: "", live: false, layers: 0, looks: -1 });

/** What stands at the top. */
function headOf(entry: RunEntry, details: RunDetails | null): RunHead {
  const { key, name, status, final, seconds, backend, folder, parameters, startedAt, metric, step, epoch, epochs } =
    entry;
  const fact = (name: string, text: string): Named[] => (text === "" ? [] : [{ name, text }]);
  const seed = record(entry.config).seed;
  const adapter = record(details?.start).adapter;
  const shown = Object.entries(final).filter(([figure]) => figure === "trainLoss" || figure === "validLoss");
  return {
    key,
    name,
    status,
    word: statusWord(status),
    sentence: [statusSentence(entry), ...(entry.remark === "" ? [] : [vscode.l10n.t("Its log {0}.", entry.remark)])]
      .filter((sentence) => sentence !== "")
      .join(" "),
    kept: folder !== null,
    figures: [
      ...(metric === null || metric.name.endsWith(" loss")
        ? []
        : fact(metric.name, metricWords(entry).slice(metric.name.length + 1))),
      ...shown.reverse().map(([figure, value]) => ({ name: figureName(figure), text: digits(value) })),
      ...(isLive(entry) && epochs > 0
        ? fact(vscode.l10n.t("epoch"), vscode.l10n.t("{0} of {1}", count(epoch), count(epochs)))
        : fact(vscode.l10n.t("steps"), count(step))),
    ],
    facts: [
      ...(entry.group === null ? [] : fact(vscode.l10n.t("trained by"), `${entry.group.name}, ${entry.group.label}`)),
      ...fact(vscode.l10n.t("started"), new Date(startedAt).toLocaleString(vscode.env.language)),
      ...fact(vscode.l10n.t("duration"), seconds > 0 ? duration(seconds) : ""),
      ...fact(
        vscode.l10n.t("backend"),
        [backend, typeof adapter === "string" ? adapter.slice(0, 80) : ""].filter(Boolean).join(", "),
      ),
      ...fact(vscode.l10n.t("seed"), typeof seed === "number" ? String(seed) : ""),
      ...fact(vscode.l10n.t("parameters"), parameters > 0 ? count(parameters) : ""),
    ],
  };
}

/** A checkpoint's file; null when the name leads elsewhere. */
function checkpointPath({ folder }: RunEntry, file: string): string | null {
  if (folder === null || file.length > 200 || isAbsolute(file)) return null;
  const path = join(folder, normalize(file));
  return path.startsWith(`${join(folder, "checkpoints")}${sep}`) ? path : null;
}

async function checkpointLines(entry: RunEntry, details: RunDetails): Promise<CheckpointLine[]> {
  return await Promise.all(
    details.checkpoints.map(async ({ file, step, why }) => {
      const path = checkpointPath(entry, file);
      const found = path === null ? null : await lstat(path).catch(() => null);
      const there = found?.isFile() === true;
      const epoch = details.epochOf(step);
      return { file, step, why, epoch: epoch > 0 ? count(epoch) : "", there, size: there ? sizeWords(found.size) : "" };
    }),
  );
}

/** Brings the cell that trained into view. */
async function showCell(entry: RunEntry): Promise<void> {
  const open = vscode.workspace.notebookDocuments.find(({ uri }) => uri.toString() === entry.notebook.toString());
  if (open === undefined) {
    const there = await vscode.workspace.fs.stat(entry.notebook).then(
      () => true,
      () => false,
    );
    if (!there) {
      void notify.showInformationMessage(vscode.l10n.t("{0} no longer exists.", entry.notebook.fsPath));
      return;
    }
  }
  const notebook = open ?? (await vscode.workspace.openNotebookDocument(entry.notebook));
  const cell = notebook.getCells().find(({ metadata }) => isRecord(metadata) && metadata.id === entry.cell);
  const range = cell === undefined ? undefined : new vscode.NotebookRange(cell.index, cell.index + 1);
  // the panel stays where it is: the notebook goes to its own column, or to the first
  const tab = vscode.window.visibleNotebookEditors.find((editor) => editor.notebook === notebook);
  const viewColumn = tab?.viewColumn ?? vscode.ViewColumn.One;
  await vscode.window.showNotebookDocument(notebook, {
    viewColumn,
    ...(range === undefined ? {} : { selections: [range] }),
  });
}
