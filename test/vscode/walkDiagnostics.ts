import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import { writeNotebook } from "./notebooks.ts";
import { charts, server, shot, window } from "./walkWindow.ts";

const experiment = (name: string, optimizer: string) => `const ${name} = experiment({
  name: "${name} net", data: sets,
  model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(10)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: ${optimizer}, batchSize: 64, seed: 1,
});`;

const load = `const digits = await data.csv("data/digits.csv", { target: "y" });
const sets = digits.split({ valid: 0.1, test: 0.2, seed: 7 }).normalize("standardize");`;

const exp = experiment("exp", "optim.adam({ lr: 1e-3 })");
const wide = experiment("wide", "optim.sgd({ lr: 0.1 })");
const rest = 'console.log("the rest of the notebook");';

/** Shows a warning with a remedy, as a check does. */
const warns = `const found = { rule: "low-rate", severity: "warning", title: "the rate is low", saw: "1e-3", why: "", tries: [{
  text: "take more",
  action: { label: "Insert 3.2e-3", title: "", do: { kind: "set-option", options: ["lr"], value: 3.2e-3, experiment: null } },
}] };
({
  [Symbol.for("dlnb.display")]: () => [
    { mime: "application/vnd.dlnb.findings+json", data: { id: "f", title: "1 warning in 1 check", findings: [found] } },
  ],
})`;

before(() => {
  writeNotebook(server.workspace, "warns.dlnb", [load, exp, warns]);
  writeNotebook(server.workspace, "one.dlnb", [load, exp, rest]);
  writeNotebook(server.workspace, "two.dlnb", [load, exp, wide, rest]);
});

/** The code cells of a notebook's file once it is saved. */
async function saved(name: string): Promise<string[]> {
  await window.page.keyboard.press("Control+S");
  await window.page.locator(".tab.active:not(.dirty)").waitFor({ timeout: 10_000 });
  const file = readFileSync(join(server.workspace, name), "utf8");
  return [...file.matchAll(/```ts \{#\S+\}\n([\s\S]*?)\n```/g)].map(([, text]) => text ?? "");
}

describe("diagnostics", () => {
  it("from the palette come below their experiment, run, and are in view", async () => {
    await window.openNotebook("one.dlnb");
    await window.command("dlnb: Inspect Initialization");
    await window.page
      .locator(".code-cell-row", { hasText: "exp.inspect.initialization()" })
      .waitFor({ timeout: 30_000 });
    await charts().first().waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("palette initialization");
    assert.deepEqual(await saved("one.dlnb"), [load, exp, "await exp.inspect.initialization()", rest]);
    const list = await window.page.locator(".notebookOverlay .cell-list-container:visible").boundingBox();
    const chart = await charts().first().boundingBox();
    assert.ok(list && chart && chart.y > list.y && chart.y < list.y + list.height - 100, "the chart is out of view");
  });

  it("are asked about where there are several experiments", async () => {
    await window.openNotebook("two.dlnb");
    await window.command("dlnb: Inspect Initialization");
    const choices = window.page.locator(".quick-input-list .monaco-list-row");
    await choices.filter({ hasText: "wide" }).waitFor();
    await shot("palette which experiment");
    assert.equal(await choices.count(), 2);
    await choices.filter({ hasText: "wide" }).click();
    await charts().first().waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("palette wide");
    assert.deepEqual(await saved("two.dlnb"), [load, exp, wide, "await wide.inspect.initialization()", rest]);
  });

  it("leave the file as it was after one undo", async () => {
    await window.page
      .locator(".code-cell-row", { hasText: "wide.inspect" })
      .first()
      .locator(".cell-focus-indicator-left")
      .click();
    await window.page.keyboard.press("Control+Z");
    await window.page
      .locator(".code-cell-row", { hasText: "wide.inspect" })
      .waitFor({ state: "detached", timeout: 5000 });
    assert.deepEqual(await saved("two.dlnb"), [load, exp, wide, rest]);
  });
});

describe("findings", () => {
  it("are listed as problems", async () => {
    await window.openNotebook("warns.dlnb");
    await window.runCell("low-rate");
    await window.outputs.getByText("1 warning in 1 check").first().waitFor({ timeout: 30_000 });
    await window.command("Problems: Focus on Problems View");
    const problem = window.page.locator(".markers-panel .monaco-list-row", { hasText: "the rate is low: 1e-3" });
    await problem.waitFor({ timeout: 10_000 });
    await shot("findings as problems");
    await window.command("View: Toggle Panel Visibility");
  });

  it("change the number in the user's cell at the press of a button, and undo brings it back", async () => {
    const row = await window.reveal("low-rate");
    assert.ok(row);
    await window.outputs.getByRole("button", { name: "Insert 3.2e-3" }).first().click();
    await window.page.locator(".code-cell-row .view-lines", { hasText: "lr: 3.2e-3" }).waitFor({ timeout: 10_000 });
    await window.page.waitForTimeout(500);
    await shot("findings inserted rate");
    assert.match(await window.page.locator(".part.statusbar").innerText(), /lr: 1e-3 → 3\.2e-3 in cell 2/);
    assert.deepEqual(await saved("warns.dlnb"), [load, exp.replace("1e-3", "3.2e-3"), warns]);
    await window.page.keyboard.press("Control+Z");
    await window.page.locator(".code-cell-row .view-lines", { hasText: "lr: 1e-3" }).waitFor({ timeout: 10_000 });
    await shot("findings undone");
    assert.deepEqual(await saved("warns.dlnb"), [load, exp, warns]);
  });
});

describe("snippets", () => {
  /** Types into the last cell and accepts what is suggested. */
  async function accept(prefix: string): Promise<void> {
    await window.page.keyboard.type(prefix, { delay: 20 });
    const row = window.page.locator(".suggest-widget.visible .monaco-list-row", { hasText: prefix }).first();
    await row.waitFor({ timeout: 10_000 });
    await shot(`snippet ${prefix}`);
    await row.click();
    await window.page.keyboard.press("Escape");
  }

  it("of a schedule and an initializer are found by guessed names and run as they come", async () => {
    await window.openNotebook("one.dlnb");
    const cell = await window.reveal("the rest of the notebook");
    await cell.locator(".view-lines").click();
    await window.page.keyboard.press("Control+A");
    await window.page.keyboard.type("const cycle = ");
    await accept("sched-one-cycle");
    await window.page.keyboard.press("Control+End");
    await window.page.keyboard.type(";\nconst start = ");
    await accept("init-kaiming-normal");
    await window.page.keyboard.press("Control+End");
    await window.page.keyboard.type(";\nconsole.log(cycle.type, cycle.options.maxLr, start.type, start.options.mode);");
    await window.runCell("const cycle");
    await window.outputs.getByText("oneCycle 0.01 kaimingNormal fanIn").waitFor({ timeout: 30_000 });
    await shot("snippets accepted");
  });
});
