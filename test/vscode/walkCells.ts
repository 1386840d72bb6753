import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { Locator } from "playwright-core";
import { digits, writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

const cells = [
  "const factor = 2;",
  `const digits = await data.csv("data/digits.csv", { target: "y" });
const sets = digits.split({ valid: 0.1, test: 0.2, seed: 7 }).normalize("standardize");`,
  `const exp = experiment({
  data: sets, model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(10)),
  loss: loss.crossEntropy(), optimizer: optim.adam({ lr: 1e-3 }), batchSize: 64, seed: 1,
});`,
  'console.log("twice", 21 * factor);',
];

const names = `const t = tensor([[1, 2, 3], [4, 5, 6]]);
const long = Array.from({ length: 250 }, (_, i) => i * i);
const config = { lr: 1e-3, nested: { deep: [1, 2, 3] } };
const trap = new Proxy({}, { get() { for (;;); } });
function double(x: number) { return 2 * x }`;

/** A helper file, and cells that fail in it and in each other. */
const failing = [
  'import { deep } from "./helper.ts";\nconst early = 1;',
  "function outer() {\n  return deep(() => nosuch());\n}",
  "const result = outer();",
];

before(() => {
  writeFileSync(
    join(server.workspace, "helper.ts"),
    "// a file of the user's\nexport function deep(f: () => unknown): unknown {\n  return f();\n}\n",
  );
  writeNotebook(server.workspace, "failing.dlnb", failing);
  writeNotebook(server.workspace, "upside-down.dlnb", ["later + 1", "const later = 41;"]);
  writeNotebook(server.workspace, "cells.dlnb", cells);
  writeNotebook(server.workspace, "names.dlnb", [...cells, names]);
  writeNotebook(server.workspace, "status.dlnb", digits(60_000));
});

/** What is said under the cell that holds `text`, once it is. */
const mark = (text: string, words: string | RegExp): Locator =>
  window.codeCell(text).locator(".cell-status-item", { hasText: words });

const marks = () =>
  window.page.locator(".notebookOverlay .cell-status-item", { hasText: /stale|not run in this kernel/ });

/** Puts the cursor at the end of the line that holds `text`. */
async function endOf(text: string): Promise<void> {
  await window.codeCell(text).locator(".view-line", { hasText: text }).first().click();
  await window.page.keyboard.press("End");
}

describe("cells that do not lie", () => {
  it("are unmarked after all have run", async () => {
    await window.openNotebook("cells.dlnb");
    await window.runAll();
    await window.idle();
    await window.outputs.getByText("twice 42").waitFor();
    await window.page.waitForTimeout(1000);
    assert.equal(await marks().count(), 0);
  });

  it("say that they are stale when something they use has changed, and why", async () => {
    await endOf("const factor");
    await window.page.keyboard.press("ArrowLeft");
    await window.page.keyboard.press("Backspace");
    await window.page.keyboard.type("3");
    await mark("const factor", "stale: edited since it ran").waitFor({ timeout: 10_000 });
    await mark("twice", "stale: cell 1, which defines factor, was edited since").waitFor({ timeout: 10_000 });
    assert.equal(await marks().count(), 2);
    await shot("cells stale");
  });

  it("are fresh again when the edit is taken back, and by a comment they stay so", async () => {
    await window.page.keyboard.press("Backspace");
    await window.page.keyboard.type("2");
    await marks().first().waitFor({ state: "detached", timeout: 10_000 });
    await window.page.keyboard.press("End");
    await window.page.keyboard.type(" // a comment");
    await window.page.waitForTimeout(1500);
    assert.equal(await marks().count(), 0);
  });

  it("run when they are stale, and no others", async () => {
    for (let i = 0; i < " // a comment".length + 2; i++) await window.page.keyboard.press("Backspace");
    await window.page.keyboard.type("5;");
    await mark("twice", "stale").waitFor({ timeout: 10_000 });
    await window.toolbar("Run Stale Cells").waitFor({ timeout: 10_000 });
    await window.command("dlnb: Run Stale Cells");
    await window.outputs.getByText("twice 105").waitFor({ timeout: 20_000 });
    await window.idle();
    await marks().first().waitFor({ state: "detached", timeout: 10_000 });
    const orders = await window.page.locator(".notebookOverlay .execution-count-label:visible").allInnerTexts();
    assert.deepEqual(
      orders.filter((order) => /\d/.test(order)),
      ["[5]", "[2]", "[3]", "[6]"],
    );
    await shot("cells fresh");
  });

  it("say which name was defined again, and a click runs them", async () => {
    await window.runCell("const factor");
    await mark("twice", "stale: factor was defined again by cell 1").click();
    await mark("twice", "stale").waitFor({ state: "detached", timeout: 10_000 });
    assert.equal(await marks().count(), 0);
  });

  it("say when their kernel is gone", async () => {
    await window.command("dlnb: Restart Kernel");
    await mark("const exp", "not run in this kernel").waitFor({ timeout: 10_000 });
    await window.theme("Dark High Contrast");
    await shot("cells restarted high contrast");
    await window.theme("Light 2026");
    await mark("const exp", "not run in this kernel").click();
    await mark("const exp", "not run").waitFor({ state: "detached", timeout: 20_000 });
    await window.idle();
    // what it needs ran too
    assert.equal(await mark("const digits", "not run").count(), 0);
    assert.equal(await mark("twice", "not run").count(), 1);
  });
});

describe("the variables view", () => {
  const rows = () => window.page.locator(".pane", { hasText: "Variables" }).locator(".monaco-list-row");
  const row = (label: string) =>
    rows()
      .filter({ has: window.page.getByText(label, { exact: true }) })
      .first();

  it("lists the names of the notebook with what they are", async () => {
    await window.openNotebook("names.dlnb");
    await window.runAll();
    await window.idle();
    await window.page.locator(".activitybar .action-label[aria-label^='dlnb']").click();
    await row("sets").waitFor({ timeout: 20_000 });
    const said = (await rows().allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    await shot("variables");
    for (const [name, words] of Object.entries({
      factor: "number · 2",
      digits: "Dataset 1,797 × 64",
      sets: "Splits",
      exp: "Experiment",
      t: "Tensor 2×3 f32",
      trap: "proxy",
      double: "function",
    })) {
      assert.ok(
        said.some((text) => text.startsWith(`${name} ${words}`) || text.startsWith(`${name}${words}`)),
        `${name} in ${said.join(" | ")}`,
      );
    }
  });

  it("opens values, a hundred parts at a time", async () => {
    await row("t").locator(".monaco-tl-twistie").click();
    await row("mean").waitFor({ timeout: 10_000 });
    await row("config").locator(".monaco-tl-twistie").click();
    await row("nested").locator(".monaco-tl-twistie").click();
    await row("deep").waitFor({ timeout: 10_000 });
    await shot("variables open");
    await row("config").locator(".monaco-tl-twistie").click();
    await row("t").locator(".monaco-tl-twistie").click();
    await row("long").locator(".monaco-tl-twistie").click();
    await row("[0]").waitFor({ timeout: 10_000 });
    await row("long").click();
    for (let i = 0; i < 80; i++) await window.page.mouse.wheel(0, 120);
    await row("150 more").waitFor({ timeout: 10_000 });
  });

  it("shows the line that defines a name", async () => {
    await row("config").click();
    await window.codeCell("const config").locator(".monaco-editor.focused").waitFor({ timeout: 10_000 });
    await shot("variables definition");
    await window.theme("Dark Modern");
    await shot("variables dark");
    await window.theme("Light 2026");
  });
});

describe("the status bar", () => {
  const status = (words: string | RegExp) => window.page.locator(".statusbar-item", { hasText: words });
  const menu = () => window.page.locator(".quick-input-list .monaco-list-row");

  it("says what the kernel of the notebook in front does, and how far it is", async () => {
    await window.openNotebook("status.dlnb");
    await status("dlnb: not started").waitFor({ timeout: 10_000 });
    await window.runAll();
    await status(/wasm.*: epoch [\d,]+\/60,000, .* left/).waitFor({ timeout: 30_000 });
    await shot("status training");
  });

  it("opens a menu of what can be done with it", async () => {
    await status("wasm").click();
    await menu().first().waitFor();
    await shot("status menu");
    assert.deepEqual(
      (await menu().allInnerTexts()).map((text) => text.split("\n")[0]?.trim()),
      ["Interrupt", "Restart Kernel", "Select Backend", "Show Kernel Log", "Doctor"],
    );
    await menu().filter({ hasText: "Interrupt" }).click();
    await window.idle();
    await status(/wasm.*: idle/).waitFor({ timeout: 10_000 });
  });
});

describe("an error", () => {
  const error = () => window.outputs.locator(".dlnb-error");
  const cursorIn = (text: string) =>
    window.codeCell(text).locator(".monaco-editor.focused").waitFor({ timeout: 10_000 });

  it("names its frames, in cells and in files, with links that work by mouse and by keyboard", async () => {
    await window.openNotebook("failing.dlnb");
    await window.runCell("helper.ts");
    await window.runCell("function outer");
    await window.idle();
    await window.runCell("const result");
    await error().first().waitFor({ timeout: 20_000 });
    await shot("error");
    const frames = (await error().locator("li").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
    assert.equal(frames.length, 4, frames.join(" | "));
    assert.match(frames[0] ?? "", /cell 2, line 2/);
    assert.match(frames[1] ?? "", /deep.*helper\.ts, line 3/);
    assert.match(frames[3] ?? "", /cell 3, line 1/);
    assert.equal(await error().getAttribute("role"), "alert");
    await error().getByRole("button", { name: "cell 2, line 2" }).first().click();
    await cursorIn("function outer");
    await error().getByRole("button", { name: "line 1 of this cell" }).focus();
    await window.page.keyboard.press("Enter");
    await window
      .codeCell("function outer")
      .locator(".monaco-editor.focused")
      .waitFor({ state: "detached", timeout: 10_000 });
    await error().getByRole("button", { name: "helper.ts, line 3" }).click();
    await window.page.locator(".tab.active", { hasText: "helper.ts" }).waitFor({ timeout: 10_000 });
  });

  it("of a name that another cell defines offers to run that cell first", async () => {
    await window.openNotebook("upside-down.dlnb");
    await window.runCell("later + 1");
    await error().getByText("Cell 2 defines later and has not run in this kernel.").waitFor({ timeout: 20_000 });
    await window.theme("Dark High Contrast");
    await shot("error remedy high contrast");
    await window.theme("Light 2026");
    await error().getByRole("button", { name: "Run What It Needs, Then This Cell" }).click();
    await window.outputs.getByText("42", { exact: true }).waitFor({ timeout: 10_000 });
    await window.idle();
    assert.equal(await marks().count(), 0);
  });
});
