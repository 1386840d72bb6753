import { expect, test } from "vitest";
import { CurveRecorder, type CurveRows } from "../../engine/plots/index.ts";
import { CHART_MIME, ERROR_MIME } from "../../engine/protocol/index.ts";
import { inBrowser, problemsOf } from "./inBrowser.ts";
import { RendererPage, themes } from "./rendererPage.ts";

/** A run of `epochs` epochs of ten steps, with what it emitted. */
function curve(epochs: number, from = (step: number) => 2 * Math.exp(-step / 40) + 0.1) {
  const rows: CurveRows[] = [];
  const options = {
    id: "curve",
    name: "tour",
    validation: true,
    stepsPerEpoch: 10,
    steps: epochs * 10,
    epochs,
    intervalMs: 0,
  };
  const metrics = [{ name: "accuracy", better: "higher" as const }];
  const recorder = new CurveRecorder((row) => rows.push(row), { ...options, metrics });
  const empty = recorder.chart(true);
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const steps = Array.from({ length: 10 }, (_, i) => (epoch - 1) * 10 + i + 1);
    recorder.addTrain(
      steps,
      steps.map(from),
      steps.map(() => 1e-3),
    );
    const accuracy = 1 - Math.exp(-epoch / 3);
    recorder.addEpoch({
      epoch,
      step: epoch * 10,
      train: { loss: 1, accuracy },
      valid: { loss: from(epoch * 10), accuracy },
    });
  }
  return { empty, rows, full: recorder.chart(false) };
}

inBrowser("the renderer", (browser) => {
  const open = async (name: keyof typeof themes = "dark", width?: number) => {
    const page = await RendererPage.open(browser(), name, width);
    return { page, problems: problemsOf(page.page), figure: page.page.locator("figure") };
  };
  const box = (page: RendererPage, selector: string) => page.page.locator(selector).first().boundingBox();

  test.each(Object.keys(themes) as (keyof typeof themes)[])(
    "draws a curve in the %s theme under a strict policy",
    async (name) => {
      const { page, problems } = await open(name);
      await page.render("a", CHART_MIME, curve(8).full);
      await page.page.locator("figure svg").waitFor();
      expect(await page.page.locator("figure svg path[stroke]").count()).toBeGreaterThan(5);
      const label = page.page.locator("figure svg text", { hasText: "accuracy" });
      expect(await label.getAttribute("fill")).toBe(themes[name].variables["editor-foreground"]);
      expect(problems).toEqual([]);
    },
  );

  test("appends rows without moving the plots, and shows the last values", async () => {
    const { page, figure, problems } = await open();
    const { empty, rows, full } = curve(12);
    await page.render("a", CHART_MIME, empty);
    await page.page.locator("figure svg").waitFor();
    expect(await page.sent()).toEqual([{ type: "sync", chart: "curve" }]);
    await page.send({ type: "chart", chart: empty });
    const before = await box(page, "figure .losses_group > g > path.background");
    const svg = await page.page.locator("figure svg").elementHandle();
    for (const row of rows) await page.send({ type: "rows", chart: "curve", ...row });
    await page.page.waitForFunction(() => document.querySelector("figure")?.dataset.rows === "120");
    expect(await box(page, "figure .losses_group > g > path.background")).toEqual(before);
    // the same drawing, not a new one
    expect(await svg?.evaluate((node) => node.isConnected)).toBe(true);
    expect(await figure.locator("li").allInnerTexts()).toContain("epoch 12");
    await page.render("a", CHART_MIME, full);
    await page.page.getByText(full.title).waitFor();
    expect(problems).toEqual([]);
  });

  test("ignores rows until the editor said what the chart has missed", async () => {
    const { page, figure } = await open();
    const { empty, rows, full } = curve(4);
    await page.render("a", CHART_MIME, empty);
    const first = rows.find(({ dataset }) => dataset === "train");
    await page.send({ type: "rows", chart: "curve", ...first });
    await page.send({ type: "chart", chart: { ...full, live: true } });
    await page.page.waitForFunction(() => document.querySelector("figure")?.dataset.rows === "40");
    expect(await figure.getAttribute("data-live")).toBe("true");
  });

  test("has a log axis and smoothing that survive being drawn again", async () => {
    const { page } = await open();
    const { full } = curve(8);
    await page.render("a", CHART_MIME, full);
    const button = page.page.getByRole("button", { name: "log axis" });
    await button.click();
    await page.page.getByLabel("smoothing").fill("0.5");
    await page.page.evaluate(() => document.getElementById("a")?.remove());
    await page.render("a2", CHART_MIME, full);
    expect(await button.getAttribute("aria-pressed")).toBe("true");
    expect(await page.page.getByLabel("smoothing").inputValue()).toBe("0.5");
  });

  test("has a log axis for a loss that reaches 0, without those rows", async () => {
    const { page, problems } = await open();
    await page.render("a", CHART_MIME, curve(4, (step) => Math.max(0, 1 - step / 20)).full);
    await page.page.getByRole("button", { name: "log axis" }).click();
    const ticks = page.page.locator("figure svg .role-axis-label text", { hasText: /^0\.[01]+$/ });
    await ticks.first().waitFor();
    const paths = await page.page
      .locator("figure svg path")
      .evaluateAll((all) => all.map((one) => one.getAttribute("d")));
    expect(paths.filter((path) => /NaN|Infinity/.test(path ?? ""))).toEqual([]);
    expect(problems).toEqual([]);
  });

  test("offers no log axis where the loss falls below 0", async () => {
    const { page } = await open();
    await page.render("a", CHART_MIME, curve(4, (step) => 1 - step / 20).full);
    expect(await page.page.getByRole("button", { name: "log axis" }).isDisabled()).toBe(true);
  });

  test("reads values off the curves with pointer and keys", async () => {
    const { page, figure } = await open();
    await page.render("a", CHART_MIME, curve(8).full);
    await page.page.locator("figure svg").waitFor();
    const plot = await box(page, "figure .losses_group > g > path.background");
    if (plot === null) throw new Error("no plot");
    await page.page.mouse.move(plot.x + plot.width / 2, plot.y + 30);
    expect(await figure.locator("li").first().innerText()).toBe("step 40");
    expect(await page.page.locator(".dlnb-cursor").isVisible()).toBe(true);
    await page.page.mouse.move(1, 1);
    expect(await figure.locator("li").first().innerText()).toBe("step 80");
    const slider = page.page.getByRole("slider", { name: "position on the chart" });
    await slider.focus();
    await page.page.keyboard.press("Home");
    await page.page.keyboard.press("ArrowRight");
    expect(await slider.getAttribute("aria-valuetext")).toMatch(/^step 2, epoch 1, train loss \d/);
  });

  test("follows the theme while it is shown", async () => {
    const { page } = await open("dark");
    await page.render("a", CHART_MIME, curve(4).full);
    await page.page.locator("figure svg").waitFor();
    await page.theme("light");
    await page.page.locator(`figure svg text[fill="${themes.light.variables["editor-foreground"]}"]`).first().waitFor();
  });

  test("saves what it shows as SVG and PNG", async () => {
    const { page } = await open("light");
    await page.render("a", CHART_MIME, curve(8).full);
    await page.page.locator("figure svg").waitFor();
    await page.page.getByRole("button", { name: "Save as SVG" }).click();
    await page.page.getByRole("button", { name: "Save as PNG" }).click();
    await page.page.waitForFunction(() => window.sent.length === 2);
    const files = (await page.sent()) as { name: string; base64: string }[];
    const [svg, png] = files.map(({ base64 }) => Buffer.from(base64, "base64"));
    expect(files.map(({ name }) => name.replace(/^.*\./, ""))).toEqual(["svg", "png"]);
    expect(svg?.toString()).toMatch(/^<svg[^>]*>.*Validation loss/s);
    expect(png?.subarray(1, 4).toString()).toBe("PNG");
  });

  test("fits a narrow notebook", async () => {
    const { page } = await open("dark", 380);
    await page.render("a", CHART_MIME, curve(8).full);
    await page.page.locator("figure svg").waitFor();
    const { scroll, client } = await page.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scroll: scrollWidth, client: clientWidth };
    });
    expect(scroll).toBe(client);
  });

  test("shows an error with a link to its line, and text stays text", async () => {
    const { page } = await open();
    const message = "matmul: <img src=x onerror=alert(1)> sizes differ";
    await page.render("e", ERROR_MIME, { name: "ShapeError", message, line: 3, column: 5, stack: "at cell 1:3:5" });
    expect(await page.page.locator(".dlnb-error .message").innerText()).toBe(`ShapeError: ${message}`);
    await page.page.getByRole("button", { name: "line 3 of this cell" }).click();
    expect(await page.sent()).toEqual([{ type: "reveal", cell: "cell-1", line: 3, column: 5 }]);
  });

  test("says so when an output is no chart", async () => {
    const { page } = await open();
    await page.render("a", CHART_MIME, { id: 3 });
    expect(await page.page.locator("#a").innerText()).toMatch(/not a chart/);
  });
});
