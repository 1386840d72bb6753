import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "mocha";
import type { Workbench } from "./browser.ts";
import { writeNotebook } from "./notebooks.ts";
import { another, charts, server, shot, window } from "./walkWindow.ts";

const ticking = [
  "const kept = 42;",
  'for (let i = 0; i < 600; i++) {\n  console.log("tick", i);\n  await new Promise((next) => setTimeout(next, 500));\n}',
  'console.log("the kernel has", kept);',
];
const kept = (...path: string[]) => join(server.workspace, ".dlnb", ...path);

/** Answers the dialog that saves a notebook. */
async function saveTo(name: string): Promise<void> {
  const widget = window.page.locator(".quick-input-widget");
  const box = widget.locator("input").first();
  await box.waitFor();
  // it fills itself in when the folder has been read
  await window.page.waitForTimeout(1500);
  await box.fill(join(server.workspace, name));
  await window.page.waitForTimeout(1000);
  await widget.getByRole("button", { name: "OK" }).click();
  await window.page.getByRole("tab", { name }).waitFor();
}

const ticks = async (shown: Workbench): Promise<number> =>
  Math.max(...[...(await shown.outputText()).matchAll(/tick (\d+)/g)].map(([, n]) => Number(n)));

/** Waits until the running cell says more than it has said by now. */
async function goesOn(shown: Workbench): Promise<void> {
  await shown.outputs
    .getByText(/tick \d+/)
    .first()
    .waitFor({ timeout: 20_000 });
  const before = await ticks(shown);
  for (let tries = 0; tries < 40 && (await ticks(shown)) <= before; tries++) await shown.page.waitForTimeout(250);
  assert.ok((await ticks(shown)) > before);
}

describe("nothing is lost when a notebook", () => {
  it("gets its first file: the curve, the runs and the variables come along", async () => {
    await window.command("dlnb: New Notebook");
    await window.page.locator(".notebook-toolbar-container:visible").waitFor();
    await window.runAll();
    await window.idle();
    await charts().first().waitFor();
    await window.page.keyboard.press("Control+KeyS");
    await saveTo("mine.dlnb");
    await charts().first().waitFor({ timeout: 20_000 });
    await shot("keep 1 saved");
    assert.equal(readdirSync(kept("mine", "runs")).length, 1);
    await window.runCell("exp.fit");
    await window.toolbar("Interrupt").waitFor();
    await window.idle();
    assert.equal(readdirSync(kept("mine", "runs")).length, 2);
  });

  it("is renamed while a cell runs, which goes on under the new name", async () => {
    writeNotebook(server.workspace, "tick.dlnb", ticking);
    await window.openNotebook("tick.dlnb");
    await window.runAll();
    await window.outputs.getByText("tick 2").waitFor({ timeout: 30_000 });
    await window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "tick.dlnb" }).click();
    await window.page.keyboard.press("F2");
    await window.page.waitForTimeout(500);
    await window.page.keyboard.press("Control+A");
    await window.page.keyboard.type("tock.dlnb");
    await window.page.keyboard.press("Enter");
    await window.page.getByRole("tab", { name: "tock.dlnb" }).waitFor();
    await goesOn(window);
    await shot("keep 2 renamed");
    assert.ok(existsSync(kept("tock")) && !existsSync(kept("tick")));
  });

  it("is saved under another name, which shows the same and has the kernel", async () => {
    await window.codeCell("const kept").locator(".view-line").first().click();
    await window.page.keyboard.press("Control+Shift+KeyS");
    await saveTo("copy.dlnb");
    await goesOn(window);
    await shot("keep 3 saved as");
    assert.ok(existsSync(kept("tock", "outputs")) && existsSync(kept("copy", "outputs")));
  });

  it("is open in two windows: the second one asks before it runs a cell, and takes the kernel over", async () => {
    const second = await another();
    await second.openNotebook("copy.dlnb");
    await second.runCell("the kernel has");
    const use = second.page.locator(".monaco-dialog-box").getByRole("button", { name: "Use It Here" });
    await use.waitFor({ timeout: 20_000 });
    await shot("keep 4 two windows", second);
    await use.click();
    await goesOn(second);
    await window.outputs.getByText(/another window has taken the kernel over/).waitFor();
    await second.interrupt();
    await second.runCell("the kernel has");
    await second.outputs.getByText("the kernel has 42").waitFor();
    await second.close();
  });
});
