import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";
import { writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const cells = [
  `const moons = data.moons({ n: 600, noise: 0.25, seed: 3 }).split({ valid: 0.4, seed: 1 });
const exp = experiment({
  data: moons, model: nn.sequential(nn.linear(16), nn.tanh(), nn.linear(2)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: optim.adam({ lr: 0.003 }), batchSize: 32, seed: 1,
});`,
  "const grid = await exp.replicas({ seeds: 2, vary: { lr: [0.001, 0.01, 0.1], batchSize: [24, 48] }, epochs: 15 });",
  "const many = await exp.replicas({ seeds: 5, epochs: 30_000 });",
];

before(() => writeNotebook(server.workspace, "beside.dlnb", cells));

const row = (text: string | RegExp): Locator =>
  window.page.locator(".pane-body .customview-tree:visible .monaco-list-row", { hasText: text });

/** The page of the panel in front. */
const panel = (): FrameLocator =>
  window.page
    .frameLocator('iframe.webview.ready[src*="extensionId="]:visible')
    .last()
    .frameLocator("iframe#active-frame");

/** Only what trains has one. */
const strip = (): Locator => window.outputs.locator(".dlnb-live");

describe("replicas", () => {
  it("are one line of the Runs view with their runs inside, and compared with a click on it", async () => {
    await window.openNotebook("beside.dlnb");
    await window.runCell("const moons");
    await window.idle();
    await window.runCell("const grid");
    await window.idle();
    await window.command("dlnb: Focus on Runs View");
    await row(/replicas/)
      .first()
      .waitFor({ timeout: 20_000 });
    await window.page.waitForTimeout(800);
    await shot("replicas in the runs view");
    assert.match(
      (
        await row(/replicas/)
          .first()
          .innerText()
      ).replaceAll("\n", " "),
      /12 runs/,
    );
    await row(/replicas/)
      .first()
      .click();
    await panel().locator("table.runs").waitFor({ timeout: 20_000 });
    assert.equal(await panel().locator("table.runs tbody tr").count(), 12);
    await panel().locator("h1", { hasText: "paired t" }).waitFor();
    await shot("replicas compared");
  });

  it("are brushed along an axis by hand and by keys; curves and table follow", async () => {
    const end = panel().getByRole("slider", { name: /optimizer\.lr.*upper end/ });
    await end.scrollIntoViewIfNeeded();
    await end.focus();
    await window.page.keyboard.press("ArrowDown");
    await panel().getByText("8 of 12 runs selected").waitFor();
    await panel().locator("table.runs tbody tr").nth(8).waitFor({ state: "detached" });
    assert.equal(await panel().locator("table.runs tbody tr").count(), 8);
    await shot("compare brushed");
    await window.page.keyboard.press("Escape");
    await panel().locator("table.runs tbody tr").nth(11).waitFor();
    const strip = panel().locator(".brush .strip").first();
    await strip.scrollIntoViewIfNeeded();
    // the table above has its rows again
    await window.page.waitForTimeout(800);
    const box = await strip.boundingBox();
    assert.ok(box);
    await window.page.mouse.move(box.x + 11, box.y + box.height * 0.95);
    await window.page.mouse.down();
    await window.page.mouse.move(box.x + 11, box.y + box.height * 0.7, { steps: 4 });
    await window.page.mouse.up();
    await panel()
      .getByText(/^\d of 12 runs selected/)
      .waitFor();
    await shot("compare dragged");
    await panel().getByRole("button", { name: "Clear Selection" }).click();
    await panel().locator("table.runs tbody tr").nth(11).waitFor();
  });

  it("are grouped by a setting, in a panel of any width and theme, and inserted as a cell", async () => {
    await panel().getByLabel("One line for").selectOption({ label: "each optimizer.lr" });
    await panel().locator(".legend li").nth(3).waitFor({ state: "detached" });
    assert.equal(await panel().locator(".legend li").count(), 3);
    await panel().locator(".notes li", { hasText: "grouped by optimizer.lr" }).waitFor();
    await panel().locator("h1").scrollIntoViewIfNeeded();
    await window.theme("Dark Modern");
    await shot("compare grouped dark");
    await window.theme("Dark High Contrast");
    await panel().locator(".parallel").scrollIntoViewIfNeeded();
    await shot("compare parallel high contrast");
    const size = window.page.viewportSize();
    await window.page.setViewportSize({ width: 1010, height: 900 });
    await window.theme("Light Modern");
    await window.page.waitForTimeout(600);
    await panel().locator("h1").scrollIntoViewIfNeeded();
    await shot("compare narrow");
    await panel().locator(".parallel").scrollIntoViewIfNeeded();
    await shot("compare narrow parallel");
    if (size) await window.page.setViewportSize(size);
    await panel().getByRole("button", { name: "Insert into Notebook" }).click();
    await window.page.locator(".notebookOverlay .markdown-cell-row").first().waitFor({ state: "attached" });
    await window.page.waitForTimeout(1000);
    await shot("comparison as a cell");
    await window.command("Undo");
    await window.page.locator(".notebookOverlay .markdown-cell-row").first().waitFor({ state: "detached" });
  });

  it("are changed together from the strip under their chart, which is there again after a reload", async () => {
    await window.openNotebook("beside.dlnb");
    await window.runCell("const many");
    await strip().getByText("5 runs side by side").waitFor({ timeout: 60_000 });
    await window.command("dlnb: Focus on Runs View");
    await window.page.waitForTimeout(1500);
    await shot("replicas train");
    await strip().getByRole("button", { name: "÷3" }).click();
    await strip().getByRole("button", { name: "Pause" }).click();
    await strip().getByText("paused at step").waitFor();
    await row(/replicas.*paused/s)
      .first()
      .waitFor({ timeout: 10_000 });
    await shot("replicas paused");
    await window.reload();
    await window.reveal("const many");
    await strip().getByText("paused at step").waitFor({ timeout: 60_000 });
    await strip().getByRole("button", { name: "Resume" }).click();
    await strip()
      .getByText(/^epoch/)
      .waitFor();
    await strip().getByRole("button", { name: "Stop after epoch" }).click();
    await window.idle();
    await strip().waitFor({ state: "detached" });
    await shot("replicas stopped");
  });
});

describe("the Runs view", () => {
  it("is filtered while one types, and sorted", async () => {
    await window.command("dlnb: Focus on Runs View");
    await row(/replicas/)
      .first()
      .waitFor({ timeout: 20_000 });
    await window.command("dlnb: Filter Runs");
    const input = window.page.locator(".quick-input-widget:visible input").first();
    await input.fill("lr=0.1 batchSize=24");
    await window.page.keyboard.press("Enter");
    await window.page.waitForTimeout(800);
    await row(/replicas/)
      .first()
      .waitFor();
    assert.equal(await row(/replicas/).count(), 1);
    await shot("runs filtered");
    await window.command("dlnb: Show All Runs");
    await window.page.waitForTimeout(800);
    assert.equal(await row(/replicas/).count(), 2);
  });
});
