import * as vscode from "vscode";
import { NOTEBOOK_TYPE } from "../controller/controller.ts";

const PROSE = `# A new experiment

Describe the data, the model and how it is trained in one cell, then train it in the next.
The learning curve moves while it trains; the stop button stops within a step.`;

const DEFINITION = `const points = Array.from({ length: 512 }, (_, i) => ({ x: (i / 512) * 6 - 3 }));
const wave = data.rows(points.map(({ x }) => ({ x, y: Math.sin(2 * x) })), { target: "y" });
const exp = experiment({
  data: wave.split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(32), nn.tanh(), nn.linear(32), nn.tanh(), nn.linear(1)),
  loss: loss.mse(),
  optimizer: optim.adam({ lr: 1e-2 }),
  batchSize: 32, seed: 1,
});`;

const TRAINING = "const run = await exp.fit({ epochs: 60 });";

/** An untitled notebook that trains something as it stands. */
export async function newNotebook(): Promise<void> {
  const { Code, Markup } = vscode.NotebookCellKind;
  const notebook = await vscode.workspace.openNotebookDocument(
    NOTEBOOK_TYPE,
    new vscode.NotebookData([
      new vscode.NotebookCellData(Markup, PROSE, "markdown"),
      new vscode.NotebookCellData(Code, DEFINITION, "typescript"),
      new vscode.NotebookCellData(Code, TRAINING, "typescript"),
    ]),
  );
  await vscode.window.showNotebookDocument(notebook);
}
