import { expect, test } from "vitest";
import { CurveRecorder } from "../../engine/plots/index.ts";
import { CHART_MIME } from "../../engine/protocol/index.ts";
import type { LiveStatus } from "../../media/chart/payload.ts";
import { inBrowser } from "./inBrowser.ts";
import { RendererPage } from "./rendererPage.ts";

const plan = {
  steps: [40, 55, 70, 85, 99],
  lr: [1e-2, 8e-3, 5e-3, 2e-3, 0],
  planned: [1e-3, 8e-4, 5e-4, 2e-4, 0],
};
const status = (given: Partial<LiveStatus> = {}): LiveStatus => ({
  paused: false,
  stopping: null,
  step: 40,
  steps: 100,
  epoch: 4,
  epochs: 10,
  lr: 1e-2,
  runs: 1,
  ownRates: false,
  plan,
  ...given,
});

/** The curve of a run of ten epochs of ten steps, after the first four. */
function curve(live: boolean) {
  const options = { id: "curve", run: "run-1", name: "tour", metrics: [], validation: true };
  const recorder = new CurveRecorder(() => {}, { ...options, stepsPerEpoch: 10, steps: 100, epochs: 10 });
  const steps = Array.from({ length: 40 }, (_, i) => i + 1);
  recorder.addTrain(
    steps,
    steps.map((step) => 2 * Math.exp(-step / 40)),
    steps.map(() => 1e-2),
  );
  for (const step of [10, 20, 30, 40])
    recorder.addEpoch({ epoch: step / 10, step, train: { loss: 1 }, valid: { loss: 1 } });
  recorder.addCheckpoint("runs/t/checkpoints/step-20.safetensors", 20);
  recorder.addCheckpoint("runs/t/checkpoints/last.safetensors", 40);
  recorder.addControl({ step: 25, change: { do: "set-lr", value: 1e-2 } });
  return recorder.chart(live);
}

inBrowser("a run's chart", (browser) => {
  async function open(live = true, given: Partial<LiveStatus> = {}) {
    const page = await RendererPage.open(browser(), "dark");
    await page.render("a", CHART_MIME, curve(live));
    await page.page.locator("figure svg").first().waitFor();
    const tell = (more: Partial<LiveStatus>) => page.send({ type: "live", run: "run-1", status: status(more) });
    await tell(given);
    const strip = page.page.locator(".dlnb-live");
    const changes = async () =>
      (await page.sent()).flatMap((one) => ((one as { type: string }).type === "control" ? [one] : []));
    return { page, strip, tell, changes, keys: page.page.keyboard };
  }
  const control = (change: object) => ({ type: "control", run: "run-1", change });

  test("has controls while it is live, and none for another run or after its end", async () => {
    const { page, strip } = await open();
    await strip.waitFor();
    await page.render("a", CHART_MIME, curve(false));
    await strip.waitFor({ state: "detached" });
    await page.send({ type: "live", run: "run-1", status: status() });
    expect(await strip.count()).toBe(0);
    await page.render("b", CHART_MIME, { ...curve(true), id: "other" });
    await page.send({ type: "live", run: "run-2", status: status() });
    expect(await strip.count()).toBe(0);
  });

  test("pauses, goes on, stops and takes that back", async () => {
    const { strip, tell, changes } = await open();
    await strip.getByRole("button", { name: "Pause" }).click();
    await strip.getByRole("button", { name: "Stop after epoch" }).click();
    await tell({ paused: true, stopping: "epoch", step: 1200, steps: 5000 });
    expect(await strip.getByRole("status").innerText()).toBe("paused at step 1,200 of 5,000");
    await strip.getByRole("button", { name: "Resume" }).click();
    await strip.getByRole("button", { name: "Stops after this epoch", pressed: true }).click();
    expect(await changes()).toEqual(
      ["pause", "stop-after-epoch", "resume", "keep-going"].map((what) => control({ do: what })),
    );
  });

  test("takes a rate that is one, and says why another is none", async () => {
    const { strip, tell, changes, keys } = await open();
    const field = strip.getByLabel("learning rate");
    expect(await field.inputValue()).toBe("0.01");
    for (const [wrong, why] of [
      ["fast", "not a number"],
      ["0", "above 0"],
      ["-1", "above 0"],
      ["", "not a number"],
    ] as const) {
      await field.fill(wrong);
      expect(await strip.getByRole("alert").innerText()).toContain(why);
      expect(await field.getAttribute("aria-invalid")).toBe("true");
      await field.press("Enter");
    }
    expect(await changes()).toEqual([]);
    await field.fill("3e-4");
    // what is being written is the reader's
    await tell({ lr: 9e-3 });
    expect(await field.inputValue()).toBe("3e-4");
    await field.press("Enter");
    await tell({ lr: 3e-4 });
    await strip.getByRole("button", { name: "×3" }).click();
    await strip.getByRole("button", { name: "×3" }).click();
    await field.fill("7");
    await keys.press("Escape");
    expect(await field.inputValue()).toBe("2.7e-3");
    expect(await changes()).toEqual([3e-4, 9e-4, 2.7e-3].map((value) => control({ do: "set-lr", value })));
  });

  test("has no rate to set where there is none", async () => {
    const { strip } = await open(true, { lr: null, plan: null });
    expect(await strip.getByLabel("learning rate").isDisabled()).toBe(true);
    expect(await strip.getByRole("button", { name: "Schedule..." }).isDisabled()).toBe(true);
  });

  test("draws the rest of its schedule by keys, and sends it", async () => {
    const { page, strip, changes, keys } = await open();
    const schedule = strip.getByRole("button", { name: "Schedule..." });
    await schedule.click();
    expect(await schedule.getAttribute("aria-expanded")).toBe("true");
    const points = strip.getByRole("slider");
    const count = await points.count();
    expect(count).toBeGreaterThanOrEqual(3);
    const apply = strip.getByRole("button", { name: "Apply" });
    expect(await apply.isDisabled()).toBe(true);
    // the first point: its place is that of the run
    await keys.press("Home");
    await keys.press("ArrowRight");
    await keys.press("ArrowDown");
    expect(await points.first().getAttribute("aria-valuetext")).toBe(`point 1 of ${count}: rate 9.09e-3 at step 40`);
    await keys.press("Insert");
    expect(await points.count()).toBe(count + 1);
    await keys.press("Delete");
    expect(await points.count()).toBe(count);
    await keys.press("End");
    await keys.press("Delete");
    expect(await points.count()).toBe(count);
    await keys.press("Enter");
    const [sent] = (await changes()) as { change: { do: string; points: [number, number][] } }[];
    expect(sent?.change.do).toBe("set-schedule");
    const { points: drawn = [] } = sent?.change ?? {};
    expect(drawn[0]?.[0]).toBe(40);
    expect(drawn[0]?.[1]).toBeCloseTo(1e-2 / 1.1, 10);
    expect(drawn.at(-1)?.[0]).toBe(99);
    expect(drawn.map(([step]) => step)).toEqual(drawn.map(([step]) => step).toSorted((a, b) => a - b));
    await page.page.locator(".dlnb-schedule").waitFor({ state: "detached" });
    // the keyboard is where it was
    expect(await schedule.evaluate((button) => button === document.activeElement)).toBe(true);
  });

  test("draws the rest of its schedule by mouse, resets it, and follows the plan again", async () => {
    const { page, strip, changes } = await open();
    await strip.getByRole("button", { name: "Schedule..." }).click();
    const points = strip.getByRole("slider");
    const before = await points.nth(1).getAttribute("aria-valuetext");
    const box = await points.nth(1).boundingBox();
    if (box === null) throw new Error("no point");
    await page.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.page.mouse.down();
    await page.page.mouse.move(box.x + 30, box.y + 30, { steps: 4 });
    await page.page.mouse.up();
    expect(await points.nth(1).getAttribute("aria-valuetext")).not.toBe(before);
    expect(await strip.getByRole("button", { name: "Apply" }).isEnabled()).toBe(true);
    await strip.getByRole("button", { name: "Reset" }).click();
    expect(await points.nth(1).getAttribute("aria-valuetext")).toBe(before);
    const count = await points.count();
    await strip.locator(".dlnb-schedule svg").dblclick({ position: { x: 300, y: 60 } });
    expect(await points.count()).toBe(count + 1);
    await strip.getByRole("button", { name: "Follow the plan" }).click();
    expect(await changes()).toEqual([control({ do: "follow-plan" })]);
  });

  test("marks what was changed by hand", async () => {
    const { page } = await open();
    await page.page.locator("figure svg text", { hasText: "lr 0.01" }).waitFor();
  });

  test("offers the nearest checkpoint before a click, and goes back on request", async () => {
    const { page } = await open(false);
    const plot = await page.page.locator("figure .losses_group > g > path.background").first().boundingBox();
    if (plot === null) throw new Error("no plot");
    const box = page.page.locator(".dlnb-pick");
    await page.page.mouse.click(plot.x + plot.width * 0.75, plot.y + 60);
    expect(await box.getAttribute("aria-label")).toBe("nearest checkpoint before: step 20");
    await page.page.keyboard.press("Escape");
    expect(await box.isVisible()).toBe(false);
    await page.page.mouse.click(plot.x + plot.width * 0.75, plot.y + 150);
    expect(await box.isVisible()).toBe(true);
    // another place, another offer
    await page.page.mouse.click(plot.x + plot.width * 0.1, plot.y + 60);
    expect(await box.getAttribute("aria-label")).toBe("no checkpoint is older; the first one: step 20");
    // elsewhere
    await page.page.mouse.click(5, 5);
    expect(await box.isVisible()).toBe(false);
  });

  test("goes back by keyboard", async () => {
    const { page, keys } = await open(false);
    await page.page.getByRole("slider", { name: "position on the chart" }).focus();
    await keys.press("End");
    await keys.press("Enter");
    await page.page.getByRole("button", { name: "Restore step 40" }).waitFor();
    await keys.press("Tab");
    await keys.press("Enter");
    const acts = (await page.sent()).filter((one) => (one as { type: string }).type === "act");
    expect(acts).toMatchObject([
      { action: { do: { kind: "go-back", how: "branch", file: "runs/t/checkpoints/last.safetensors", step: 40 } } },
    ]);
  });
});
