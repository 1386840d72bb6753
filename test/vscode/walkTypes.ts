import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { Locator } from "playwright-core";
import { until } from "./browser.ts";
import { writeNotebook } from "./notebooks.ts";
import { server, shot, window } from "./walkWindow.ts";

// What VS Code's own TypeScript server says of cells, with our plugin in it.

const cell = (n: number): Locator => window.page.locator(".notebookOverlay:visible .code-cell-row").nth(n);
const squiggles = (): Locator => window.page.locator(".notebookOverlay:visible .squiggly-error");
const suggestions = (): Locator => window.page.locator(".suggest-widget.visible .monaco-list-row");

async function type(text: string): Promise<void> {
  await window.page.keyboard.type(text, { delay: 60 });
}

/** Rows of the list once one of them says this. */
async function offered(text: string): Promise<string[]> {
  await suggestions().filter({ hasText: text }).first().waitFor({ timeout: 30_000 });
  return (await suggestions().allInnerTexts()).map((row) => row.replaceAll("\n", " "));
}

async function count(squiggled: number): Promise<void> {
  await until(async () => (await squiggles().count()) === squiggled, 15_000);
  assert.equal(await squiggles().count(), squiggled);
}

describe("types in cells", () => {
  before(() => {
    writeNotebook(server.workspace, "1-types.dlnb", [
      `const width = 16;
const net = nn.sequential(nn.linear(width), nn.relu(), nn.linear(10));
const adam = optim.adam({ lr: 1e-3 });`,
      "const wide: number = width * 2;\nadam",
      "",
    ]);
    writeNotebook(server.workspace, "2-types.dlnb", ["const other = 1;", "other + width"]);
  });

  it("a hover says the type by its name", async () => {
    await window.openNotebook("1-types.dlnb");
    const hover = window.page.locator(".monaco-hover:visible", { hasText: "adam: Optimizer" });
    // the server starts with the first notebook
    for (let tries = 0; tries < 20 && !(await hover.isVisible()); tries++) {
      await cell(0).hover();
      await cell(1).getByText("adam").first().hover();
      await window.page.waitForTimeout(1500);
    }
    await hover.waitFor({ timeout: 1000 });
    await shot("types hover");
    await count(0);
  });

  it("options are offered in their order with their defaults, and the one being given is explained", async () => {
    await cell(2).locator(".monaco-editor").click();
    await type("const opt = optim.adamw({ ");
    await window.page.keyboard.press("Control+Space");
    const rows = await offered("weightDecay?");
    assert.deepEqual(rows.slice(0, 4), ["lr? = 0.001", "betas? = [0.9, 0.999]", "eps? = 1e-8", "weightDecay? = 0.01"]);
    await shot("types options");
    await window.page.keyboard.press("Escape");
    await type("lr: ");
    await window.page.keyboard.press("Control+Shift+Space");
    const help = window.page.locator(".parameter-hints-widget.visible");
    await help.getByText("Step size; a schedule may drive it.").waitFor({ timeout: 20_000 });
    assert.match(await help.locator(".parameter.active").innerText(), /lr\?: number/);
    await shot("types signature");
  });

  it("entries are offered with what they are", async () => {
    await type("1e-3 });\noptim.");
    const rows = await offered("adamw");
    assert.ok(
      rows.some((row) => /^adamw Adam with weight decay/.test(row)),
      rows.join("\n"),
    );
    await shot("types entries");
    await window.page.keyboard.press("Escape");
  });

  it("a type error is underlined, and no longer once it is mended", async () => {
    await type('sgd({ lr: "a" });');
    await count(1);
    await shot("types error");
    for (let i = 0; i < 7; i++) await window.page.keyboard.press("Backspace");
    await type("1 });");
    await count(0);
  });

  it("a second notebook does not see the names of the first", async () => {
    await window.page.locator(".explorer-folders-view .monaco-list-row", { hasText: "2-types.dlnb" }).dblclick();
    await cell(1).getByText("other").first().waitFor({ timeout: 20_000 });
    await count(1);
    assert.equal(await cell(1).locator(".squiggly-error").count(), 1);
    await shot("types second notebook");
  });
});
