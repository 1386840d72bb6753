import { readFileSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { picks } from "../../src/pickers/entries.ts";
import type { Kind } from "../../src/pickers/target.ts";
import { browserPath, launchBrowser } from "../vscode/browser.ts";

const html = (theme: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>dlnb</title>
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; script-src 'nonce-page'; style-src 'unsafe-inline'; img-src data:">
</head>
<body class="${theme}" data-view="picker">
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

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../snippets/${name}.json`, import.meta.url), "utf8"));
const library = { reference: read("library"), snippets: read("dlnb"), drawings: read("thumbnails") };

const message = (kind: Kind) => ({
  type: "picks",
  kind,
  picks: picks(kind, library, null),
  chosen: kind === "schedule" ? "cosine" : "kaimingNormal",
  where: "Becomes schedule of exp.fit(...) in cell 2.",
  still: "",
});

describe.skipIf(browserPath() === undefined)("the picker's page", () => {
  let browser: Browser;
  let script: string;

  beforeAll(async () => {
    browser = await launchBrowser();
    const entryPoints = [join(import.meta.dirname, "../../media/panel/index.ts")];
    const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, logLevel: "silent" });
    script = outputFiles[0]?.text ?? "";
  });
  afterAll(() => browser?.close());

  async function open(kind: Kind, theme = "vscode-light"): Promise<{ page: Page; problems: string[] }> {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    await page.route("http://panel.test/**", (route) =>
      route.request().url().endsWith("panel.js")
        ? route.fulfill({ contentType: "text/javascript", body: script })
        : route.fulfill({ contentType: "text/html", body: html(theme) }),
    );
    await page.goto("http://panel.test/");
    await page.waitForFunction(() => window.sent.length === 1);
    await page.evaluate((data) => postMessage(data, "*"), message(kind));
    await page.getByRole("option").first().waitFor();
    return { page, problems };
  }
  const chosen = (page: Page) => page.locator("[role=option][aria-selected=true] b").innerText();
  const last = (page: Page) => page.evaluate(() => window.sent.at(-1));

  test("is worked by keyboard: words find, arrows move, Enter inserts, Escape leaves", async () => {
    const { page, problems } = await open("schedule");
    expect(await chosen(page)).toBe("cosine");
    await page.keyboard.type("one cycle");
    await expect.poll(() => chosen(page)).toBe("oneCycle");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("listbox").focus();
    const all = await page.locator("[role=option] b").allInnerTexts();
    const start = all.indexOf(await chosen(page));
    await page.keyboard.press("ArrowRight");
    expect(await chosen(page)).toBe(all[start + 1]);
    await page.keyboard.press("ArrowLeft");
    expect(await chosen(page)).toBe(all[start]);
    await page.keyboard.press("Enter");
    expect(await last(page)).toMatchObject({ type: "insert", name: "oneCycle", values: { maxLr: "0.01" } });
    await page.keyboard.press("Escape");
    expect(await last(page)).toEqual({ type: "cancel" });
    expect(problems).toEqual([]);
  });

  test("asks for a drawing as options change, takes the last answer alone, and inserts nothing that has a problem", async () => {
    const { page, problems } = await open("schedule");
    await page.getByLabel("etaMin", { exact: true }).fill("-1");
    await expect.poll(() => last(page)).toMatchObject({ type: "preview", name: "cosine", values: { etaMin: "-1" } });
    const { serial } = (await last(page)) as { serial: number };
    const answer = (of: number, problem: string) =>
      page.evaluate((data) => postMessage(data, "*"), {
        type: "preview",
        serial: of,
        call: "schedule.cosine({ etaMin: -1 })",
        drawing: null,
        problem,
      });
    await answer(serial, "cosine: etaMin = -1 is outside [0, inf)");
    await page.getByText("is outside").waitFor();
    expect(await page.getByRole("button", { name: "Insert" }).isDisabled()).toBe(true);
    await page.keyboard.press("Enter");
    expect(await last(page)).toMatchObject({ type: "preview" });
    await answer(serial - 1, "");
    await page.waitForTimeout(50);
    expect(await page.getByRole("button", { name: "Insert" }).isDisabled()).toBe(true);
    await answer(serial, "");
    await expect.poll(() => page.getByRole("button", { name: "Insert" }).isDisabled()).toBe(false);
    expect(problems).toEqual([]);
  });

  test.each(["vscode-light", "vscode-dark", "vscode-high-contrast"])(
    "has no barriers that axe knows of in %s",
    async (theme) => {
      const { page } = await open("init", theme);
      await page.evaluate(axe.source);
      const found = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
        };
        // colours are the editor's, which this page has none of
        const { violations } = await axe.run({ rules: { "color-contrast": { enabled: false } } });
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      });
      expect(found).toEqual([]);
    },
  );
});
