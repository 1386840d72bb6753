import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "mocha";
import type { FrameLocator } from "playwright-core";
import { pseudo, pseudoBundle } from "../support/pseudo.ts";
import { digits, writeNotebook } from "./notebooks.ts";
import { charts, server, shot, window } from "./walkWindow.ts";

/** The page of the panel in front. */
const panel = (): FrameLocator =>
  window.page
    .frameLocator('iframe.webview.ready[src*="extensionId="]:visible')
    .last()
    .frameLocator("iframe#active-frame");

before(async () => {
  const [load = "", fit = "", after = ""] = digits(60_000);
  // a last layer that is drawn far too large, and an option of a layer that is out of its range
  const checked = load.replace("nn.linear(10)", "nn.linear(10, { weight: init.normal({ std: 30 }) })");
  writeNotebook(server.workspace, "words.dlnb", [checked, "await exp.preflight();", fit, after]);
  writeNotebook(server.workspace, "wrong.dlnb", ["const layer = nn.dropout(1.5);"]);
  writeNotebook(server.workspace, "short.dlnb", [
    checked,
    'const first = await exp.fit({ epochs: 2, name: "first" });',
    'const second = await exp.fit({ epochs: 3, name: "second" });',
  ]);
  // an editor in German, for which this extension has made-up words
  const [own = ""] = readdirSync(join(server.state, "ext")).filter((name) => /dlnb/.test(name));
  writeFileSync(
    join(server.state, "ext", own, "l10n", `bundle.l10n.${pseudoBundle.language}.json`),
    JSON.stringify(pseudoBundle.words),
  );
  await window.page.addInitScript((language) => {
    Object.assign(globalThis, { _VSCODE_NLS_LANGUAGE: language });
  }, pseudoBundle.language);
  await window.reload();
});

describe("in another language", () => {
  it("a notebook's charts have their tools and controls in it", async () => {
    await window.openNotebook("words.dlnb");
    await window.runCell("const digits");
    await window.outputs.getByText("defined").waitFor({ timeout: 30_000 });
    await window.runCell("const run");
    const strip = window.outputs.locator(".dlnb-live");
    await strip.getByRole("button", { name: pseudo("Pause") }).waitFor({ timeout: 30_000 });
    assert.equal(
      await charts()
        .first()
        .getByRole("button", { name: pseudo("Log axis") })
        .count(),
      1,
    );
    await strip.getByRole("button", { name: pseudo("Schedule...") }).click();
    await shot("words strip");
    await window.interrupt();
  });

  it("what a check found is in it, in the notebook and in the Problems view", async () => {
    await window.runCell("exp.preflight");
    const found = window.outputs.locator(".dlnb-findings");
    await found.waitFor({ timeout: 60_000 });
    await window.idle();
    await found
      .getByText(/⟦thë løss bëførë tràïñïñg/)
      .first()
      .waitFor();
    await window.reveal("exp.preflight");
    await shot("words findings");
    await window.command("View: Focus Problems");
    await window.page.locator(".markers-panel .monaco-list-row", { hasText: "⟦thë løss" }).first().waitFor();
    await shot("words problems");
    await window.command("View: Toggle Panel Visibility");
  });

  it("what is wrong with a cell before it runs is in it", async () => {
    await window.openNotebook("wrong.dlnb");
    await window.page.locator(".squiggly-error").first().waitFor({ timeout: 30_000 });
    await window.command("View: Focus Problems");
    const row = window.page.locator(".markers-panel .monaco-list-row", { hasText: "1.5" }).first();
    await row.waitFor({ timeout: 20_000 });
    await shot("words squiggle");
    assert.match(await row.innerText(), /⟦/);
    await window.command("View: Toggle Panel Visibility");
  });

  it("panels have room for its longer words", async () => {
    await window.openNotebook("short.dlnb");
    await window.runAll();
    await window.idle();
    await window.command("dlnb: Compare Runs");
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "second" }).waitFor({ timeout: 15_000 });
    await window.page.keyboard.press("Enter");
    await panel()
      .getByRole("button", { name: pseudo("Choose Runs...") })
      .waitFor({ timeout: 20_000 });
    await panel().locator(".dlnb-plot svg, .dlnb-plot canvas").first().waitFor();
    assert.match(await panel().locator("h1").innerText(), /^⟦/);
    await shot("words compare");
    await panel().getByTitle(pseudo("Open {0}").replace("{0}", "first")).first().click();
    await panel()
      .getByRole("tab", { name: pseudo("Checkpoints") })
      .click();
    await panel()
      .getByRole("button", { name: pseudo("Restore") })
      .first()
      .waitFor({ timeout: 15_000 });
    await shot("words run");
    await window.command("View: Close All Editors");
    await window.openNotebook("short.dlnb");
    await window.command("dlnb: Insert Schedule");
    await panel()
      .getByRole("button", { name: pseudo("Insert") })
      .waitFor({ timeout: 20_000 });
    await shot("words picker");
    assert.equal(await panel().locator("html").getAttribute("lang"), pseudoBundle.language);
  });
});
