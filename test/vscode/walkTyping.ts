import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

// What is typed is what stands there, however fast it comes and whatever the language services are doing.

const lines = [
  "const a = optim.adamw({ lr: 1e-3, weightDecay: 0 });",
  "const b = nn.sequential(nn.conv2d(8, { kernelSize: 3 }), nn.batchNorm(), nn.relu6(), nn.flatten());",
  "const c = schedule.cosine({ etaMin: 1e-3 });",
  "const d = [loss.mse(), loss.crossEntropy(), metrics.accuracy(), init.kaimingUniform()];",
  "const exp = 3, net = exp;",
  "const run = Math.max(exp, net).toFixed(2);",
  "for (const x of [1, 2]) console.log(x, run);",
];

const names = ["opened", "restarted"];

before(() => {
  for (const name of names) {
    writeNotebook(server.workspace, `typing-${name}.dlnb`, [
      "const experiments = 1;\nconst network = nn.linear(3);",
      "",
    ]);
  }
});

/** The notebook's last cell, as its file has it once it is saved. */
async function saved(name: string): Promise<string> {
  await window.page.keyboard.press("Control+S");
  await window.page.locator(".tab:not(.dirty)", { hasText: name }).first().waitFor({ timeout: 10_000 });
  const file = readFileSync(join(server.workspace, name), "utf8");
  return [...file.matchAll(/```ts \{#\S+\}\n([\s\S]*?)\n```/g)].at(-1)?.[1] ?? "";
}

/** Types the lines into the last cell, at each pace. */
async function type(name: string, paces: readonly number[]): Promise<void> {
  const { keyboard } = window.page;
  await window.page.locator(".notebookOverlay:visible .code-cell-row").nth(1).locator(".monaco-editor").click();
  for (const delay of paces) {
    for (const line of lines) {
      await keyboard.type(line, { delay });
      await keyboard.press("Enter");
    }
  }
  await shot(`typing ${name}`);
  const expected = paces.flatMap(() => lines);
  const found = (await saved(`typing-${name}.dlnb`)).split("\n");
  const wrong = expected.flatMap((line, i) => (found[i] === line ? [] : [`${line} -> ${found[i]}`]));
  assert.deepEqual(wrong, []);
}

describe("typing", () => {
  it("at once after a notebook is opened", async () => {
    await window.openNotebook("typing-opened.dlnb");
    await type("opened", [40]);
  });

  it("while the TypeScript server starts anew", async () => {
    await window.openNotebook("typing-restarted.dlnb");
    await window.page.locator(".notebookOverlay:visible .code-cell-row").nth(1).locator(".monaco-editor").click();
    await window.command("TypeScript: Restart TS Server");
    await type("restarted", [20]);
  });
});
