import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, beforeEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { writeNotebook } from "../notebooks.ts";
import { inWorkspace, outputText, run, show, start, until } from "./notebooks.ts";

/** Cells with the same ids and names in each notebook, and something that only one of them has. */
const cells = (who: string, epochs: number) => [
  `const who = "${who}"; let count = 0; const only_${who} = true;`,
  `for (let i = 0; i < 8; i++) {
  count += ${epochs};
  console.log(who, count);
  await new Promise((resolve) => setTimeout(resolve, 100));
}
[who, count, typeof only_left, typeof only_right, process.pid].join(" ")`,
  `const digits = await data.csv("data/digits.csv", { target: "y" });
const exp = experiment({
  data: digits.split({ valid: 0.2, seed: 7 }).normalize("standardize"),
  model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(10)),
  loss: loss.crossEntropy(), optimizer: optim.adam(), batchSize: 64, seed: 1,
});
const result = await exp.fit({ epochs: ${epochs} });
[who, result.record.epochs].join(" ran for ")`,
];

const epochs = { left: 2, right: 3 } as const;
const sides = ["left", "right"] as const;

describe("two notebooks side by side", () => {
  const books = {} as Record<(typeof sides)[number], vscode.NotebookDocument>;

  before(() => {
    for (const side of sides) writeNotebook(inWorkspace(".").fsPath, `${side}.dlnb`, cells(side, epochs[side]));
  });

  // what was shown by a test is closed after it; kernels wait for their notebooks
  beforeEach(async () => {
    for (const side of sides) books[side] = await show(`${side}.dlnb`);
    await vscode.window.showNotebookDocument(books.left, { viewColumn: vscode.ViewColumn.One });
    await vscode.window.showNotebookDocument(books.right, { viewColumn: vscode.ViewColumn.Two });
  });

  it("run at the same time, each with names, a kernel and outputs of its own", async () => {
    for (const side of sides) assert.ok(await run(books[side], 0), outputText(books[side].cellAt(0)));
    for (const side of sides) start(books[side], 1);
    const cell = (side: (typeof sides)[number]) => books[side].cellAt(1);
    await until(() => sides.every((side) => cell(side).executionSummary?.success !== undefined), 30_000);
    const pids = sides.map((side) => {
      const text = outputText(cell(side));
      const n = epochs[side];
      assert.deepEqual(
        text.match(/^(left|right) \d+$/gm),
        Array.from({ length: 8 }, (_, i) => `${side} ${n * (i + 1)}`),
      );
      const has = side === "left" ? "boolean undefined" : "undefined boolean";
      const pid = new RegExp(`${side} ${8 * n} ${has} (\\d+)`).exec(text)?.[1];
      assert.ok(pid !== undefined, text);
      return pid;
    });
    assert.notEqual(pids[0], pids[1]);
  });

  it("train at the same time, and each shows its own curve", async () => {
    for (const side of sides) start(books[side], 2);
    const cell = (side: (typeof sides)[number]) => books[side].cellAt(2);
    await until(() => sides.every((side) => cell(side).executionSummary?.success !== undefined), 60_000);
    const charts = sides.map((side) => {
      assert.ok(outputText(cell(side)).includes(`${side} ran for ${epochs[side]}`), `${side} has not trained`);
      const items = cell(side).outputs.flatMap(({ items }) => items);
      const chart = items.find(({ mime }) => mime === "application/vnd.dlnb.chart+json");
      assert.ok(chart, `${side} shows no curve`);
      return JSON.parse(new TextDecoder().decode(chart.data)) as { id: string; title: string };
    });
    assert.notEqual(charts[0]?.id, charts[1]?.id);
    assert.match(charts[0]?.title ?? "", /2 epochs/);
    assert.match(charts[1]?.title ?? "", /3 epochs/);
  });

  it("keep their outputs apart on disk", () => {
    for (const side of sides) {
      const file = join(inWorkspace(".dlnb").fsPath, side, "outputs/c2.json");
      assert.ok(existsSync(file), file);
      assert.match(readFileSync(file, "utf8"), new RegExp(`${side} ${8 * epochs[side]}`));
    }
  });

  it("restart alone: the other's names stay", async () => {
    await vscode.window.showNotebookDocument(books.left);
    await vscode.commands.executeCommand("dlnb.restartKernel");
    assert.equal(await run(books.left, 1), false);
    assert.match(outputText(books.left.cellAt(1)), /count is not defined/);
    assert.ok(await run(books.right, 1), outputText(books.right.cellAt(1)));
    // it went on where it was
    assert.match(outputText(books.right.cellAt(1)), /right 48 /);
  });
});
