import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, afterEach, before, describe, it } from "mocha";
import * as vscode from "vscode";
import { choose, inWorkspace, scratch, start, until } from "./notebooks.ts";

/** A command that waits for an answer must take none for one. */
const SETTLES_MS = 10_000;
/** Tries every backend. */
const SLOW: Readonly<Record<string, number>> = { "dlnb.doctor": 60_000 };

const extension = vscode.extensions.getExtension("dlnb.dlnb")!;
const { commands } = extension.packageJSON.contributes as {
  commands: readonly { command: string }[];
};

const broken = `---
dlnb: 1
---

\`\`\`ts {#a}
const x = ;
function (
\`\`\`

<<<<<<< HEAD
\`\`\`ts {#b}
const exp = experiment({ data: nothing, model
=======
\`\`\`ts {#b}
const exp = 1
>>>>>>> branch
\`\`\`

\`\`\`unknown {#c}
what is this
\`\`\`

\`\`\`ts {#a}
const run = await exp.fit({ epochs
`;

/** Answers no question: closes pickers, inputs and messages as they come. */
function dismissing(): { stop(): void } {
  const closing = setInterval(() => {
    void vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    void vscode.commands.executeCommand("notifications.clearAll");
  }, 100);
  return { stop: () => clearInterval(closing) };
}

/** Calls one command and says what went wrong, if anything did. */
async function call(command: string): Promise<string | null> {
  const stray: string[] = [];
  const hear = (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (/dlnb/.test(text)) stray.push(text);
  };
  process.on("unhandledRejection", hear);
  const late = Symbol("late");
  const limit = SLOW[command] ?? SETTLES_MS;
  try {
    const done = vscode.commands.executeCommand(command);
    const outcome = await Promise.race([done, new Promise((resolve) => setTimeout(() => resolve(late), limit))]);
    if (outcome === late) return `${command} has not settled within ${limit / 1000} s`;
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // a modal question: the window under test shows none
    if (!/refused to show dialog/i.test(text)) return `${command}: ${text}`;
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", hear);
  }
  return stray.length > 0 ? `${command}: ${stray.join("\n")}` : null;
}

/** Calls every command with the same thing in front. */
async function callAll(inFront: () => Thenable<unknown>): Promise<void> {
  const wrong: string[] = [];
  const known = new Set(await vscode.commands.getCommands(true));
  const dismiss = dismissing();
  try {
    for (const { command } of commands.filter(({ command }) => known.has(command))) {
      await inFront();
      const said = await call(command);
      if (said !== null) wrong.push(said);
    }
  } finally {
    dismiss.stop();
  }
  assert.deepEqual(wrong, []);
}

const closeAll = () => vscode.commands.executeCommand("workbench.action.closeAllEditors");

describe("every command of package.json", function () {
  this.timeout(300_000);
  const settings = vscode.workspace.getConfiguration("dlnb");

  before(async () => {
    await extension.activate();
    writeFileSync(inWorkspace("broken.dlnb").fsPath, broken);
  });
  afterEach(closeAll);
  // a command that was called by itself may have changed it
  after(() => settings.update("backend", undefined, vscode.ConfigurationTarget.Global));

  it("is there", async () => {
    const known = await vscode.commands.getCommands(true);
    assert.deepEqual(
      commands.map(({ command }) => command).filter((command) => !known.includes(command)),
      [],
    );
  });

  it("works or says why not, with nothing open", async () => {
    await closeAll();
    await callAll(async () => {
      if (vscode.window.tabGroups.all.some(({ tabs }) => tabs.length > 0)) await closeAll();
    });
  });

  it("works or says why not, in an empty notebook", async () => {
    const notebook = await scratch();
    await callAll(() => front(notebook));
  });

  it("works or says why not, in a broken notebook", async () => {
    const notebook = await vscode.workspace.openNotebookDocument(inWorkspace("broken.dlnb"));
    await choose(notebook);
    await callAll(() => front(notebook));
  });

  it("works or says why not, while a cell runs", async () => {
    const notebook = await scratch("await new Promise((resolve) => setTimeout(resolve, 100_000))");
    const cell = notebook.cellAt(0);
    const runs = () => cell.executionSummary?.timing === undefined || cell.executionSummary.success === undefined;
    start(notebook, 0);
    await until(() => cell.executionSummary?.executionOrder !== undefined, 20_000);
    await callAll(async () => {
      await front(notebook);
      if (!runs()) start(notebook, 0);
    });
  });

  it("works or says why not, beside a text", async () => {
    const text = await vscode.workspace.openTextDocument({ content: "some text" });
    await callAll(() => vscode.window.showTextDocument(text));
  });

  it("works or says why not, in a Jupyter notebook", async () => {
    const cells = [new vscode.NotebookCellData(vscode.NotebookCellKind.Code, "1 + 1", "python")];
    const jupyter = await vscode.workspace.openNotebookDocument("jupyter-notebook", new vscode.NotebookData(cells));
    await callAll(() => front(jupyter));
  });
});

/** In front, whatever a command has opened. */
async function front(notebook: vscode.NotebookDocument): Promise<void> {
  if (vscode.window.activeNotebookEditor?.notebook === notebook) return;
  await vscode.window.showNotebookDocument(notebook);
}
