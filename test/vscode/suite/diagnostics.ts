import assert from "node:assert/strict";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { outputText, run, scratch, until } from "./notebooks.ts";

afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

const exp = `const exp = experiment({
  data: data.tensors({ x: tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y: tensor([[0], [1], [1], [0]]) }),
  model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 4, seed: 1,
});`;

/** A cell that shows a warning with a remedy, as a check does. */
const warns = `const found = { rule: "low-rate", severity: "warning", title: "the rate is low", saw: "1e-3", why: "", tries: [{
  text: "take more",
  action: { label: "Insert 3.2e-3", title: "", do: { kind: "set-option", options: ["lr"], value: 3.2e-3, experiment: null } },
}] };
await Promise.resolve({
  [Symbol.for("dlnb.display")]: () => [
    { mime: "application/vnd.dlnb.findings+json", data: { id: "f", title: "1 warning", findings: [found] } },
  ],
})`;

const texts = (notebook: vscode.NotebookDocument) => notebook.getCells().map(({ document }) => document.getText());
const problems = (cell: vscode.NotebookCell) =>
  vscode.languages.getDiagnostics(cell.document.uri).filter(({ source }) => source === "dlnb");

describe("a diagnostic's command", () => {
  it("runs what it needs, inserts its call below, runs it and leaves one step to undo", async () => {
    const notebook = await scratch("const a = 1;", exp, "a");
    await vscode.commands.executeCommand("dlnb.inspectInitialization");
    assert.deepEqual(texts(notebook), ["const a = 1;", exp, "await exp.inspect.initialization()", "a"]);
    const cell = notebook.cellAt(2);
    await until(() => cell.executionSummary?.success !== undefined);
    assert.ok(cell.executionSummary?.success, outputText(cell));
    assert.deepEqual(vscode.window.activeNotebookEditor?.selections[0]?.start, 2);
    await vscode.commands.executeCommand("dlnb.inspectInitialization");
    assert.equal(notebook.cellCount, 4);
    await vscode.commands.executeCommand("undo");
    await until(() => notebook.cellCount === 3);
    assert.deepEqual(texts(notebook), ["const a = 1;", exp, "a"]);
  });
});

describe("findings", () => {
  it("are problems of their cell for as long as they stand there", async () => {
    const notebook = await scratch("// nothing", warns);
    const cell = notebook.cellAt(1);
    assert.ok(await run(notebook, 1), outputText(cell));
    await until(() => problems(cell).length === 1);
    const [problem] = problems(cell);
    assert.equal(problem?.message, "the rate is low: 1e-3");
    assert.equal(problem?.severity, vscode.DiagnosticSeverity.Warning);
    assert.equal(problem?.code, "low-rate");
    assert.equal(problem?.range.start.line, 4);
    await vscode.commands.executeCommand("notebook.clearAllCellsOutputs");
    await until(() => problems(cell).length === 0);
    await run(notebook, 1);
    await until(() => problems(cell).length === 1);
    const edit = new vscode.WorkspaceEdit();
    edit.set(notebook.uri, [vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(1, 2))]);
    await vscode.workspace.applyEdit(edit);
    await until(() =>
      vscode.languages.getDiagnostics().every(([, all]) => all.every(({ source }) => source !== "dlnb")),
    );
  });

  it("offer what to try: the number in the user's cell changes and is selected", async () => {
    const notebook = await scratch(exp, warns);
    const [first, cell] = notebook.getCells() as [vscode.NotebookCell, vscode.NotebookCell];
    assert.ok(await run(notebook, 1), outputText(cell));
    await until(() => problems(cell).length === 1);
    const range = problems(cell)[0]?.range;
    const fixes = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      cell.document.uri,
      range,
    );
    const fix = fixes.find(({ title }) => title === "Insert 3.2e-3");
    assert.ok(fix?.command, fixes.map(({ title }) => title).join());
    await vscode.commands.executeCommand(fix.command.command, ...(fix.command.arguments ?? []));
    await until(() => first.document.getText().includes("lr: 3.2e-3"));
    assert.equal(first.document.getText(), exp.replace("1e-3", "3.2e-3"));
    await until(() => {
      const { activeTextEditor: editor } = vscode.window;
      return editor?.document === first.document && editor.document.getText(editor.selection) === "3.2e-3";
    });
  });
});
