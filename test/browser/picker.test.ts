import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { picks } from "../../src/pickers/entries.ts";
import type { Kind } from "../../src/pickers/target.ts";
import { barriers, inBrowser } from "./inBrowser.ts";
import { openPanel, post } from "./panelPage.ts";

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

inBrowser("the picker's page", (browser) => {
  async function open(kind: Kind, theme = "vscode-light"): Promise<{ page: Page; problems: string[] }> {
    const { page, problems } = await openPanel(browser(), "picker", { kind: theme });
    await post(page, message(kind));
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
      post(page, {
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
    expect(await page.getByRole("button", { name: "Insert" }).isDisabled()).toBe(true);
    await answer(serial, "");
    await expect.poll(() => page.getByRole("button", { name: "Insert" }).isDisabled()).toBe(false);
    expect(problems).toEqual([]);
  });

  test.each(["vscode-light", "vscode-dark", "vscode-high-contrast"])(
    "has no barriers that axe knows of in %s",
    async (theme) => {
      const { page } = await open("init", theme);
      // colours are the editor's, which this page has none of
      expect(await barriers(page, ["color-contrast"])).toEqual([]);
    },
  );
});
