import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";
import { until } from "./browser.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

/** Large enough to train for as long as the walk looks at it. */
const LONG = `const wide = experiment({
  data: sets,
  model: nn.sequential(nn.linear(256), nn.relu(), nn.linear(256), nn.relu(), nn.linear(10)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: optim.sgd({ lr: 0.003 }), batchSize: 64, seed: 1,
});
const long = await wide.fit({ epochs: 20000, instruments: "economy" });`;

before(() => {
  writeNotebook(server.workspace, "runs.dlnb", [...digits(12).slice(0, 2), LONG]);
});

const folder = () => join(server.workspace, ".dlnb/runs/runs");
const runsOnDisk = () => (existsSync(folder()) ? readdirSync(folder()).sort() : []);

/** Empty where none has been begun. */
function log(run: string): string {
  const path = join(folder(), run, "log.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Waits for `count` runs, each of which has ended. */
async function ended(count: number): Promise<void> {
  const ended = (run: string) => log(run).includes('"event":"end"');
  const all = await until(() => runsOnDisk().length === count && runsOnDisk().every(ended), 60_000);
  assert.ok(all, `there are ${runsOnDisk().length} runs instead of ${count}, or not all have ended`);
}

const view = (): Locator => window.page.locator(".pane-body .customview-tree:visible").first();
const row = (text: string | RegExp): Locator => view().locator(".monaco-list-row", { hasText: text });

/** The page of the run that is in front. */
const panel = (): FrameLocator =>
  window.page
    .locator('iframe.webview.ready[src*="extensionId=dlnb.dlnb"]')
    .locator("visible=true")
    .last()
    .contentFrame()
    .frameLocator("iframe#active-frame");

async function section(name: string): Promise<Locator> {
  await panel().getByRole("tab", { name }).click();
  const part = panel().getByRole("tabpanel", { name });
  await part.waitFor();
  await window.page.waitForTimeout(700);
  return part;
}

describe("the Runs view", () => {
  it("shows two runs of an experiment with a metric and a curve each", async () => {
    await window.openNotebook("runs.dlnb");
    await window.runCell("const digits");
    await window.idle();
    for (const count of [1, 2]) {
      await window.runCell("const run");
      await ended(count);
      await window.idle();
    }
    await window.page.locator(".activitybar .action-label[aria-label^=dlnb]").click();
    await row(/accuracy 0\.\d+.*[▁▂▃▄▅▆▇█]{4}.*finished/)
      .nth(1)
      .waitFor({ timeout: 20_000 });
    await row("runs.dlnb").waitFor();
    await row(/^exp/).waitFor();
    await row(/finished/)
      .first()
      .hover();
    await window.page.waitForTimeout(1500);
    await shot("runs view");
  });
});

describe("the panel of a run", () => {
  it("opens while it trains, with its curve growing", async () => {
    await window.runCell("const wide");
    await row(/epoch \d+ of .* running/).waitFor({ timeout: 30_000 });
    await shot("runs view while one trains");
    await row(/epoch \d+ of .* running/).click();
    const figure = panel().getByRole("tabpanel", { name: "Curves" }).locator("figure.dlnb-chart");
    await figure.waitFor({ timeout: 20_000 });
    const rows = async () => Number(await figure.getAttribute("data-rows"));
    // neighbours become one where there are too many, so that it may also become shorter
    const before = await rows();
    assert.ok(await until(async () => (await rows()) !== before, 30_000), "the curve did not grow");
    await panel().getByRole("button", { name: /Pause/ }).waitFor();
    await shot("run panel while it trains");
  });

  it("has statistics, configuration, log, checkpoints and notes", async () => {
    const statistics = await section("Statistics");
    await statistics.locator("figure.dlnb-chart").waitFor({ timeout: 20_000 });
    await statistics.locator("figure.dlnb-chart").locator("svg, canvas").first().waitFor();
    await shot("run panel statistics");
    const configuration = await section("Configuration");
    assert.match(await configuration.innerText(), /sgd\(\{ lr: 0\.003/);
    assert.match(await configuration.innerText(), /linear\s+10\s+2,570/);
    await shot("run panel configuration");
    const log = await section("Log");
    assert.match(await log.getByRole("table").innerText(), /epoch \d+: training loss/);
    await shot("run panel log");
    const checkpoints = await section("Checkpoints");
    await checkpoints.getByRole("button", { name: "Restore" }).first().waitFor({ timeout: 30_000 });
    await shot("run panel checkpoints");
    const notes = await section("Notes");
    await notes.getByRole("textbox").fill("the first one that learnt");
    await notes.getByText("Saved").waitFor({ timeout: 5000 });
    await notes.getByRole("textbox").pressSequentially(", and more");
    await notes.getByText("Saved").waitFor({ timeout: 5000 });
    await shot("run panel notes");
    await notes.getByRole("textbox").pressSequentially(" than most");
  });

  it("is there again with its notes after the window was reloaded at once", async () => {
    await window.reload();
    await panel().getByRole("tab", { name: "Notes" }).waitFor({ timeout: 60_000 });
    const text = (await section("Notes")).getByRole("textbox");
    await panel().getByText("running", { exact: true }).waitFor({ timeout: 30_000 });
    await until(async () => (await text.inputValue()).endsWith("most"), 5000);
    assert.equal(await text.inputValue(), "the first one that learnt, and more than most");
    assert.equal(
      readFileSync(join(folder(), runsOnDisk().at(-1) ?? "", "notes.md"), "utf8"),
      "the first one that learnt, and more than most",
    );
    await section("Curves");
    await panel().locator("figure.dlnb-chart[data-live=true]").waitFor({ timeout: 20_000 });
    await window.page.locator(".notebook-toolbar-container:visible").getByRole("button", { name: "Interrupt" }).click();
    await ended(3);
    await panel().locator("figure.dlnb-chart[data-live=false]").waitFor({ timeout: 20_000 });
    await panel().getByText("interrupted").first().waitFor();
    await shot("run panel after a reload");
  });

  it("is legible in all themes", async () => {
    for (const theme of ["Light Modern", "Dark High Contrast", "Dark Modern"]) {
      await window.theme(theme);
      await shot(`run panel ${theme}`);
    }
  });
});

describe("deleting a run", () => {
  it("asks with the size, removes the folder and its line", async () => {
    const before = runsOnDisk().length;
    await row(/finished/)
      .last()
      .click({ button: "right" });
    // a menu takes no click in its first moments
    await window.page.waitForTimeout(700);
    await window.page.locator(".context-view .action-label", { hasText: "Delete Run" }).click();
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.waitFor({ timeout: 10_000 });
    assert.match(await dialog.innerText(), /Delete .* \(\d[\d.]* kB\)\?/);
    await shot("deleting a run");
    await dialog.getByRole("button", { name: "Move to Trash" }).click();
    // this host has no trash
    await window.page.locator(".monaco-dialog-box").getByRole("button", { name: "Delete Permanently" }).click();
    await row(/finished/)
      .nth(1)
      .waitFor({ state: "detached", timeout: 10_000 });
    assert.equal(runsOnDisk().length, before - 1);
    assert.equal(await row(/finished/).count(), 1);
    await row(/interrupted/).waitFor();
    await shot("after a run was deleted");
  });
});
