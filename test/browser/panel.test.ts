import { expect, test } from "vitest";
import { insertRate, landscape } from "./charts.ts";
import { inBrowser } from "./inBrowser.ts";
import { openPanel, post } from "./panelPage.ts";

inBrowser("a panel", (browser) => {
  test("turns a surface, saves its mesh and passes on what its buttons offer, under its strict policy", async () => {
    const { page, problems } = await openPanel(browser(), "chart", { kind: "vscode-light" });
    const chart = landscape("a");
    const usermeta = { dlnb: { ...(chart.spec.usermeta as { dlnb: object }).dlnb, actions: [insertRate] } };
    await post(page, { type: "chart", chart: { ...chart, spec: { ...chart.spec, usermeta } } });
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
