import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { digits, writeNotebook } from "./notebooks.ts";
import { reopen, server, shot, window } from "./walkWindow.ts";

/** The page that is shown in an editor. */
const pageText = () =>
  window.page
    .locator("iframe.webview.ready")
    .locator("visible=true")
    .first()
    .contentFrame()
    .frameLocator("iframe#active-frame");

// What somebody meets who has just installed the package.

describe("the page of the extension", () => {
  it("has an icon and says what it is for", async () => {
    await window.command("Extensions: Show Installed Extensions");
    await window.page.locator(".extensions-list .monaco-list-row", { hasText: "dlnb" }).first().click();
    // pictures come from the network or not at all there: the gallery has them
    await pageText().getByText("Deep-learning experiments in notebook cells").waitFor({ timeout: 20_000 });
    const icon = window.page.locator(".extension-editor img.icon-image, .extension-editor .extension-icon img").first();
    assert.ok((await icon.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)) >= 128);
    await shot("extension page");
    await window.command("View: Close All Editors");
  });
});

describe("the walkthrough", () => {
  it("leads through the first minutes", async () => {
    await window.command("Welcome: Open Walkthrough...");
    await window.page.locator(".quick-input-widget input").first().fill("Get started with dlnb");
    await window.page.waitForTimeout(500);
    await window.page.keyboard.press("Enter");
    const step = window.page.locator(".getting-started-step", { hasText: "Find a learning rate" });
    await step.waitFor({ timeout: 20_000 });
    await step.click();
    // narrow windows show no picture
    await window.page.setViewportSize({ width: 1800, height: 1000 });
    const picture = window.page.locator(".getting-started-media img").first();
    await picture.waitFor();
    await window.page.waitForTimeout(1000);
    await shot("walkthrough");
    assert.ok((await picture.evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)) > 100);
    await window.page.setViewportSize({ width: 1280, height: 1000 });
    await window.command("View: Close All Editors");
  });
});

describe("the doctor", () => {
  it("trains on every backend and says so", async () => {
    await window.command("dlnb: Doctor");
    const page = pageText();
    await page.getByText("dlnb works here").waitFor({ timeout: 60_000 });
    await shot("doctor");
    const said = await page.locator("body").innerText();
    assert.match(said, /trained on .*wasm/);
    assert.match(said, /50 steps in \d+ ms/);
    await window.command("View: Close All Editors");
  });
});

describe("the universal package", () => {
  it("trains on the editor's own runtime, and the doctor says what it lacks", async () => {
    await reopen({ vsix: process.env.DLNB_UNIVERSAL_VSIX as string });
    writeNotebook(server.workspace, "anywhere.dlnb", digits(2));
    await window.openNotebook("anywhere.dlnb");
    await window.runAll();
    await window.idle(60_000);
    assert.match(await window.outputText(), /steps so far \d+/);
    await shot("universal");
    await window.command("View: Close All Editors");
    await window.command("dlnb: Doctor");
    await pageText().getByText("dlnb works here").waitFor({ timeout: 60_000 });
    const said = await pageText().locator("body").innerText();
    assert.match(said, /the editor's own/);
    assert.match(said, /install dlnb for this platform/);
    await shot("universal doctor");
  });
});
