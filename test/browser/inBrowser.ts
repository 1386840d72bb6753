import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { browserPath, launchBrowser } from "../vscode/browser.ts";

/** Tests that share a browser, which opens before the first and closes after the last; without Chromium they are skipped. */
export function inBrowser(what: string, tests: (browser: () => Browser) => void): void {
  describe.skipIf(browserPath() === undefined)(what, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser();
    });
    afterAll(() => browser?.close());
    tests(() => browser);
  });
}

/** All that the page says on its console and that fails in it, from now on. */
export function problemsOf(page: Page): string[] {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  return problems;
}

/** What axe finds wrong with the page as it is, a line for each rule; `except`: rules that it cannot be asked about. */
export async function barriers(page: Page, except: readonly string[] = []): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  return page.evaluate(async (except) => {
    const rules = Object.fromEntries(except.map((rule) => [rule, { enabled: false }]));
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run(document, {
      resultTypes: ["violations"],
      rules,
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" ")}`);
  }, except);
}
