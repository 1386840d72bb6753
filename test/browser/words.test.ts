import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { picks } from "../../src/pickers/entries.ts";
import { pseudo, pseudoBundle, untranslated } from "../support/pseudo.ts";
import { browserPath, launchBrowser } from "../vscode/browser.ts";

const html = (view: string) => `<!doctype html>
<html lang="${pseudoBundle.language}">
<head><meta charset="utf-8"><title>dlnb</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'nonce-page'; style-src 'unsafe-inline'; img-src data:">
</head>
<body class="vscode-light" data-view="${view}">
<script type="application/json" id="dlnb-words">${JSON.stringify(pseudoBundle)}</script>
<script nonce="page">
  window.sent = [];
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => window.sent.push(message),
    getState: () => window.kept,
    setState: (state) => { window.kept = state; },
  });
</script>
<script type="module" nonce="page" src="panel.js"></script>
</body>
</html>`;

/** Texts and labels of what a page shows, but for the plots: their titles, axes and legends are the field's terms, and stay English. */
const texts = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const found: string[] = [];
    const walk = (node: Element) => {
      if (node.matches("svg, canvas, script, style, pre, code, .dlnb-title, .dlnb-hidden")) return;
      for (const name of ["aria-label", "title", "placeholder", "alt", "aria-valuetext"]) {
        const value = node.getAttribute(name);
        if (value !== null && !node.matches("figure")) found.push(value);
      }
      for (const child of node.childNodes) {
        if (child instanceof Element) walk(child);
        else if (child.textContent?.trim()) found.push(child.textContent.trim());
      }
    };
    walk(document.body);
    return found;
  });

describe.skipIf(browserPath() === undefined)("in a language that does not exist", () => {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    browser = await launchBrowser();
    const entryPoints = [join(import.meta.dirname, "../../media/panel/index.ts")];
    const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, logLevel: "silent" });
    script = outputFiles[0]?.text ?? "";
  });
  afterAll(() => browser?.close());

  async function open(view: string, ...messages: readonly object[]): Promise<Page> {
    const page = await browser.newPage();
    await page.route("http://panel.test/**", (route) =>
      route.request().url().endsWith("panel.js")
        ? route.fulfill({ contentType: "text/javascript", body: script })
        : route.fulfill({ contentType: "text/html", body: html(view) }),
    );
    await page.goto("http://panel.test/");
    await page.waitForFunction(() => window.sent.length > 0);
    for (const message of messages) await page.evaluate((data) => postMessage(data, "*"), message);
    return page;
  }

  test("the picker says nothing in English but what the library says of itself", async () => {
    const read = (name: string) =>
      JSON.parse(readFileSync(new URL(`../../snippets/${name}.json`, import.meta.url), "utf8"));
    const library = { reference: read("library"), snippets: read("dlnb"), drawings: read("thumbnails") };
    const all = picks("schedule", library, null);
    const page = await open("picker", {
      type: "picks",
      kind: "schedule",
      picks: all,
      chosen: "cosine",
      where: pseudo("Goes into a new cell."),
      still: "",
    });
    await page.getByRole("option").first().waitFor();
    await page.getByRole("searchbox").fill("cosine");
    const docs = all.flatMap(({ name, summary, paper, drawing, fields }) => [
      ...(drawing === null ? [] : [drawing.note]),
      summary,
      paper,
      ...fields.flatMap(({ name, doc, range, choices }) => [doc, range, ...choices, name]),
      name,
    ]);
    const names = docs.filter((text) => text !== "").sort((a, b) => b.length - a.length);
    const shown = await texts(page);
    expect(shown).toContain(pseudo("Insert"));
    expect(untranslated(shown, names)).toEqual([]);
  });
});
