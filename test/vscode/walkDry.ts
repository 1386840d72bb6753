import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { Locator } from "playwright-core";
import { writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const load = `const digits = await data.csv("data/digits.csv", { target: "y" });
const sets = digits.reshape([1, 8, 8]).split({ valid: 0.1, test: 0.2, seed: 7 }).normalize({ scale: 1 / 16 });`;

const model = `const block = (channels: number) => nn.sequential(
  nn.conv2d(channels, { kernelSize: 3, padding: 1 }), nn.batchNorm(), nn.relu(), nn.maxPool2d(2));

const exp = experiment({
  data: sets,
  model: nn.sequential(
    block(16),
    block(32),
    nn.flatten(),
    nn.linear(10)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: optim.adam({ lr: 1e-3 }), batchSize: 64, seed: 1,
});`;

const range = "const mask = nn.dropout(0.3);";
const endless = "for (let i = 0; i >= 0; i++) Math.sqrt(i);";

before(() => {
  writeNotebook(server.workspace, "dry.dlnb", [load, model, range]);
  writeNotebook(server.workspace, "endless.dlnb", [endless, load, model]);
});

const hint = (cell: Locator, text: string): Locator => cell.locator(".view-line span", { hasText: text }).last();
const squiggles = (cell: Locator): Locator => cell.locator(".squiggly-error");

/** Puts the caret at the end of the line that holds `text`. */
async function endOf(cell: Locator, text: string): Promise<void> {
  await cell
    .locator(".view-line", { hasText: text })
    .first()
    .click({ position: { x: 40, y: 8 } });
  await window.page.keyboard.press("End");
}

/** Chooses an entry of the quick fixes at the caret. */
async function fix(title: string): Promise<void> {
  const entry = window.page.locator(".action-widget .monaco-list-row", { hasText: title });
  await window.page.keyboard.press("Control+.");
  await entry.waitFor({ timeout: 30_000 });
  await shot(`dry fix ${title}`);
  await entry.click();
}

describe("help before anything runs", () => {
  it("writes behind every layer what comes out of it and how many parameters it has", async () => {
    await window.openNotebook("dry.dlnb");
    const cell = window.codeCell("const block");
    await hint(cell, "→ 10 · 1,290").waitFor({ timeout: 60_000 });
    await hint(cell, "1×8×8 → 10 · 6,186 parameters").waitFor();
    await hint(cell, "2 layers: 16×8×8 · 160, 32×4×4 · 4,640").waitFor();
    assert.equal(await squiggles(cell).count(), 0);
    for (const theme of ["Light Modern", "Dark High Contrast", "Dark Modern"]) {
      await window.theme(theme);
      await shot(`dry hints ${theme}`);
    }
  });

  it("marks a value outside of its range as soon as it is typed, and mends it", async () => {
    const cell = window.codeCell("const mask");
    await endOf(cell, "const mask");
    const { keyboard } = window.page;
    for (let i = 0; i < 2; i++) await keyboard.press("ArrowLeft");
    for (let i = 0; i < 3; i++) await keyboard.press("Backspace");
    await keyboard.type("30");
    await squiggles(cell).first().waitFor({ timeout: 10_000 });
    await shot("dry range");
    await fix("Change 30 to 0.3");
    await cell.locator(".view-line", { hasText: "dropout(0.3)" }).waitFor({ timeout: 5000 });
    await squiggles(cell).first().waitFor({ state: "detached", timeout: 10_000 });
    await keyboard.press("Control+Z");
    await cell.locator(".view-line", { hasText: "dropout(30)" }).waitFor({ timeout: 5000 });
    await squiggles(cell).first().waitFor({ timeout: 10_000 });
  });

  it("marks the layer that does not fit, and puts in what is missing", async () => {
    const cell = window.codeCell("const block");
    await endOf(cell, "nn.flatten()");
    const { keyboard } = window.page;
    await keyboard.press("Shift+Home");
    await keyboard.press("Backspace");
    await squiggles(cell).first().waitFor({ timeout: 10_000 });
    await shot("dry shape");
    await endOf(cell, "nn.linear(10)");
    for (let i = 0; i < 5; i++) await keyboard.press("ArrowLeft");
    for (const theme of ["Light Modern", "Dark High Contrast", "Dark Modern"]) {
      await window.theme(theme);
      await shot(`dry shape ${theme}`);
    }
    await endOf(cell, "nn.linear(10)");
    for (let i = 0; i < 5; i++) await keyboard.press("ArrowLeft");
    await squiggles(cell).first().waitFor({ timeout: 10_000 });
    await fix("nn.flatten()");
    await cell.locator(".view-line", { hasText: "nn.flatten(), nn.linear(10)" }).waitFor({ timeout: 5000 });
    await squiggles(cell).first().waitFor({ state: "detached", timeout: 10_000 });
    await hint(cell, "→ 10 · 1,290").waitFor({ timeout: 10_000 });
  });

  it("goes on beside a cell that would never end", async () => {
    await window.openNotebook("endless.dlnb");
    const cell = window.codeCell("const block");
    await hint(cell, "→ 10 · 1,290").waitFor({ timeout: 60_000 });
    await shot("dry endless");
    assert.equal(await squiggles(cell).count(), 0);
  });
});
