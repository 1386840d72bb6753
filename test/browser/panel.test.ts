import { join } from "node:path";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserPath, launchBrowser } from "../vscode/browser.ts";
import { insertRate, landscape } from "./charts.ts";

const PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Chart</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'nonce-page'; style-src 'unsafe-inline'; img-src data:">
</head>
<body class="vscode-light" data-view="chart">
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

describe.skipIf(browserPath() === undefined)("a panel", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("turns a surface, saves its mesh and passes on what its buttons offer, under its strict policy", async () => {
    const entryPoints = [join(import.meta.dirname, "../../media/panel/index.ts")];
    const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, logLevel: "silent" });
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.route("http://panel.test/**", (route) =>
      route.request().url().endsWith("panel.js")
        ? route.fulfill({ contentType: "text/javascript", body: outputFiles[0]?.text ?? "" })
        : route.fulfill({ contentType: "text/html", body: PAGE }),
    );
    await page.goto("http://panel.test/");
    await page.waitForFunction(() => window.sent.length === 1);
    const chart = landscape("a");
    const usermeta = { dlnb: { ...(chart.spec.usermeta as { dlnb: object }).dlnb, actions: [insertRate] } };
    await page.evaluate((message) => postMessage(message, "*"), {
      type: "chart",
      chart: { ...chart, spec: { ...chart.spec, usermeta } },
    });
    await page.getByRole("button", { name: "3-D" }).click();
    await page.locator(".dlnb-surface canvas").waitFor();
    await page.getByRole("button", { name: "OBJ" }).click();
    await page.getByRole("button", { name: insertRate.label }).click();
    expect(await page.evaluate(() => window.sent)).toEqual([
      { type: "ready" },
      { type: "save", name: "chart-a.obj", base64: expect.stringMatching(/^[\w+/]+=*$/) },
      { type: "act", action: insertRate },
    ]);
    expect(problems).toEqual([]);
  });
});
