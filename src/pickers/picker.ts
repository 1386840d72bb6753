import * as vscode from "vscode";
import type { Preview } from "../../engine/protocol/index.ts";
import { insertCell } from "../commands/insertCell.ts";
import { codeIndex } from "../controller/session.ts";
import type { Sessions } from "../controller/sessions.ts";
import { type Reference, readReference } from "../language/reference.ts";
import { readSnippets } from "../language/snippets.ts";
import { readDrawings } from "../language/thumbnail.ts";
import { notify } from "../notify/index.ts";
import { page } from "../panel/page.ts";
import { drawingOf } from "./drawing.ts";
import { callOf, type FieldValues, mistake, type Pick, picks, samples } from "./entries.ts";
import { readPicked, type ToPicker } from "./messages.ts";
import { type Kind, type Target, targetAt } from "./target.ts";

/** A kernel that computes answers late: then the drawing of the defaults stays. */
const PATIENCE_MS = 3000;

/** Where somebody was when asking: a place in a code cell, or a notebook without one. */
export interface Origin {
  readonly notebook: vscode.NotebookDocument;
  readonly cell: vscode.NotebookCell | null;
  readonly offset: number;
  /** Where a new cell would go. */
  readonly next: number;
  /** Where the notebook is shown. */
  readonly column: vscode.ViewColumn | undefined;
}

/** A gallery of schedules or initializers beside the notebook, with a drawing of each; what is picked is inserted as one step to undo. */
export class Picker implements vscode.Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #kind: Kind;
  readonly #origin: Origin;
  readonly #sessions: Sessions;
  readonly #reference: Reference;
  readonly #picks: readonly Pick[];
  readonly #target: Target;

  static async open(extension: vscode.Uri, sessions: Sessions, kind: Kind, origin: Origin): Promise<Picker> {
    const [reference, snippets, drawings] = await Promise.all([
      readReference(extension.fsPath),
      readSnippets(extension.fsPath),
      readDrawings(extension.fsPath),
    ]);
    const target = targetAt(reference, kind, origin.cell?.document.getText() ?? "", origin.offset);
    const all = picks(kind, { reference, snippets, drawings }, target.option?.replaces ?? null);
    return new Picker(extension, { sessions, kind, origin, reference, target, all });
  }

  private constructor(
    extension: vscode.Uri,
    about: {
      sessions: Sessions;
      kind: Kind;
      origin: Origin;
      reference: Reference;
      target: Target;
      all: readonly Pick[];
    },
  ) {
    this.#sessions = about.sessions;
    this.#kind = about.kind;
    this.#origin = about.origin;
    this.#reference = about.reference;
    this.#target = about.target;
    this.#picks = about.all;
    const dist = vscode.Uri.joinPath(extension, "dist");
    const title = this.#kind === "schedule" ? vscode.l10n.t("Insert Schedule") : vscode.l10n.t("Insert Initializer");
    this.#panel = vscode.window.createWebviewPanel("dlnb.picker", title, vscode.ViewColumn.Beside, {
      enableScripts: true,
      localResourceRoots: [dist],
    });
    this.#panel.webview.onDidReceiveMessage((message: unknown) => this.#answer(message));
    this.#panel.webview.html = page(this.#panel.webview, dist, "picker");
  }

  get onDidDispose(): vscode.Event<void> {
    return this.#panel.onDidDispose;
  }

  dispose(): void {
    this.#panel.dispose();
  }

  #send(message: ToPicker): void {
    void this.#panel.webview.postMessage(message);
  }

  async #answer(message: unknown): Promise<void> {
    const known = readPicked(message);
    switch (known?.type) {
      case "ready":
        this.#send({
          type: "picks",
          kind: this.#kind,
          picks: this.#picks,
          chosen: this.#chosen(),
          where: this.#where(),
          still: vscode.workspace.isTrusted
            ? ""
            : vscode.l10n.t("Curves are of the defaults: nothing is computed in an untrusted workspace."),
        });
        return;
      case "preview": {
        const made = this.#call(known.name, known.values);
        if (made === null) return;
        const { serial } = known;
        if (made.problem !== null) {
          this.#send({ type: "preview", serial, call: made.call, drawing: null, problem: made.problem });
          return;
        }
        const preview = await this.#preview(made.drawn);
        this.#send({
          type: "preview",
          serial,
          call: made.call,
          drawing: preview && drawingOf(preview),
          problem: preview?.problem ?? "",
        });
        return;
      }
      case "insert": {
        const made = this.#call(known.name, known.values);
        if (made === null || made.problem !== null) return;
        await this.#insert(made.call);
        return;
      }
      case "cancel":
        this.dispose();
        await this.#show(null);
        return;
    }
  }

  #chosen(): string {
    const now = this.#target.option?.replaces?.replace(/\s/g, "") ?? "";
    const name = /^\w+\.(\w+)\(/.exec(now)?.[1];
    return this.#picks.find((pick) => pick.name === name)?.name ?? this.#picks[0]?.name ?? "";
  }

  #where(): string {
    const { option, ownCell } = this.#target;
    const { cell } = this.#origin;
    if (cell === null || ownCell) return vscode.l10n.t("Goes into a new cell.");
    const index = codeIndex(cell);
    if (option === null) return vscode.l10n.t("Goes to the cursor in cell {0}.", index);
    if (option.replaces) {
      const now = option.replaces.replace(/\s+/g, " ");
      const short = now.length > 60 ? `${now.slice(0, 59)}…` : now;
      return vscode.l10n.t("Takes the place of {0} in cell {1}.", short, index);
    }
    return vscode.l10n.t("Becomes {0} of {1} in cell {2}.", option.name, `${option.of}(...)`, index);
  }

  /** The call that a page asks for, of values that are checked here, and the one that is drawn for it; null for a name that there is not. */
  #call(name: string, values: FieldValues): { call: string; drawn: string; problem: string | null } | null {
    const pick = this.#picks.find((one) => one.name === name);
    const entry = this.#reference[`${this.#kind}.${name}`];
    if (pick === undefined || entry === undefined) return null;
    const problems = pick.fields.map((field) => mistake(field, values[field.name] ?? field.value));
    const problem = problems.find((one) => one !== null) ?? null;
    if (problem !== null) return { call: "", drawn: "", problem };
    const written = (given: FieldValues) => callOf(this.#kind, pick, entry, given);
    return { call: written(values), drawn: written(samples(pick, values)), problem };
  }

  async #preview(call: string): Promise<Preview | null> {
    if (!vscode.workspace.isTrusted) return null;
    try {
      const kernel = await this.#sessions.open(this.#origin.notebook);
      const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
      return await Promise.race([kernel.request("preview", { call, ...this.#target.run }), late]);
    } catch {
      // without a kernel there is the drawing of the defaults; whoever runs a cell is told why there is none
      return null;
    }
  }

  async #insert(call: string): Promise<void> {
    const { cell, notebook, next } = this.#origin;
    this.dispose();
    if (notebook.isClosed) {
      const copy = vscode.l10n.t("Copy {0}", call);
      const text = vscode.l10n.t("The notebook was closed meanwhile: nothing was inserted.");
      if ((await notify.showInformationMessage(text, copy)) === copy) await vscode.env.clipboard.writeText(call);
      return;
    }
    if (cell === null || cell.index < 0 || cell.document.isClosed) {
      await insertCell(notebook, Math.min(next, notebook.cellCount), call);
      return;
    }
    // the cell may have changed while the gallery was open
    const { document } = cell;
    const text = document.getText();
    const { start, end, before, after, ownCell } = targetAt(
      this.#reference,
      this.#kind,
      text,
      Math.min(this.#origin.offset, text.length),
    );
    if (ownCell) {
      await insertCell(notebook, cell.index + 1, call);
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    edit.replace(document.uri, range, before + call + after);
    if (!(await vscode.workspace.applyEdit(edit))) {
      void notify.showErrorMessage(vscode.l10n.t("The notebook cannot be changed."));
      return;
    }
    const from = start + before.length;
    await this.#show(new vscode.Range(document.positionAt(from), document.positionAt(from + call.length)));
  }

  /** Back to where one was: in the notebook's own column, since the gallery's is the active one. */
  async #show(selection: vscode.Range | null): Promise<void> {
    const { cell, offset, notebook, column } = this.#origin;
    const place = column === undefined ? {} : { viewColumn: column };
    if (cell === null) {
      await vscode.window.showNotebookDocument(notebook, place);
      return;
    }
    const at = cell.document.positionAt(offset);
    await vscode.window.showTextDocument(cell.document, {
      ...place,
      selection: selection ?? new vscode.Range(at, at),
    });
  }
}
