import type { Locator } from "playwright-core";
import { expect, test } from "vitest";
import { CHART_MIME, FINDINGS_MIME, GALLERY_MIME } from "../../engine/protocol/index.ts";
import { activations, beside, findings, gallery, insertRate, landscape, norms } from "./charts.ts";
import { inBrowser, problemsOf } from "./inBrowser.ts";
import { RendererPage, themes } from "./rendererPage.ts";

inBrowser("what diagnostics show", (browser) => {
  const open = async (name: keyof typeof themes = "dark", width?: number, messaging = true) => {
    const page = await RendererPage.open(browser(), name, width, messaging);
    return { page, problems: problemsOf(page.page) };
  };
  const box = async (locator: Locator) => {
    const found = await locator.first().boundingBox();
    if (found === null) throw new Error("nothing is there");
    return found;
  };
  const overflow = (page: RendererPage) =>
    page.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  /** Opacities of a chart's lines, in the order of the layers. */
  const opacities = (page: RendererPage, id: string) =>
    page.page
      .locator(`#${id} .mark-line path`)
      .evaluateAll((lines) => lines.map((line) => Number(line.getAttribute("opacity") ?? 1)));
  /** A place on the line of a layer of `norms`, at a step. */
  const onLine = async (page: RendererPage, id: string, layer: number) => {
    const line = page.page.locator(`#${id} .mark-line path`).nth(layer);
    return line.evaluate((path: SVGPathElement) => {
      const point = path.getPointAtLength(path.getTotalLength() * 0.6);
      const at = new DOMPoint(point.x, point.y).matrixTransform(path.getScreenCTM() as DOMMatrix);
      return { x: at.x, y: at.y };
    });
  };

  test("pointing at a layer shows its values and marks it in every chart that has it", async () => {
    const { page, problems } = await open();
    await page.render("a", CHART_MIME, norms("a", 3));
    await page.render("b", CHART_MIME, norms("b", 3));
    await page.render("c", CHART_MIME, norms("c", 1));
    await page.page.locator("#c .mark-line path").waitFor({ state: "attached" });
    const { x, y } = await onLine(page, "a", 1);
    await page.page.mouse.move(x, y + 4);
    await page.page.waitForFunction(
      () => document.querySelector("#b .mark-line path")?.getAttribute("opacity") === "0.2",
    );
    expect(await opacities(page, "a")).toEqual([0.2, 1, 0.2]);
    expect(await opacities(page, "b")).toEqual([0.2, 1, 0.2]);
    // a chart without that layer stays as it is
    expect(await opacities(page, "c")).toEqual([1]);
    const tooltip = page.page.locator(".dlnb-tooltip");
    const lines = (await tooltip.innerText()).split(/\s+/);
    expect(lines.slice(0, 3)).toEqual(["layer", "1.relu", "step"]);
    // four digits are enough for anyone
    expect(lines.at(-1)).toMatch(/^0\.0\d{2,4}$/);
    await page.page.mouse.move(1, 1);
    await page.page.waitForFunction(
      () => document.querySelector("#b .mark-line path")?.getAttribute("opacity") === "1",
    );
    expect(await tooltip.isVisible()).toBe(false);
    expect(problems).toEqual([]);
  });

  test("the arrow keys go through the layers as the pointer does", async () => {
    const { page } = await open();
    await page.render("a", CHART_MIME, norms("a", 3));
    await page.render("b", CHART_MIME, norms("b", 3));
    await page.page.locator("#b .mark-line path").first().waitFor({ state: "attached" });
    const slider = page.page.locator("#a").getByRole("slider", { name: "layer on the chart" });
    await slider.focus();
    await page.page.keyboard.press("ArrowDown");
    await page.page.keyboard.press("ArrowDown");
    expect(await slider.getAttribute("aria-valuetext")).toBe("1.relu");
    await page.page.waitForFunction(
      () => document.querySelector("#b .mark-line path")?.getAttribute("opacity") === "0.2",
    );
    await page.page.keyboard.press("Escape");
    expect(await slider.getAttribute("aria-valuetext")).toBe("none");
  });

  test("a tooltip stays inside the window", async () => {
    const { page } = await open("light", 420);
    await page.render("a", CHART_MIME, activations("a", 4, 30));
    const plot = await box(page.page.locator("#a .mark-rect"));
    await page.page.mouse.move(plot.x + plot.width - 4, plot.y + 20);
    const tooltip = page.page.locator(".dlnb-tooltip");
    await tooltip.waitFor();
    const { x, width } = await box(tooltip);
    expect(x + width).toBeLessThan(420);
    expect(await overflow(page)).toBe(0);
  });

  test("30,000 cells are drawn on a canvas that still answers the pointer", async () => {
    const { page, problems } = await open("dark");
    await page.render("a", CHART_MIME, activations("a", 100, 300));
    const canvas = page.page.locator("#a .dlnb-plot canvas");
    await canvas.waitFor();
    expect(await page.page.locator("#a svg").count()).toBe(0);
    const plot = await box(canvas);
    await page.page.mouse.move(plot.x + plot.width / 2, plot.y + plot.height / 2);
    await page.page.locator(".dlnb-tooltip", { hasText: "layer" }).waitFor();
    expect(problems).toEqual([]);
  });

  test("a slider moves through values by hand and by itself, and is where it was left", async () => {
    const { page, problems } = await open("dark");
    await page.render("a", CHART_MIME, landscape("a"));
    const slider = page.page.getByRole("slider", { name: "step" });
    await slider.waitFor();
    expect(await slider.getAttribute("aria-valuetext")).toBe("290");
    await slider.press("Home");
    expect(await page.page.locator(".dlnb-scrub output").innerText()).toBe("0");
    await page.page.getByRole("button", { name: "play" }).click();
    await page.page.waitForFunction(() => document.querySelector(".dlnb-scrub output")?.textContent === "290");
    await page.page.getByRole("button", { name: "play" }).waitFor();
    await slider.press("ArrowLeft");
    await page.page.evaluate(() => document.getElementById("a")?.remove());
    await page.render("again", CHART_MIME, landscape("a"));
    expect(await slider.getAttribute("aria-valuetext")).toBe("280");
    expect(problems).toEqual([]);
  });

  test("a list sets what the plot shows", async () => {
    const { page } = await open();
    const choices = [
      { label: "all", value: "" },
      { label: "last", value: "2.relu" },
    ];
    await page.render("a", CHART_MIME, norms("a", 3, { choose: [{ param: "on", label: "layer", choices }] }));
    await page.page.getByLabel("layer", { exact: true }).selectOption("last");
    await expect.poll(() => opacities(page, "a")).toEqual([0.2, 0.2, 1]);
  });

  test.each(Object.keys(themes) as (keyof typeof themes)[])(
    "a surface is turned and zoomed in the %s theme",
    async (name) => {
      const { page, problems } = await open(name);
      await page.render("a", CHART_MIME, landscape("a"));
      const button = page.page.getByRole("button", { name: "3-D" });
      await button.click();
      const canvas = page.page.locator(".dlnb-surface canvas");
      await canvas.waitFor();
      const picture = () => canvas.evaluate((node: HTMLCanvasElement) => node.toDataURL());
      const seen = [await picture()];
      const turned = async () => {
        await page.page.evaluate(
          () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
        );
        seen.push(await picture());
        expect(seen.at(-1)).not.toBe(seen.at(-2));
      };
      await canvas.focus();
      await page.page.keyboard.press("ArrowLeft");
      await turned();
      await page.page.keyboard.press("+");
      await turned();
      const { x, y } = await box(canvas);
      await page.page.mouse.move(x + 200, y + 200);
      await page.page.mouse.down();
      await page.page.mouse.move(x + 260, y + 220);
      await page.page.mouse.up();
      await turned();
      await canvas.dblclick();
      await turned();
      expect(seen.at(-1)).toBe(seen[0]);
      await button.click();
      await page.page.locator("#a .dlnb-plot canvas, #a .dlnb-plot svg").first().waitFor();
      expect(problems).toEqual([]);
    },
  );

  test("a surface is saved as meshes and as a picture", async () => {
    const { page } = await open("light");
    await page.render("a", CHART_MIME, landscape("a"));
    await page.page.getByRole("button", { name: "3-D" }).click();
    for (const name of ["OBJ", "PLY", "Save as PNG"]) await page.page.getByRole("button", { name }).click();
    await page.page.waitForFunction(() => window.sent.length === 3);
    const [obj, ply, png] = (await page.sent()) as { name: string; base64: string }[];
    expect([obj?.name, ply?.name, png?.name]).toEqual(["chart-a.obj", "chart-a.ply", "chart-a.png"]);
    const text = Buffer.from(obj?.base64 ?? "", "base64").toString();
    expect(text.match(/^f /gm)).toHaveLength(2 * 50 * 50);
    expect(Buffer.from(ply?.base64 ?? "", "base64").toString()).toContain(`element vertex ${51 * 51}\n`);
    expect(
      Buffer.from(png?.base64 ?? "", "base64")
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  });

  test("buttons under a chart and in findings ask the editor, and are not there without one", async () => {
    const { page } = await open();
    await page.render("a", CHART_MIME, norms("a", 2, { actions: [insertRate] }));
    await page.render("f", FINDINGS_MIME, findings);
    for (const id of ["a", "f"])
      await page.page.locator(`#${id}`).getByRole("button", { name: "Insert 3.2e-3" }).click();
    const act = { type: "act", cell: "cell-1", action: insertRate };
    expect(await page.sent()).toEqual([act, act]);
    const { page: alone } = await open("dark", undefined, false);
    await alone.render("a", CHART_MIME, norms("a", 2, { actions: [insertRate] }));
    await alone.render("f", FINDINGS_MIME, findings);
    await alone.page.locator("#f .error").waitFor();
    expect(await alone.page.getByRole("button", { name: /Insert/ }).count()).toBe(0);
  });

  test.each([400, 700, 1000])("findings stand the worst first, as text, at %d pixels", async (width) => {
    const { page, problems } = await open("contrast", width);
    await page.render("f", FINDINGS_MIME, findings);
    const items = page.page.locator("#f [data-rule]");
    expect(await items.evaluateAll((all) => all.map((one) => one.getAttribute("data-rule")))).toEqual([
      "lr-too-high",
      "dead-relu",
      "initial-loss",
    ]);
    expect((await items.nth(0).innerText()).replace(/\s+/g, " ")).toMatch(
      /error mark 1|error.*1 the learning rate is too high/,
    );
    expect(await items.nth(1).innerText()).toContain("dead units in 1.relu <b>");
    expect(await overflow(page)).toBe(0);
    expect(problems).toEqual([]);
  });

  test("a gallery shows sharp pixels, warmth that can be taken off, and details as text", async () => {
    const { page, problems } = await open("light");
    await page.render("g", GALLERY_MIME, gallery);
    const picture = page.page.getByRole("img", { name: "7, not 1 (255): predicted 1 with <i>98 %</i>" });
    const pixel = () =>
      picture.evaluate((node: HTMLCanvasElement) => {
        // read from a copy: browsers warn of readbacks of a canvas that is shown
        const copy = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
        copy?.drawImage(node, 0, 0);
        return [...(copy?.getImageData(0, 0, 1, 1).data ?? [])];
      });
    expect(await pixel()).toEqual([224, 200, 82, 255]);
    expect((await box(picture)).width).toBe(66);
    const heat = page.page.getByRole("button", { name: "heat" });
    await heat.click();
    expect(await pixel()).toEqual([100, 100, 100, 255]);
    await picture.hover();
    expect(await page.page.locator(".dlnb-tooltip").innerText()).toBe("predicted 1 with <i>98 %</i>");
    await page.page.evaluate(() => document.getElementById("g")?.remove());
    await page.render("again", GALLERY_MIME, gallery);
    expect(await heat.getAttribute("aria-pressed")).toBe("false");
    expect(problems).toEqual([]);
  });

  test("pictures of a gallery with columns stand in its rows, however much room there is", async () => {
    const { page, problems } = await open("light");
    const [first] = gallery.pictures;
    const pictures = Array.from({ length: 5 }, (_, i) => ({ ...first, caption: `picture ${i}` }));
    await page.render("g", GALLERY_MIME, { ...gallery, pictures, columns: 2 });
    const tops = await page.page
      .locator(".pictures li")
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    expect([tops[0] === tops[1], tops[2] === tops[3], new Set(tops).size]).toEqual([true, true, 3]);
    expect(problems).toEqual([]);
  });

  test("plots beside each other are scaled down in a narrow pane, where they still answer the pointer", async () => {
    const { page } = await open("dark", 420);
    await page.render("a", CHART_MIME, beside("a"));
    const points = page.page.locator("#a .mark-symbol.role-mark path");
    await points.first().waitFor();
    expect(await overflow(page)).toBe(0);
    const { width } = await box(page.page.locator("#a .dlnb-plot svg"));
    expect(width).toBeGreaterThan(380);
    expect(width).toBeLessThanOrEqual(396);
    const last = await box(points.last());
    await page.page.mouse.move(last.x + last.width / 2, last.y + last.height / 2);
    await page.page.locator(".dlnb-tooltip", { hasText: "2.relu" }).waitFor();
  });

  test("one plot takes the pane's width with its axes and its legend", async () => {
    for (const width of [500, 900]) {
      const { page } = await open("light", width);
      await page.render("a", CHART_MIME, norms("a", 3));
      const svg = page.page.locator("#a .dlnb-plot svg");
      await svg.waitFor();
      expect(width - 24 - (await box(svg)).width).toBeLessThanOrEqual(1);
      expect(await overflow(page)).toBe(0);
    }
  });
});
