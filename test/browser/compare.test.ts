import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { comparedRuns } from "../../engine/compare/index.ts";
import type { CompareView } from "../../engine/protocol/index.ts";
import { madeUp, someRuns } from "../support/runs.ts";
import { barriers, inBrowser } from "./inBrowser.ts";
import { openPanel, post } from "./panelPage.ts";

/** Themes by the class of the body, with what VS Code says of their colours. */
const themes = {
  "vscode-light":
    "--vscode-editor-background: #fff; --vscode-editor-foreground: #3b3b3b; --vscode-descriptionForeground: #616161",
  "vscode-dark":
    "--vscode-editor-background: #1f1f1f; --vscode-editor-foreground: #ccc; --vscode-descriptionForeground: #9d9d9d; --vscode-textLink-foreground: #4daafc",
  "vscode-high-contrast":
    "--vscode-editor-background: #000; --vscode-editor-foreground: #fff; --vscode-contrastBorder: #6fc3df",
} as const;

const first: CompareView = {
  figure: null,
  x: "step",
  bands: true,
  groupBy: null,
  brush: [],
  smoothing: 0.6,
  hidden: [],
};

const message = (view: CompareView = first, runs = someRuns()) => ({
  type: "compared",
  compared: comparedRuns("c", runs, view),
  state: { keys: runs.map(({ key }) => key), view },
});

inBrowser("the page of compared runs", (browser) => {
  const open = (theme: keyof typeof themes = "vscode-dark") =>
    openPanel(browser(), "compare", { kind: theme, style: themes[theme] });

  const show = async (page: Page, what: object) => {
    await post(page, what);
    await page.locator("main > div:not([hidden]) h1").waitFor();
  };
  const sent = (page: Page) => page.evaluate(() => window.sent.slice(1));
  const rows = (page: Page) => page.locator("table.runs tbody .pick").allInnerTexts();

  test("shows the verdict, sorts by keyboard, and marks the best not by colour alone", async () => {
    const { page, problems } = await open();
    const { compared, ...more } = message();
    await show(page, { compared, ...more });
    const said = (await page.locator("h1 > span").allTextContents()).filter((text) => text !== "");
    expect(said.join("; ")).toBe(compared.verdict);
    const best = compared.runs.toSorted((a, b) => (b.cells[0] as number) - (a.cells[0] as number))[0];
    expect((await rows(page))[0]).toBe(best?.name);
    expect(await page.locator("td.best").first().innerText()).toMatch(/^★/);
    await page.getByRole("button", { name: "seed", exact: true }).focus();
    await page.keyboard.press("Enter");
    expect(await page.getByRole("columnheader", { name: "seed", exact: true }).getAttribute("aria-sort")).toBe(
      "ascending",
    );
    expect((await rows(page)).slice(0, 4).every((name) => name.endsWith("seed 1"))).toBe(true);
    await page.keyboard.press("Enter");
    expect(await page.getByRole("columnheader", { name: "seed", exact: true }).getAttribute("aria-sort")).toBe(
      "descending",
    );
    expect(problems).toEqual([]);
    await page.close();
  });

  test("keeps rows, focus and sorting while figures change, and brings nothing new to what listens", async () => {
    const { page } = await open();
    const done = [madeUp({ name: "done", lr: 0.01 }), madeUp({ name: "ended", lr: 0.03 })];
    const runs = [...done, madeUp({ name: "long", lr: 0.02, live: true, steps: 200 })];
    await show(page, message(first, runs));
    expect(await page.locator("h1").getAttribute("aria-live")).toBe("off");
    const long = page.getByRole("button", { name: "long", exact: true });
    await long.focus();
    const steps = page.locator("tr", { hasText: "long" }).locator("td", { hasText: "200" });
    await steps.waitFor();
    await show(page, message(first, [...done, madeUp({ name: "long", lr: 0.02, live: true, steps: 240 })]));
    await page.locator("tr", { hasText: "long" }).locator("td", { hasText: "240" }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("long");
    await page.locator(".parallel .line").first().focus();
    await show(page, message(first, [...done, madeUp({ name: "long", lr: 0.02, live: true, steps: 280 })]));
    await page.locator("tr", { hasText: "long" }).locator("td", { hasText: "280" }).waitFor();
    expect(await page.locator(".parallel .line.picked").count()).toBe(1);
    await page.close();
  });

  test("asks for what its reader chooses", async () => {
    const { page } = await open();
    await show(page, message());
    await page.getByLabel("Figure").selectOption("loss");
    await page.getByLabel("Over").selectOption("epoch");
    await page.getByRole("button", { name: "lr 0.03, batchSize 16" }).first().click();
    await page.getByRole("button", { name: "Copy as CSV" }).click();
    await page.getByRole("button", { name: "Open" }).first().click();
    await page.getByRole("button", { name: "Choose Runs..." }).click();
    const [figure, over, hidden, copy, opened, choose] = await sent(page);
    expect(figure).toEqual({ type: "view", view: { ...first, figure: "loss" } });
    expect(over).toEqual({ type: "view", view: { ...first, figure: "loss", x: "epoch" } });
    expect(hidden).toMatchObject({ view: { hidden: ["lr 0.03, batchSize 16"] } });
    expect(copy).toEqual({ type: "copy", as: "csv" });
    expect(opened).toMatchObject({ type: "open", key: expect.stringMatching(/^\/runs\//) });
    expect(choose).toEqual({ type: "choose" });
    expect(await page.evaluate(() => window.kept)).toMatchObject({
      keys: expect.any(Array),
      view: first,
    });
    await page.close();
  });

  test("marks a run in all parts, by pointer and by keyboard", async () => {
    const { page } = await open();
    await show(page, message());
    const line = page.locator(".parallel .line").first();
    await line.focus();
    expect(await page.locator("table.runs tr.picked").count()).toBe(1);
    expect(await page.locator(".legend .picked").count()).toBe(1);
    expect(await page.locator(".parallel .faded").count()).toBe(11);
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    const second = page.locator(".parallel .line").nth(1);
    expect(await second.getAttribute("aria-pressed")).toBe("true");
    await page.getByLabel("Figure").focus();
    expect(await page.locator("table.runs tr.picked").count()).toBe(1);
    await page.locator("table.runs .pick[aria-pressed=true]").click();
    await page.mouse.move(5, 5);
    expect(await page.locator(".parallel .faded").count()).toBe(0);
    await page.close();
  });

  test("selects runs by dragging along an axis and by keys, shows what is left, and lets it go", async () => {
    const { page, problems } = await open();
    await show(page, message());
    const brushes = async () =>
      ((await sent(page)) as { view?: CompareView }[]).flatMap(({ view }) => (view === undefined ? [] : [view.brush]));
    const high = page.getByRole("slider", { name: "optimizer.lr, upper end of the selection" });
    await high.focus();
    expect(await high.getAttribute("aria-valuetext")).toBe("all");
    await page.keyboard.press("ArrowDown");
    expect((await brushes()).at(-1)).toEqual([{ label: "optimizer.lr", low: 0.001, high: 0.001 }]);
    await page.getByText("6 of 12 runs selected").waitFor();
    expect(await page.locator(".parallel .line.out").count()).toBe(6);
    // the end is still where the keys are
    expect(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.end)).toBe("high optimizer.lr");
    const view = { ...first, brush: [{ label: "optimizer.lr", low: 0.001, high: 0.001 }] };
    await show(page, message(view));
    expect((await rows(page)).length).toBe(6);
    await page.getByRole("button", { name: "Clear Selection" }).click();
    expect((await brushes()).at(-1)).toEqual([]);
    await show(page, message());
    expect((await rows(page)).length).toBe(12);
    const box = await page.locator(".brush .strip").nth(1).boundingBox();
    if (box === null) throw new Error("no strip");
    await page.mouse.move(box.x + 11, box.y + 0.1 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 11, box.y + 0.3 * box.height, { steps: 3 });
    // what was on its way does not move the hand back
    await show(page, message());
    await page.mouse.move(box.x + 11, box.y + 0.5 * box.height, { steps: 3 });
    await page.mouse.up();
    const [range] = (await brushes()).at(-1) ?? [];
    expect(range).toMatchObject({ label: "batchSize" });
    expect(range?.low).toBeCloseTo(40, 0);
    expect(range?.high).toBeCloseTo(59.2, 0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("asks for lines by a setting, a cell and a file", async () => {
    const { page } = await open();
    await show(page, message());
    await page.getByLabel("One line for").selectOption({ label: "each batchSize" });
    await page.getByLabel("One line for").selectOption({ label: "each run" });
    await page.getByRole("button", { name: "Insert into Notebook" }).click();
    await page.getByRole("button", { name: "Save CSV..." }).click();
    expect(await sent(page)).toMatchObject([
      { view: { groupBy: "batchSize", bands: true } },
      { view: { groupBy: null, bands: false } },
      { type: "export", as: "cell" },
      { type: "export", as: "csv" },
    ]);
    await page.close();
  });

  test("shows 200 runs, and follows a hand on their axes", async () => {
    const { page, problems } = await open();
    const runs = Array.from({ length: 200 }, (_, i) =>
      madeUp({ name: `run ${i}`, lr: 0.001 * (1 + i), seed: i % 5, batchSize: 16 + (i % 7) }),
    );
    const told = message(first, runs);
    const began = performance.now();
    await show(page, told);
    await page.locator(".dlnb-plot canvas, .dlnb-plot svg").first().waitFor();
    expect(performance.now() - began).toBeLessThan(15_000);
    expect((await rows(page)).length).toBe(200);
    const high = page.getByRole("slider", { name: "optimizer.lr, upper end of the selection" });
    await high.focus();
    const moved = performance.now();
    for (let i = 0; i < 10; i++) await page.keyboard.press("ArrowDown");
    await page.getByText("190 of 200 runs selected").waitFor();
    expect((performance.now() - moved) / 10).toBeLessThan(500);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("shows equal settings on demand, and says when nothing is left to show", async () => {
    const { page } = await open();
    await show(page, message());
    expect(await page.locator("table.config tbody tr:not(.group)").count()).toBe(2);
    await page.getByLabel("Show equal settings").check();
    expect(await page.locator("table.config tbody tr:not(.group)").count()).toBeGreaterThan(10);
    await show(page, message());
    await post(page, { type: "nothing", text: "These runs are gone." });
    await page.getByRole("status").filter({ hasText: "These runs are gone." }).waitFor();
    expect(await page.locator("main > div").isVisible()).toBe(false);
    await page.close();
  });

  test("text of runs is text", async () => {
    const { page, problems } = await open();
    const name = "<img src=x onerror=alert(1)>";
    await show(
      page,
      message(first, [madeUp({ name, lr: 0.1 }), madeUp({ name: "b", lr: 0.2, optimizer: "<b>x</b>" })]),
    );
    expect(await rows(page)).toContain(name);
    expect(await page.locator("img, b").count()).toBe(0);
    expect(problems).toEqual([]);
    await page.close();
  });

  test.each(Object.keys(themes) as (keyof typeof themes)[])(
    "in %s is read well by those who do not see it",
    async (theme) => {
      const { page } = await open(theme);
      await show(page, message());
      await page.locator(".dlnb-plot svg").waitFor();
      await page.getByLabel("Show equal settings").check();
      expect(await barriers(page)).toEqual([]);
      await page.close();
    },
  );
});
