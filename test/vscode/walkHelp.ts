import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { FrameLocator } from "playwright-core";
import { writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const define = `const sets = data.moons({ n: 400, seed: 1 }).split({ valid: 0.2, seed: 1 });
const exp = experiment({
  data: sets,
  model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(2)),
  loss: loss.crossEntropy(), optimizer: optim.adamw({ lr: 1e-2 }), batchSize: 32, seed: 1,
});`;
const train = "const run = await exp.fit({ epochs: 30 });";
const plan = "const plan = ;";

before(() => {
  writeNotebook(server.workspace, "help.dlnb", [define, train, plan]);
  writeNotebook(server.workspace, "snippets.dlnb", [define, "const plan = ;"]);
});

/** The code cells of the notebook in front, as its file has them once it is saved. */
async function saved(name: string): Promise<string[]> {
  await window.page.keyboard.press("Control+S");
  await window.page.locator(".tab:not(.dirty)", { hasText: name }).first().waitFor({ timeout: 10_000 });
  const file = readFileSync(join(server.workspace, name), "utf8");
  return [...file.matchAll(/```ts \{#\S+\}\n([\s\S]*?)\n```/g)].map(([, text]) => text ?? "");
}

/** Puts the cursor right behind some text of a cell. */
async function cursorBehind(cell: string, text: string): Promise<void> {
  const line = window.codeCell(cell).locator(".view-line", { hasText: text }).first();
  await line.click({ position: { x: 5, y: 5 } });
  const whole = [define, train, plan].flatMap((one) => one.split("\n")).find((one) => one.includes(text)) ?? "";
  await window.page.keyboard.press("Home");
  for (let i = whole.search(/\S/); i < whole.indexOf(text) + text.length; i++)
    await window.page.keyboard.press("ArrowRight");
}

const gallery = (): FrameLocator =>
  window.page
    .frameLocator('iframe.webview.ready[src*="extensionId=dlnb.dlnb"]')
    .last()
    .frameLocator("iframe#active-frame");

describe("inline help", () => {
  it("offers a schedule by a guessed prefix, with its code, and puts it there", async () => {
    await window.openNotebook("snippets.dlnb");
    await cursorBehind("const plan", "plan = ");
    await window.page.keyboard.type("sched-onecyc", { delay: 40 });
    const rows = window.page.locator(".suggest-widget.visible .monaco-list-row");
    await rows.filter({ hasText: "sched-one-cycle" }).first().waitFor({ timeout: 15_000 });
    await shot("snippet by prefix");
    assert.match(await rows.first().innerText(), /sched-one-cycle/);
    await window.page.keyboard.press("Tab");
    await window.page.locator(".code-cell-row .view-lines", { hasText: "maxLr: 0.01" }).waitFor({ timeout: 5000 });
    await window.page.keyboard.press("Escape");
    await shot("snippet inserted");
    assert.match((await saved("snippets.dlnb"))[1] ?? "", /^const plan = schedule\.oneCycle\(\{\n\s+maxLr: 0\.01/);
  });

  it("draws what a name does where the mouse rests on it", async () => {
    await window.openNotebook("help.dlnb");
    await window.theme("Dark Modern");
    await hover("dark");
  });

  it("tells of a method what it does, takes and gives, with an example", async () => {
    await window.openNotebook("help.dlnb");
    await window.codeCell("exp.fit").locator(".view-line span span", { hasText: /^fit$/ }).first().hover();
    const said = window.page.locator(".monaco-hover:visible", { hasText: "Trains the experiment" }).first();
    await said.waitFor({ timeout: 15_000 });
    const text = await said.innerText();
    for (const part of ["fit({ ... }): Promise<Run>", "epochs", "earlyStopping"]) assert.ok(text.includes(part), text);
    await shot("hover of a method");
    await window.page.keyboard.press("Escape");
  });
});

/** Rests the mouse on the optimizer until its hover shows a drawing. */
async function hover(theme: string): Promise<void> {
  const adamw = window.codeCell("experiment").locator(".view-line span span", { hasText: "adamw" }).first();
  await window.codeCell("experiment").locator(".view-line").first().hover();
  await adamw.hover();
  const picture = window.page.locator(".monaco-hover:visible img").first();
  await picture.waitFor({ timeout: 15_000 });
  const size = await picture.evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]);
  assert.deepEqual(size, [300, 124]);
  await shot(`hover ${theme}`);
  await window.page.keyboard.press("Escape");
}

describe("pickers", () => {
  it("show every schedule with its curve for this run, and put it where it belongs", async () => {
    await window.openNotebook("help.dlnb");
    await window.runCell("experiment");
    await window.idle();
    await cursorBehind("exp.fit", "epochs: 30");
    await window.command("dlnb: Insert Schedule...");
    const page = gallery();
    await page.getByRole("option", { name: /oneCycle/ }).waitFor({ timeout: 20_000 });
    await page.getByText(/This run: 300 steps, 10 an epoch/).waitFor({ timeout: 20_000 });
    await shot("picker schedules dark");
    await page.getByRole("searchbox").fill("cosine");
    await page
      .getByRole("option", { name: /warmRestarts/ })
      .or(page.getByRole("option", { name: /cosine/ }))
      .first()
      .waitFor();
    await page.getByRole("option", { name: /^cosine/ }).click();
    await page.getByLabel("etaMin", { exact: true }).fill("1e-3");
    await page.locator("pre", { hasText: "schedule.cosine({ etaMin: 1e-3 })" }).waitFor({ timeout: 10_000 });
    await shot("picker schedule chosen");
    await page.getByLabel("etaMin", { exact: true }).fill("-1");
    await page.getByText(/etaMin = -1 is outside/).waitFor({ timeout: 10_000 });
    await page.getByLabel("etaMin", { exact: true }).fill("1e-3");
    await page
      .getByText(/outside/)
      .waitFor({ state: "detached", timeout: 10_000 })
      .catch(() => undefined);
    await page.getByRole("button", { name: "Insert" }).click();
    await window.page.locator(".code-cell-row .view-lines", { hasText: "etaMin: 1e-3" }).waitFor({ timeout: 10_000 });
    await shot("picker schedule inserted");
    const written = "const run = await exp.fit({ epochs: 30, schedule: schedule.cosine({ etaMin: 1e-3 }) });";
    assert.equal((await saved("help.dlnb"))[1], written);
    assert.equal(await window.page.locator(".tab", { hasText: "help" }).count(), 1);
    await window.page.keyboard.press("Control+Z");
    assert.equal((await saved("help.dlnb"))[1], train);
  });

  it("show the weights of initializers, and give one to the layer under the cursor by keyboard alone", async () => {
    for (const theme of ["Light Modern", "Dark High Contrast"]) {
      await window.theme(theme);
      await hover(theme);
      await cursorBehind("experiment", "nn.linear(16");
      await window.command("dlnb: Insert Initializer...");
      const page = gallery();
      await page.getByRole("option", { name: /kaimingNormal/ }).waitFor({ timeout: 20_000 });
      await page.getByText(/Weights \[64, 32\]/).waitFor({ timeout: 20_000 });
      await page.getByRole("searchbox").fill("kaiming");
      await page.getByText("2 found").waitFor({ timeout: 5000 });
      await shot(`picker initializers ${theme}`);
      if (theme === "Light Modern") {
        await page.getByRole("searchbox").press("Escape");
        await window.page
          .locator(".tab", { hasText: "Insert Initializer" })
          .waitFor({ state: "detached", timeout: 10_000 });
        await window.page.waitForTimeout(500);
      } else await page.getByRole("searchbox").press("Enter");
    }
    await window.page
      .locator(".code-cell-row .view-lines", { hasText: "weight: init.kaimingNormal" })
      .waitFor({ timeout: 10_000 });
    assert.match(
      (await saved("help.dlnb"))[0] ?? "",
      /nn\.linear\(16, \{ weight: init\.kaimingNormal\(\) \}\), nn\.relu/,
    );
    await window.theme("Dark Modern");
  });
});

describe("notebooks to begin with", () => {
  const list = () => window.page.locator(".quick-input-list .monaco-list-row");

  it("come from templates, and run as they come", async () => {
    await window.openNotebook("snippets.dlnb");
    await window.command("dlnb: New Experiment from Template...");
    await list().filter({ hasText: "MLP on a table" }).first().waitFor({ timeout: 10_000 });
    await shot("templates");
    await list().filter({ hasText: "Regression" }).first().click();
    await window.page.locator(".code-cell-row .view-lines", { hasText: "data.friedman" }).waitFor({ timeout: 15_000 });
    await window.page.locator(".notebook-toolbar-container:visible .kernel-label", { hasText: "dlnb" }).waitFor();
    await window.runAll();
    await window.idle(60_000);
    await shot("template ran");
    assert.equal(await window.page.locator(".notebookOverlay .codicon-notebook-state-error").count(), 0);
  });

  it("come from examples, copied with their data", async () => {
    await window.command("dlnb: Open Examples");
    await list().filter({ hasText: "Tour" }).first().waitFor({ timeout: 10_000 });
    await shot("examples");
    await window.page.locator(".quick-input-widget input").first().fill("Tensors and");
    await list().filter({ hasText: "Tensors and derivatives" }).first().click();
    await list().filter({ hasText: "dlnb-examples" }).first().click();
    await window.page.locator(".tab.active", { hasText: "tensors.dlnb" }).waitFor({ timeout: 15_000 });
    await window.codeCell("tensor(").waitFor({ timeout: 15_000 });
    await shot("example opened");
    assert.ok(existsSync(join(server.workspace, "dlnb-examples", "tensors.dlnb")));
    assert.ok(existsSync(join(server.workspace, "dlnb-examples", "data", "iris.csv")));
  });
});
