import * as vscode from "vscode";

/** The name by which VS Code's TypeScript server loads our plugin; package.json has it, too. */
const PLUGIN = "dlnb-typescript-plugin";
/** Several cells that come or go at once are one change. */
const SETTLE_MS = 30;

interface TypeScriptApi {
  configurePlugin(plugin: string, configuration: unknown): void;
}

/**
 * Tells the plugin of the TypeScript server in which order the cells of the open notebooks stand: their addresses say it
 * only until a cell is inserted or moved, and what a name means depends on it.
 */
export class CellOrder implements vscode.Disposable {
  readonly #notebookType: string;
  readonly #subscriptions: vscode.Disposable[];
  #told = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(notebookType: string) {
    this.#notebookType = notebookType;
    const soon = (notebook: vscode.NotebookDocument) => {
      if (notebook.notebookType !== notebookType) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#tell(), SETTLE_MS);
    };
    this.#subscriptions = [
      vscode.workspace.onDidOpenNotebookDocument(soon),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook, contentChanges }) => {
        if (contentChanges.length > 0) soon(notebook);
      }),
    ];
    for (const notebook of vscode.workspace.notebookDocuments) soon(notebook);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #tell(): Promise<void> {
    const open = vscode.workspace.notebookDocuments.filter(({ notebookType }) => notebookType === this.#notebookType);
    const order = Object.fromEntries(
      open.map((notebook) => [
        notebook.uri.path.replace(/^\//, ""),
        notebook.getCells().map(({ document }) => document.uri.fragment),
      ]),
    );
    const configuration = { order };
    const text = JSON.stringify(configuration);
    if (text === this.#told) return;
    this.#told = text;
    // a build of VS Code may be without it
    const extension = vscode.extensions.getExtension("vscode.typescript-language-features");
    const found = (await extension?.activate()) as { getAPI?(version: 0): TypeScriptApi | undefined } | undefined;
    found?.getAPI?.(0)?.configurePlugin(PLUGIN, configuration);
  }
}
