import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { comparedRuns } from "../../engine/compare/index.ts";
import { plots } from "../../engine/plots/recorded/index.ts";
import { CHART_MIME, type CompareView, ERROR_MIME, FINDINGS_MIME, GALLERY_MIME } from "../../engine/protocol/index.ts";
import { picks } from "../../src/pickers/entries.ts";
import type { ToRunPage } from "../../src/runs/messages.ts";
import { pseudo, pseudoBundle, untranslated } from "../support/pseudo.ts";
import { someRuns } from "../support/runs.ts";
import { small } from "../unit/src/runs/logs.ts";
import { browserPath, launchBrowser } from "../vscode/browser.ts";
import { landscape } from "./charts.ts";
import { RendererPage } from "./rendererPage.ts";

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
      if (node.matches("svg, script, style, pre, code, [aria-hidden=true], .dlnb-title, .dlnb-hidden")) return;
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
    const shown = await texts(page);
    expect(shown).toContain(pseudo("Insert"));
    expect(untranslated(shown, docs)).toEqual([]);
  });

  test("a run's page says nothing in English but what the run is made of", async () => {
    const curve = plots.learningCurve("curve", "1");
    for (const line of small()) curve.take(line);
    const chart = curve.chart(true);
    if (chart === null) throw new Error("a run has a curve");
    const spoken = pseudo("said");
    const checkpoint = { epoch: "1", why: spoken, size: "1 kB" };
    const messages: ToRunPage[] = [
      {
        type: "run",
        run: {
          key: "k",
          name: "tour",
          status: "running",
          word: spoken,
          sentence: spoken,
          figures: [{ name: spoken, text: "0.9" }],
          facts: [{ name: spoken, text: "7" }],
          kept: true,
        },
      },
      { type: "chart", place: "curves", chart, why: "" },
      {
        type: "configuration",
        configuration: {
          groups: [{ title: spoken, rows: [{ name: spoken, text: "1" }] }],
          layers: [{ path: "0", type: "10", shape: "10", parameters: "1,210" }],
          more: 2,
          code: true,
        },
      },
      { type: "events", events: [{ step: "1", text: spoken, level: "info" }], first: 3, total: 4 },
      {
        type: "checkpoints",
        checkpoints: [
          { ...checkpoint, file: "1.st", step: 1000, there: true },
          { ...checkpoint, file: "2.st", step: 2000, there: false },
        ],
      },
      { type: "notes", text: "", why: "" },
    ];
    const page = await open("run", ...messages);
    await page.locator(".dlnb-plot svg").first().waitFor();
    const shown = await texts(page);
    expect(shown).toContain(pseudo("Checkpoints"));
    expect(shown).toContain("2,000");
    expect(untranslated(shown, ["tour", ...seriesOf(chart)])).toEqual([]);
  });

  test("compared runs are spoken of in that language, verdict and notes too", async () => {
    const view: CompareView = {
      figure: null,
      x: "step",
      bands: true,
      groupBy: null,
      brush: [],
      smoothing: 0.6,
      hidden: [],
    };
    const runs = someRuns();
    const compared = comparedRuns("c", runs, view);
    const page = await open("compare", {
      type: "compared",
      compared,
      state: { keys: runs.map(({ key }) => key), view },
    });
    await page.locator(".dlnb-plot svg").first().waitFor();
    const shown = await texts(page);
    expect(shown).toContain(pseudo("Choose Runs..."));
    const own = [
      ...compared.runs.flatMap(({ name, cells }) => [name, ...cells.map(String)]),
      ...compared.groups.map(({ label }) => label),
      ...compared.columns.map(({ label }) => label),
      ...compared.figures.map(({ label }) => label),
      ...compared.config.flatMap(({ path, values }) => [path, ...values.map(String)]),
      ...(compared.parallel ?? []).map(({ label }) => label),
      ...seriesOf(compared.chart),
    ];
    expect(untranslated(shown, own)).toEqual([]);
  });

  test("outputs in a notebook have their tools, findings and errors in that language, and wait for it", async () => {
    const notebook = await RendererPage.open(browser, "light", 760, true, pseudoBundle);
    const chart = landscape("a");
    await notebook.render("a", CHART_MIME, chart);
    await notebook.render("f", FINDINGS_MIME, {
      id: "f",
      title: pseudo("title"),
      findings: [
        {
          rule: "dead-relu",
          severity: "warning",
          title: "units are dead",
          saw: "before the first step 60 % of the 10 units of layer 1 (relu) are 0 for all 32 examples; half or more are in layers 1 and 2",
          why: "A unit that is 0 for every example has gradient 0: it takes no part and cannot come back.",
          tries: [{ text: "set the learning rate to 1e-3 in place of 0.5" }],
          mark: 1,
        },
        { rule: "x", severity: "pass", title: "every feature varies", saw: "12 features", why: "", tries: [] },
      ],
    });
    await notebook.render("g", GALLERY_MIME, { id: "g", title: "", text: "", pictures: [] });
    const frames = ["f", "g", "h", "i", "j"].map((name, i) => `at ${name} (cell 2:${i}:3)`).join("\n");
    await notebook.render("e", ERROR_MIME, { name: "E", message: "m", stack: frames, line: 3, needs: true });
    await notebook.page.locator("[id=a] .dlnb-plot svg, [id=a] .dlnb-plot canvas").first().waitFor();
    const shown = await texts(notebook.page);
    expect(shown).toContain(pseudo("units are dead"));
    expect(shown).toContain(
      pseudo("set the learning rate to {0} in place of {1}").replace("{0}", "1e-3").replace("{1}", "0.5"),
    );
    // where a frame of the stack lies is code
    expect(untranslated(shown, ["at ", ...seriesOf(chart)])).toEqual([]);
  });
});

/** What a chart calls its values: terms of the field. */
function seriesOf(chart: { readonly spec: Readonly<Record<string, unknown>> }): string[] {
  const { dlnb } = (chart.spec.usermeta ?? {}) as {
    dlnb?: {
      x?: { label: string };
      values?: { label: string }[];
      choose?: { label: string; choices: { label: string }[] }[];
      scrub?: { label: string };
      link?: { field: string };
    };
  };
  const { x, values = [], choose = [], scrub, link } = dlnb ?? {};
  const labels = [...values, ...choose.flatMap((one) => [one, ...one.choices])].map(({ label }) => label);
  return [...labels, x?.label ?? "", scrub?.label ?? "", link?.field ?? ""];
}
