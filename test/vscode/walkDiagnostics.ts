import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { Locator } from "playwright-core";
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
await Promise.resolve({
  [Symbol.for("dlnb.display")]: () => [
    { mime: "application/vnd.dlnb.findings+json", data: { id: "f", title: "1 warning in 1 check", findings: [found] } },
  ],
})`;

before(() => {
  const normed = exp.replace("nn.relu()", "nn.batchNorm(), nn.relu()");
  writeNotebook(server.workspace, "trained.dlnb", [load, normed, "const run = await exp.fit({ epochs: 3 });"]);
  // all units of a layer alike: they stay so
  const rough = exp.replace("nn.linear(16)", "nn.linear(16, { weight: init.zeros() })");
  writeNotebook(server.workspace, "rough.dlnb", [load, rough]);
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

/** Where the chart of an output stands in the window, which must show it. */
async function inView(chart: Locator): Promise<void> {
  const list = await window.page.locator(".notebookOverlay .cell-list-container:visible").boundingBox();
  const box = await chart.boundingBox();
  assert.ok(list && box && box.y > list.y && box.y < list.y + list.height - 100, "the chart is out of view");
}

describe("a diagnostic from the palette", () => {
  it("comes below its experiment, runs, and is in view", async () => {
    await window.openNotebook("one.dlnb");
    await window.command("dlnb: Find Learning Rate");
    await charts().first().waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("palette find learning rate");
    await inView(charts().first());
    assert.deepEqual(await saved("one.dlnb"), [load, exp, "await exp.findLearningRate()", rest]);
  });

  it("offers its rate, which takes the place of the experiment's, and undo takes it back", async () => {
    const button = window.outputs.getByRole("button", { name: /^Insert [\d.e-]+$/ }).first();
    const rate = /[\d.e-]+$/.exec(await button.innerText())?.[0] as string;
    await button.click();
    await window.page.locator(".code-cell-row .view-lines", { hasText: `lr: ${rate}` }).waitFor({ timeout: 10_000 });
    await window.page.waitForTimeout(500);
    await shot("palette inserted rate");
    assert.equal((await saved("one.dlnb"))[1], exp.replace("1e-3", rate));
    await window.page.keyboard.press("Control+Z");
    await window.page.locator(".code-cell-row .view-lines", { hasText: "lr: 1e-3" }).waitFor({ timeout: 10_000 });
    assert.equal((await saved("one.dlnb"))[1], exp);
  });

  it("asks which experiment where there are several, and one undo takes its cell away", async () => {
    await window.openNotebook("two.dlnb");
    await window.command("dlnb: Find Learning Rate");
    const choices = window.page.locator(".quick-input-list .monaco-list-row");
    await choices.filter({ hasText: "wide" }).waitFor();
    await shot("palette which experiment");
    assert.equal(await choices.count(), 2);
    await choices.filter({ hasText: "wide" }).click();
    await charts().first().waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("palette wide");
    assert.deepEqual(await saved("two.dlnb"), [load, exp, wide, "await wide.findLearningRate()", rest]);
    await window.page.keyboard.press("Control+Z");
    await window.page.locator(".code-cell-row", { hasText: "wide.find" }).waitFor({ state: "detached", timeout: 5000 });
    assert.deepEqual(await saved("two.dlnb"), [load, exp, wide, rest]);
  });
});

describe("diagnostics of a run", () => {
  it("ask before they train, and stand below one another with what they show", async () => {
    await window.openNotebook("trained.dlnb");
    await window.command("dlnb: Diagnose Run");
    const question = window.page.locator(".monaco-dialog-box", { hasText: "has not been made yet" });
    await question.waitFor();
    await shot("diagnose question");
    await question.getByRole("button", { name: "Run Cells" }).click();
    await window.outputs
      .getByText(/by \d+ rules|because|finding/)
      .first()
      .waitFor({ timeout: 120_000 });
    await window.idle();
    await shot("diagnose");
    const calls = {
      "Inspect Activations": "inspect.activations",
      "Inspect Batch Norm": "inspect.batchNorm",
      "Gradient Flow": "inspect.gradients",
      "Plot Loss Landscape": "landscape",
    };
    for (const [title, path] of Object.entries(calls)) {
      await window.command(`dlnb: ${title}`);
      const cell = window.page.locator(".code-cell-row", { hasText: `run.${path}()` });
      await cell.locator(".codicon-notebook-state-success").waitFor({ timeout: 120_000 });
      await window.page.waitForTimeout(1500);
      await shot(title);
    }
    const paths = ["diagnose", ...Object.values(calls)].map((path) => `await run.${path}()`);
    assert.deepEqual((await saved("trained.dlnb")).slice(3), paths);
  });
});

describe("preflight", () => {
  const problem = () => window.page.locator(".markers-panel .monaco-list-row", { hasText: "units are dead" }).first();
  const look = () => window.command("Problems: Focus on Problems View");

  it("lists what it warns of among the problems", async () => {
    await window.openNotebook("rough.dlnb");
    await window.command("dlnb: Preflight Check");
    await window.outputs
      .getByText(/in \d+ checks before training/)
      .first()
      .waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("preflight");
    await look();
    await problem().waitFor({ timeout: 10_000 });
    await shot("preflight problems");
    await saved("rough.dlnb");
  });

  it("lists it for as long as the notebook is open, and again when it is opened again", async () => {
    await window.command("View: Close All Editors");
    await problem().waitFor({ state: "detached", timeout: 10_000 });
    await window.openNotebook("rough.dlnb");
    await problem().waitFor({ timeout: 20_000 });
  });

  it("lists nothing of a cell that has changed since", async () => {
    const path = (name: string) => join(server.workspace, name);
    const text = readFileSync(path("rough.dlnb"), "utf8");
    writeFileSync(path("stale.dlnb"), text.replace("await exp.preflight()", "await exp.preflight({ examples: 4 })"));
    cpSync(path(".dlnb/rough"), path(".dlnb/stale"), { recursive: true });
    await window.openNotebook("stale.dlnb");
    await window.outputs
      .getByText(/in \d+ checks before training/)
      .first()
      .waitFor({ timeout: 20_000 });
    await window.page.waitForTimeout(1000);
    await shot("preflight of an earlier text");
    assert.equal(await problem().count(), 0);
    await window.command("View: Toggle Panel Visibility");
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

  /** The rate of the experiment's cell is the suggested one, and its own again after an undo. */
  async function insertedAndUndone(): Promise<void> {
    const changed = exp.replace("1e-3", "3.2e-3");
    await window.page.locator(".code-cell-row .view-lines", { hasText: "lr: 3.2e-3" }).waitFor({ timeout: 10_000 });
    await window.page.waitForTimeout(500);
    await shot("findings inserted rate");
    assert.match(await window.page.locator(".part.statusbar").innerText(), /lr: 1e-3 → 3\.2e-3 in cell 2/);
    assert.deepEqual(await saved("warns.dlnb"), [load, changed, warns]);
    await window.page.keyboard.press("Control+Z");
    await window.page.locator(".code-cell-row .view-lines", { hasText: "lr: 1e-3" }).waitFor({ timeout: 10_000 });
    await shot("findings undone");
    assert.deepEqual(await saved("warns.dlnb"), [load, exp, warns]);
  }

  it("offer a remedy with their problem, and undo takes it back", async () => {
    const cell = await window.reveal("low-rate");
    await cell.locator(".view-line", { hasText: "Promise.resolve" }).click();
    await window.page.keyboard.press("Control+.");
    const fix = window.page.locator(".action-widget .monaco-list-row", { hasText: "Insert 3.2e-3" });
    await fix.waitFor({ timeout: 10_000 });
    await shot("findings remedies");
    await fix.click();
    await insertedAndUndone();
  });

  it("change the number in the user's cell at the press of a button, and undo takes it back", async () => {
    await window.reveal("low-rate");
    await window.outputs.getByRole("button", { name: "Insert 3.2e-3" }).first().click();
    await insertedAndUndone();
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
