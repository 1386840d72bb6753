import assert from "node:assert/strict";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { inWorkspace, outputText, run, scratch, show, start, until } from "./notebooks.ts";

afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

describe("the extension", () => {
  it("is there and activates", async () => {
    const extension = vscode.extensions.getExtension("dlnb.dlnb");
    assert.ok(extension);
    await extension.activate();
    assert.ok(extension.isActive);
  });

  it("opens a .dlnb file as a notebook with Markdown and TypeScript cells", async () => {
    const notebook = await vscode.workspace.openNotebookDocument(inWorkspace("tour.dlnb"));
    assert.equal(notebook.notebookType, "dlnb");
    const kinds = notebook
      .getCells()
      .map((cell) => `${vscode.NotebookCellKind[cell.kind]} ${cell.document.languageId}`);
    assert.ok(kinds.includes("Markup markdown"), kinds.join());
    assert.ok(kinds.includes("Code typescript"), kinds.join());
  });

  it("makes a new notebook", async () => {
    await vscode.commands.executeCommand("dlnb.newNotebook");
    await until(() => vscode.window.activeNotebookEditor?.notebook.notebookType === "dlnb");
  });
});

describe("hovers", () => {
  it("say what a name of the library and its options mean", async () => {
    const notebook = await scratch("const o = optim.adamw({ lr: 1e-3 });");
    const { uri } = notebook.cellAt(0).document;
    const at = async (column: number) => {
      const position = new vscode.Position(0, column);
      const hovers = await vscode.commands.executeCommand<vscode.Hover[]>("vscode.executeHoverProvider", uri, position);
      return hovers.flatMap(({ contents }) => contents.map((c) => (typeof c === "string" ? c : c.value))).join("\n");
    };
    assert.match(await at(18), /optim\.adamw\(\{[\s\S]*Loshchilov/);
    assert.match(await at(25), /option of optim\.adamw\) lr/);
  });
});

describe("cells", () => {
  it("share their names, wait for promises and show their last expression", async () => {
    const notebook = await scratch("const answer: number = await Promise.resolve(41)", "answer + 1");
    assert.ok(await run(notebook, 0));
    assert.ok(await run(notebook, 1));
    assert.match(outputText(notebook.cellAt(1)), /\b42\b/);
    assert.equal(notebook.cellAt(1).executionSummary?.executionOrder, 2);
  });

  it("report a mistake at its own line, and the kernel goes on", async () => {
    const notebook = await scratch("const fine = 1;\nnn.linaer(3);", "fine");
    assert.equal(await run(notebook, 0), false);
    const text = outputText(notebook.cellAt(0));
    assert.match(text, /linaer/);
    assert.match(text, /line 2|"line": ?2/);
    assert.ok(await run(notebook, 1), outputText(notebook.cellAt(1)));
  });

  it("say what to write instead of an enum", async () => {
    const notebook = await scratch("enum Colour { red }");
    assert.equal(await run(notebook, 0), false);
    assert.match(outputText(notebook.cellAt(0)), /enum/i);
  });

  it("can be stopped in an endless loop", async () => {
    const notebook = await scratch("for (;;) {}", "1 + 1");
    start(notebook, 0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const cell = notebook.cellAt(0);
    await vscode.commands.executeCommand("notebook.cancelExecution", {
      ranges: [{ start: 0, end: 1 }],
      document: notebook.uri,
    });
    await until(() => cell.executionSummary?.success === false, 10_000);
    assert.ok(await run(notebook, 1), outputText(notebook.cellAt(1)));
  });
});

describe("the tour", () => {
  it("runs from the first cell to the last", async () => {
    const notebook = await show("tour.dlnb");
    await vscode.commands.executeCommand("notebook.execute", notebook.uri);
    const code = notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
    await until(() => code.every(({ executionSummary }) => executionSummary?.success !== undefined), 80_000);
    for (const cell of code) assert.ok(cell.executionSummary?.success, outputText(cell));
  });
});
