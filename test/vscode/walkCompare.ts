import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";
import { until } from "./browser.ts";
import { writeNotebook } from "./notebooks.ts";
import { charts, server, shot, window } from "./walkWindow.ts";

const cells = [
  `const moons = data.moons({ n: 600, noise: 0.25, seed: 3 }).split({ valid: 0.4, seed: 1 });
const make = (lr: number, seed = 1) => experiment({
  data: moons, model: nn.sequential(nn.linear(8), nn.tanh(), nn.linear(2)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: optim.adam({ lr }), batchSize: 32, seed,
});
const exp = make(0.003);
const slow = await exp.fit({ epochs: 12, name: "slow" });`,
  'const fast = await make(0.03).fit({ epochs: 12, name: "fast" });',
  'console.log("trained", slow.steps + fast.steps);',
];

const more = `const long = await make(0.01, 2).fit({ epochs: 25_000, name: "long" });`;

before(() => writeNotebook(server.workspace, "comparing.dlnb", [...cells, more]));

/** The page of the compare panel in front. */
const panel = (): FrameLocator =>
  window.page
    .frameLocator('iframe.webview.ready[src*="extensionId="]:visible')
    .last()
    .frameLocator("iframe#active-frame");

const verdict = (): Locator => panel().locator("h1");

const quickPick = (text: string): Locator =>
  window.page.locator(".quick-input-list .monaco-list-row", { hasText: text });

const message = (text: string): Locator =>
  window.page.locator(".notifications-toasts .notification-list-item-message", { hasText: text });

const closePanel = () => window.command("View: Close Editor");

describe("comparing runs", () => {
  it("says what is missing while there are no two runs", async () => {
    await window.openNotebook("comparing.dlnb");
    await window.command("dlnb: Compare Runs");
    await message("There are no runs to compare yet").waitFor({ timeout: 15_000 });
    await window.command("Notifications: Clear All Notifications");
  });

  it("shows two runs of the notebook from the palette, with a verdict that says what it rests on", async () => {
    await window.runCell("const moons");
    await window.idle();
    await window.runCell("const fast");
    await window.idle();
    await window.command("dlnb: Compare Runs");
    await quickPick("fast").waitFor({ timeout: 15_000 });
    await quickPick("slow").waitFor();
    await shot("compare picker");
    await window.page.keyboard.press("Enter");
    await verdict().filter({ hasText: "one run each" }).waitFor({ timeout: 20_000 });
    await panel().locator(".dlnb-plot svg, .dlnb-plot canvas").first().waitFor();
    await window.page.waitForTimeout(700);
    await shot("compare light");
    assert.match(await verdict().innerText(), /lr 0\.03 ends best: validation accuracy .* 240 validation examples/s);
  });

  it("sorts its table, hides a curve and shows another figure", async () => {
    const head = panel().getByRole("button", { name: "optimizer.lr" });
    await head.click();
    assert.equal(
      await panel().locator("th", { hasText: "optimizer.lr" }).first().getAttribute("aria-sort"),
      "ascending",
    );
    assert.match(await panel().locator("table.runs tbody tr").first().innerText(), /slow/);
    await panel().locator(".legend .name", { hasText: "lr 0.003" }).click();
    await panel().locator('.legend .name[aria-pressed="false"]').waitFor();
    await panel().getByLabel("Figure").selectOption("loss");
    await verdict().filter({ hasText: "validation loss" }).waitFor();
    await panel().getByLabel("Over").selectOption("epoch");
    await panel().locator(".legend .name", { hasText: "lr 0.003" }).click();
    await panel().locator('.legend .name[aria-pressed="false"]').waitFor({ state: "detached" });
    await window.page.waitForTimeout(500);
    await window.theme("Dark Modern");
    await shot("compare dark");
    await window.theme("Dark High Contrast");
    await shot("compare high contrast");
    await window.theme("Light Modern");
  });

  it("follows a run that trains, from the Runs view", async () => {
    await closePanel();
    await window.openNotebook("comparing.dlnb");
    await window.runCell("const long");
    await charts().last().waitFor({ timeout: 30_000 });
    await window.command("dlnb: Focus on Runs View");
    const row = (name: string) => window.page.locator(".pane-body .monaco-list-row", { hasText: name }).first();
    await row("long").waitFor({ timeout: 20_000 });
    for (const name of ["fast", "slow"]) await row(name).click({ modifiers: ["Control"] });
    await row("long").click({ modifiers: ["Control"] });
    await row("long").click({ button: "right" });
    await window.page.getByRole("menuitem", { name: "Compare Runs" }).click();
    await panel().locator("table.runs").waitFor({ timeout: 20_000 });
    await panel().locator("table.runs tr", { hasText: "long" }).locator(".state", { hasText: "running" }).waitFor();
    const steps = async () => {
      const heads = await panel().locator("table.runs thead th").allInnerTexts();
      const cells = await panel().locator("table.runs tr", { hasText: "long" }).locator("th, td").allInnerTexts();
      return Number(cells[heads.findIndex((head) => head.includes("steps done"))]?.replaceAll(",", ""));
    };
    const first = await steps();
    assert.ok(await until(async () => (await steps()) > first), `it stays at ${first} steps`);
    await shot("compare live");
    await panel().locator(".parallel .line").first().focus();
    await window.page.waitForTimeout(300);
    await shot("compare parallel");
    assert.equal(await panel().locator(".parallel .line.picked").count(), 1);
  });

  it("comes back when the window is loaded again", async () => {
    await window.reload();
    await panel().locator("table.runs").waitFor({ timeout: 60_000 });
    await shot("compare after reload");
    assert.equal(await panel().locator("table.runs tbody tr").count(), 3);
  });
});

describe("comparing optimizers", () => {
  it("inserts the call below the experiment, runs it and shows who is better", async () => {
    await window.openNotebook("comparing.dlnb");
    await window.runCell("const moons");
    await window.idle();
    await window.command("dlnb: Compare Optimizers");
    await window.outputs
      .getByText(/ends? (best|alike)/)
      .first()
      .waitFor({ timeout: 60_000 });
    await window.idle();
    await window.page.waitForTimeout(700);
    await shot("compare optimizers");
    const text = await window.outputText();
    assert.match(text, /95 % interval of the difference/);
    assert.match(text, /learning rates, each the lowest within 2 %/);
  });

  it("overfits one batch and says that it passed", async () => {
    await window.command("dlnb: Overfit One Batch");
    await window.outputs.getByText("32 examples learnt by heart in").first().waitFor({ timeout: 60_000 });
    await window.idle();
    await shot("overfit one batch");
  });
});
