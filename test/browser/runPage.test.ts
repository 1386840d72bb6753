import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { plots } from "../../engine/plots/recorded/index.ts";
import type { RunHead, ToRunPage } from "../../src/runs/messages.ts";
import { small } from "../unit/src/runs/logs.ts";
import { barriers, inBrowser } from "./inBrowser.ts";
import { openPanel, post as send } from "./panelPage.ts";

const EVIL = "<img src=x onerror=alert(1)>";

const head = (given: Partial<RunHead> = {}): RunHead => ({
  key: "k",
  name: EVIL,
  status: "finished",
  word: "finished",
  sentence: "",
  figures: [{ name: "accuracy", text: "0.9" }],
  facts: [{ name: "seed", text: "7" }],
  kept: true,
  ...given,
});

function messages(): ToRunPage[] {
  const curve = plots.learningCurve("curve", "1");
  for (const line of small()) curve.take(line);
  const event = (i: number) => ({ step: String(i), text: `${EVIL} ${i}`, level: "info" as const });
  return [
    { type: "run", run: head() },
    { type: "chart", place: "curves", chart: curve.chart(false), why: "" },
    { type: "chart", place: "statistics", chart: null, why: "nothing was recorded" },
    {
      type: "configuration",
      configuration: {
        groups: [{ title: "Training", rows: [{ name: "optimizer", text: "adam()" }] }],
        layers: [{ path: "0", type: "linear", shape: "10", parameters: "1,210" }],
        more: 2,
        code: true,
      },
    },
    { type: "events", events: Array.from({ length: 40 }, (_, i) => event(60 + i)), first: 60, total: 100 },
    {
      type: "checkpoints",
      checkpoints: [
        { file: "checkpoints/last.safetensors", step: 6, epoch: "3", why: "end", size: "1 kB", there: true },
        { file: "checkpoints/best.safetensors", step: 4, epoch: "2", why: "best", size: "", there: false },
      ],
    },
    { type: "notes", text: "as before", why: "" },
  ];
}

inBrowser("a run's page", (browser) => {
  const post = (page: Page, message: ToRunPage) => send(page, message);

  async function open(theme = "vscode-light"): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await openPanel(
      browser(),
      "run",
      { kind: theme },
      { viewport: { width: 460, height: 900 } },
    );
    for (const message of messages()) await post(page, message);
    await page.locator("figure.dlnb-chart svg").first().waitFor();
    return { page, problems };
  }
  const kept = (page: Page) => page.evaluate(() => window.kept);
  const last = (page: Page) => page.evaluate(() => window.sent.at(-1));

  test("is worked by keyboard: arrows change the part, which is kept", async () => {
    const { page, problems } = await open();
    await page.getByRole("tab", { name: "Curves" }).focus();
    const names = ["Statistics", "Configuration", "Log", "Checkpoints", "Notes", "Curves"];
    for (const name of names) {
      await page.keyboard.press("ArrowRight");
      expect(await page.getByRole("tab", { selected: true }).innerText()).toBe(name);
      expect(await page.getByRole("tabpanel").count()).toBe(1);
      expect(await last(page)).toEqual({ type: "section", section: name.toLowerCase() });
    }
    await page.keyboard.press("End");
    expect(await kept(page)).toMatchObject({ key: "k", section: "notes" });
    expect(problems).toEqual([]);
  });

  test("shows what runs call themselves as text", async () => {
    const { page, problems } = await open();
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe(EVIL);
    await page.getByRole("tab", { name: "Log" }).click();
    expect(await page.locator("img").count()).toBe(0);
    expect(problems).toEqual([]);
  });

  test("has the newest event last and in sight, adds what comes, and shows earlier ones when they are asked for", async () => {
    const { page } = await open();
    await page.getByRole("tab", { name: "Log" }).click();
    const rows = page.getByRole("tabpanel").locator("tbody tr");
    const event = (step: number) => ({ step: String(step), text: `event ${step}`, level: "info" as const });
    await post(page, { type: "events", events: [event(100), event(101)], first: 100, total: 102 });
    await expect.poll(() => rows.count()).toBe(42);
    expect(await rows.last().innerText()).toMatch(/event 101/);
    await expect
      .poll(() => page.locator(".run-log").evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight))
      .toBeLessThan(2);
    await page.getByRole("button", { name: "Show earlier events (60)" }).click();
    expect(await last(page)).toEqual({ type: "earlier", before: 60 });
    await post(page, { type: "events", events: Array.from({ length: 60 }, (_, i) => event(i)), first: 0, total: 102 });
    await expect.poll(() => rows.count()).toBe(102);
    expect(await rows.first().innerText()).toMatch(/event 0/);
    expect(await page.getByRole("button", { name: /earlier/ }).isVisible()).toBe(false);
  });

  test("has a window of 100,000 events that moves as one scrolls, and goes to the first and the newest", async () => {
    const { page } = await open();
    await page.getByRole("tab", { name: "Log" }).click();
    const rows = page.getByRole("tabpanel").locator("tbody tr");
    const list = page.locator(".run-log");
    const total = 100_000;
    const give = (first: number, count: number, all = total) =>
      post(page, {
        type: "events",
        events: Array.from({ length: count }, (_, i) => ({ step: "", text: `event ${first + i}`, level: "info" })),
        first,
        total: all,
      });
    await page.getByRole("button", { name: "First" }).click();
    expect(await last(page)).toEqual({ type: "earlier", before: 100 });
    await give(0, 100, 100);
    await give(99_800, 0);
    await page.getByRole("button", { name: "Newest" }).click();
    await give(99_800, 200);
    await expect.poll(() => rows.last().innerText()).toMatch(/event 99999/);
    for (let first = 99_600; first >= 98_600; first -= 200) {
      await list.evaluate((one) => {
        one.scrollTop = 0;
      });
      await expect.poll(() => last(page)).toEqual({ type: "earlier", before: first + 200 });
      await give(first, 200);
    }
    expect(await rows.count()).toBe(1000);
    expect(await rows.first().innerText()).toMatch(/event 98600/);
    await page.getByText("events 98,601 to 99,600 of 100,000").waitFor();
    // what comes meanwhile moves nothing
    await give(100_000, 1, 100_001);
    expect(await rows.first().innerText()).toMatch(/event 98600/);
    await page.getByRole("button", { name: "Newest" }).click();
    expect(await last(page)).toEqual({ type: "earlier", before: 100_001 });
    await give(99_801, 200, 100_001);
    await expect.poll(() => rows.count()).toBe(200);
    await page.getByRole("button", { name: "First" }).click();
    expect(await last(page)).toEqual({ type: "earlier", before: 200 });
    await give(0, 200, 100_001);
    await expect.poll(() => rows.first().innerText()).toMatch(/event 0$/);
  });

  test("sends notes with every key and keeps them until they are in the file", async () => {
    const { page } = await open();
    await page.getByRole("tab", { name: "Notes" }).click();
    const area = page.getByRole("textbox");
    expect(await area.inputValue()).toBe("as before");
    await area.press("End");
    await area.pressSequentially("!!");
    expect(await last(page)).toEqual({ type: "notes", text: "as before!!", edit: 2 });
    expect(await kept(page)).toMatchObject({ draft: { text: "as before!!" } });
    // an older answer, and a file that is read meanwhile, change nothing
    await post(page, { type: "saved", edit: 1 });
    await post(page, { type: "notes", text: "as before", why: "" });
    expect(await area.inputValue()).toBe("as before!!");
    await post(page, { type: "saved", edit: 2 });
    await page.getByText("Saved").waitFor();
    expect(await kept(page)).toMatchObject({ draft: null });
  });

  test("goes back to checkpoints that are there", async () => {
    const { page } = await open();
    await page.getByRole("tab", { name: "Checkpoints" }).click();
    expect(await page.getByRole("button", { name: "Restore" }).count()).toBe(1);
    await page.getByRole("button", { name: "Branch" }).click();
    expect(await last(page)).toEqual({
      type: "checkpoint",
      do: "branch",
      file: "checkpoints/last.safetensors",
      step: 6,
    });
  });

  test("has controls while it trains, and none after", async () => {
    const { page } = await open();
    const place = { step: 2, steps: 6, epoch: 1, epochs: 3 };
    const status = { paused: false, stopping: null, ...place, lr: 0.1, runs: 1, ownRates: false, plan: null };
    await post(page, { type: "live", status });
    await page.getByRole("button", { name: /Pause/ }).click();
    expect(await last(page)).toEqual({ type: "control", change: { do: "pause" } });
    await post(page, { type: "live", status: null });
    await page.getByRole("button", { name: /Pause/ }).waitFor({ state: "detached" });
  });

  test("says that its run is gone, and of one that is kept nowhere what is missing", async () => {
    const { page } = await open();
    await post(page, { type: "gone", why: "it was deleted" });
    await page.getByRole("alert").getByText("it was deleted").waitFor();
    await post(page, { type: "run", run: head({ kept: false }) });
    await page.getByRole("tab", { name: "Notes" }).click();
    await page.getByRole("tabpanel").getByText("The notebook is untitled").waitFor();
    expect(await page.getByRole("button", { name: "Open Folder" }).isDisabled()).toBe(true);
  });

  test.each(["vscode-light", "vscode-dark", "vscode-high-contrast"])(
    "has no barriers that axe knows of in %s",
    async (theme) => {
      const { page } = await open(theme);
      for (const name of ["Curves", "Statistics", "Configuration", "Log", "Checkpoints", "Notes"]) {
        await page.getByRole("tab", { name }).click();
        // colours are the editor's, which this page has none of
        expect([name, ...(await barriers(page, ["color-contrast"]))]).toEqual([name]);
      }
    },
  );
});
