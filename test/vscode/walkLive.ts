import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { before, describe, it } from "mocha";
import { until } from "./browser.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { charts, server, shot, window } from "./walkWindow.ts";

const fit = `const run = await exp.fit({
  epochs: 200_000,
  schedule: schedule.cosine(), // to 0
});`;

before(() => {
  const [load = "", , after = ""] = digits(1);
  writeNotebook(server.workspace, "live.dlnb", [load, fit, after]);
});

const strip = () => window.outputs.locator(".dlnb-live");
const said = () => strip().locator(".where");
const mark = (text: string) => charts().first().locator("svg text", { hasText: text });
const stepOf = async () => Number(/step ([\d,]+)/.exec(await said().innerText())?.[1]?.replaceAll(",", ""));

/** The changes that the run's log tells of. */
function changes(): { step: number; change: { do: string; value?: number } }[] {
  const runs = join(server.workspace, ".dlnb/live/runs");
  const log = readFileSync(join(runs, readdirSync(runs).sort()[0] as string, "log.jsonl"), "utf8");
  return log
    .split("\n")
    .filter((line) => line.startsWith('{"event":"control"'))
    .map((line) => JSON.parse(line));
}

describe("a fit that is changed while it trains", () => {
  it("has its controls under its title, in the notebook", async () => {
    await window.openNotebook("live.dlnb");
    await window.runCell("const digits");
    await window.outputs.getByText("defined").waitFor({ timeout: 30_000 });
    await window.runCell("const run");
    await strip().waitFor({ timeout: 30_000 });
    await sleep(1500);
    await shot("live strip");
    assert.match(await said().innerText(), /epoch [\d,]+ of 200,000/);
  });

  it("takes a rate from the palette, which is marked on the curve", async () => {
    await window.command("dlnb: Set Learning Rate of the Running Fit");
    const input = window.page.locator(".quick-input-widget input").first();
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "÷10" }).waitFor();
    await input.fill("fast");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "is not a number" }).waitFor();
    await shot("live rate that is none");
    await input.fill("3e-4");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "Set to 3e-4" }).waitFor();
    await shot("live rate from the palette");
    await window.page.keyboard.press("Enter");
    await mark("lr 3e-4").waitFor({ timeout: 10_000 });
    await shot("live rate set");
    assert.deepEqual(changes()[0]?.change, { do: "set-lr", value: 3e-4 });
  });

  it("takes a rate from its strip", async () => {
    const field = strip().getByLabel("learning rate");
    await field.fill("none");
    await strip().getByRole("alert").getByText("is not a number").waitFor();
    await field.fill("2e-3");
    await field.press("Enter");
    await mark("lr 2e-3").waitFor({ timeout: 10_000 });
    assert.equal(changes()[1]?.change.value, 2e-3);
  });

  it("pauses, and its rest is drawn by mouse and keys while it waits", async () => {
    await strip().getByRole("button", { name: "Pause" }).click();
    await said()
      .getByText(/paused at step [\d,]+ of/)
      .waitFor({ timeout: 5000 });
    const step = await stepOf();
    await window.page
      .getByText(/paused at step [\d,]+ of/)
      .first()
      .waitFor({ timeout: 5000 });
    await shot("live paused");
    await strip().getByRole("button", { name: "Schedule..." }).click();
    const points = strip().getByRole("slider");
    await points.first().waitFor();
    await shot("live schedule");
    const box = await points.nth(1).boundingBox();
    assert.ok(box);
    await window.page.mouse.move(box.x + 6, box.y + 6);
    await window.page.mouse.down();
    await window.page.mouse.move(box.x - 60, box.y + 40, { steps: 5 });
    await window.page.mouse.up();
    await window.page.keyboard.press("ArrowUp");
    await window.page.keyboard.press("Shift+ArrowRight");
    await shot("live schedule drawn");
    for (const theme of ["Dark Modern", "Dark High Contrast"]) {
      await window.theme(theme);
      await shot(`live schedule ${theme}`);
    }
    await window.theme("Light Modern");
    assert.equal(await stepOf(), step);
    await strip().getByRole("button", { name: "Apply" }).click();
    await strip().locator(".dlnb-schedule").waitFor({ state: "detached" });
    // the page closes its editor before the kernel has answered
    await until(() => changes().at(-1)?.change.do === "set-schedule", 5000);
    assert.equal(changes().at(-1)?.change.do, "set-schedule");
  });

  it("goes on from the toolbar, and stops after its epoch", async () => {
    await window.toolbar("Resume Training").click();
    await said()
      .getByText(/^epoch/)
      .waitFor({ timeout: 5000 });
    await mark("drawn lr").waitFor({ timeout: 10_000 });
    await sleep(1000);
    await shot("live goes on");
    await window.command("dlnb: Stop after Epoch");
    await window.idle(20_000);
    await strip().waitFor({ state: "detached" });
    await shot("live stopped");
    assert.deepEqual(
      changes().map(({ change }) => change.do),
      ["set-lr", "set-lr", "pause", "set-schedule", "resume", "stop-after-epoch"],
    );
  });
});

describe("a click on the curve", () => {
  const pick = () => window.outputs.locator(".dlnb-pick");

  it("offers the nearest checkpoint, and a branch is a cell to look over", async () => {
    const plot = charts().first().locator(".dlnb-plot");
    const box = await plot.boundingBox();
    assert.ok(box);
    await plot.click({ position: { x: box.width * 0.7, y: 60 } });
    await pick().waitFor();
    await shot("live pick");
    await pick()
      .getByRole("button", { name: /^Branch from step/ })
      .click();
    const cell = window.page.locator(".code-cell-row", { hasText: "const branch" });
    await cell.waitFor({ timeout: 10_000 });
    await shot("live branch");
    const text = (await cell.locator(".view-lines").innerText()).replaceAll("\u00a0", " ");
    assert.match(text, /resume: "\.dlnb\/live\/runs\/[\w-]+\/checkpoints\/step-\d+\.safetensors"/);
    assert.match(text, /to 0/);
  });

  it("restores a run by keyboard in a cell that runs", async () => {
    await window.reveal("const run");
    const plot = charts().first().locator(".dlnb-plot");
    await plot.focus();
    await window.page.keyboard.press("Home");
    await window.page.keyboard.press("Enter");
    await pick().waitFor();
    await shot("live pick by keyboard");
    await window.page.keyboard.press("Enter");
    await window.outputs.getByText(/loaded from/).waitFor({ timeout: 20_000 });
    await shot("live restored");
  });

  it("is there from the palette too, with a list of checkpoints", async () => {
    await window.command("dlnb: Branch from Checkpoint");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "run 1" }).first().click();
    await window.page
      .locator(".quick-input-list .monaco-list-row", { hasText: "last state" })
      .waitFor({ timeout: 10_000 });
    await shot("live checkpoints");
    await window.page.keyboard.press("Escape");
  });
});

describe("commands on a run under way", () => {
  it("say that nothing trains", async () => {
    for (const title of ["Pause Training", "Resume Training", "Set Learning Rate of the Running Fit"]) {
      await window.command(`dlnb: ${title}`);
      await window.toasts().getByText("Nothing trains now").waitFor({ timeout: 5000 });
      await window.command("Notifications: Clear All Notifications");
    }
  });
});
