import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from "playwright-core";

const candidates = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The Chromium of this machine, when there is one. */
export function browserPath(): string | undefined {
  return candidates.find((path) => path !== undefined && existsSync(path));
}

/** Headless Chromium; throws when none is installed. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = browserPath();
  if (!executablePath) throw new Error("no Chromium found; install the package chromium, or name one in CHROMIUM");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Waits until `fits` holds, and says whether it came to that within so many milliseconds. */
export async function until(fits: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<boolean> {
  for (const since = performance.now(); !(await fits()); await sleep(100)) {
    if (performance.now() - since > withinMs) return false;
  }
  return true;
}

/** One VS Code window, and where things are in it. */
export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  static async open(browser: Browser, authority: string, folder: string): Promise<Workbench> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    await page.goto(`http://${authority}/?folder=${folder}`);
    await page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    const workbench = new Workbench(page);
    await workbench.contributions();
    return workbench;
  }

  /** The page, its extension host and all that it holds begin anew. The command keeps which editors are open; a page that goes by itself may not. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("load", { timeout: 60_000 });
    await this.command("Developer: Reload Window");
    await loaded;
    await this.page.locator(".monaco-workbench").waitFor({ timeout: 60_000 });
    await this.contributions();
  }

  /** Contributions register seconds after the window shows; a file opened before that opens as text. */
  private async contributions(): Promise<void> {
    for (let tries = 0; tries < 40; tries++) {
      await this.palette("dlnb: New Notebook");
      const found = await this.page
        .locator(".quick-input-list .monaco-list-row", { hasText: /New Notebook/ })
        .first()
        .isVisible();
      await this.page.keyboard.press("Escape");
      if (found) return;
      await this.page.waitForTimeout(500);
    }
    throw new Error("no command of dlnb appeared in the palette within 20 s");
  }

  private async palette(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.page.locator(".quick-input-widget input").first().fill(`>${title}`);
    await this.page.waitForTimeout(300);
  }

  /** Runs a command by its title in the palette. */
  async command(title: string): Promise<void> {
    await this.palette(title);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
  }

  async openNotebook(name: string): Promise<void> {
    await this.command("View: Close All Editors");
    // what a test typed is not for the next one
    const discard = this.page.getByRole("button", { name: "Don't Save" });
    await this.page.waitForTimeout(300);
    if (await discard.isVisible()) await discard.click();
    await this.openFile(name);
    await this.page.locator(".notebook-toolbar-container:visible").waitFor({ timeout: 20_000 });
    await this.kernelChosen();
  }

  /** A file in the explorer, which hears nothing of what comes to disk while its watcher is starting. */
  private async openFile(name: string): Promise<void> {
    const row = this.page.locator(".explorer-folders-view .monaco-list-row", { hasText: name }).first();
    for (let tries = 0; tries < 10; tries++) {
      await this.command("Refresh Explorer");
      await this.page.waitForTimeout(500 * tries);
      if (await row.isVisible()) return row.dblclick();
      // what is further down in the list is not drawn
      await this.page.keyboard.press("F1");
      await this.page.locator(".quick-input-widget input").first().fill(name);
      const found = this.page.locator(".quick-input-list .monaco-list-row .label-name", { hasText: name }).first();
      const there = await found.waitFor({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
      if (there) return found.click();
      await this.page.keyboard.press("Escape");
    }
    throw new Error(`neither the explorer nor the search of files lists ${name}`);
  }

  /** As a person does it: "Preferences: Color Theme". */
  async theme(name: string): Promise<void> {
    await this.command("Preferences: Color Theme");
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().waitFor();
    await this.page.locator(".quick-input-widget input").first().fill(name);
    await this.page.waitForTimeout(300);
    const workbench = this.page.locator(".monaco-workbench").first();
    const before = (await workbench.getAttribute("class")) ?? "";
    await this.page.keyboard.press("Enter");
    await this.page.locator(".quick-input-widget:visible").waitFor({ state: "hidden" });
    // it may be the theme that there is
    await until(async () => (await workbench.getAttribute("class")) !== before, 1500);
    // pages follow, and draw their charts anew
    await this.page.waitForTimeout(700);
  }

  /** Waits until the dlnb kernel is the notebook's. */
  private async kernelChosen(): Promise<void> {
    await this.page
      .locator(".notebook-toolbar-container:visible .kernel-label", { hasText: "dlnb" })
      .waitFor({ timeout: 20_000 });
  }

  toolbar(name: string | RegExp): Locator {
    return this.page.locator(".notebook-toolbar-container:visible").getByRole("button", { name });
  }

  /** Scrolls until the code cell that holds `text` is near the top: the list draws only what is near the window. */
  async reveal(text: string): Promise<Locator> {
    const list = await this.page.locator(".notebookOverlay .cell-list-container:visible").boundingBox();
    if (list === null) throw new Error("no notebook is open");
    await this.page.locator(".notebookOverlay .monaco-list-row:visible").first().waitFor();
    await this.page.mouse.move(list.x + list.width - 10, list.y + 60);
    const cell = this.codeCell(text);
    await this.scroll(-10_000);
    for (let tries = 0; tries < 60; tries++) {
      await this.page.waitForTimeout(150);
      const box = (await cell.count()) > 0 ? await cell.boundingBox() : null;
      const away = box === null ? 400 : box.y - list.y - 20;
      if (Math.abs(away) < 40) return cell;
      await this.scroll(Math.max(-400, Math.min(400, away)));
    }
    return cell;
  }

  /** Whether the top of the cell, where its buttons are, can be pointed at. */
  private async inView(text: string): Promise<boolean> {
    const list = await this.page.locator(".notebookOverlay .cell-list-container:visible").boundingBox();
    const cell = (await this.codeCell(text).count()) > 0 ? await this.codeCell(text).boundingBox() : null;
    return list !== null && cell !== null && cell.y > list.y && cell.y + 80 < list.y + list.height;
  }

  /** Turns the wheel over the notebook; one notch is 50 pixels, however far the event says. */
  private async scroll(pixels: number): Promise<void> {
    const notches = Math.max(1, Math.round(Math.abs(pixels) / 50));
    for (let i = 0; i < notches; i++) await this.page.mouse.wheel(0, Math.sign(pixels) * 120);
  }

  /** Presses Interrupt; when the window saw the click and when no cell ran any more, in ms since 1970. */
  async interrupt(): Promise<{ clickedAt: number; idleAt: number }> {
    const clicked = this.page.evaluate(
      () =>
        new Promise<number>((resolve) =>
          document.addEventListener("click", () => resolve(Date.now()), { capture: true, once: true }),
        ),
    );
    await this.toolbar("Interrupt").click();
    const clickedAt = await clicked;
    await this.page.waitForFunction(
      () => document.querySelector(".notebookOverlay .codicon-notebook-state-executing") === null,
    );
    return { clickedAt, idleAt: await this.page.evaluate(() => Date.now()) };
  }

  /** The code cell that holds `text`; it must be near enough to the window to be drawn. */
  codeCell(text: string): Locator {
    return this.page.locator(".notebookOverlay .code-cell-row", { hasText: text }).first();
  }

  /** Runs one cell by its own button. */
  async runCell(text: string): Promise<void> {
    const cell = (await this.inView(text)) ? this.codeCell(text) : await this.reveal(text);
    await cell.hover({ position: { x: 60, y: 20 } });
    await cell.locator(".run-button-container .codicon-notebook-execute").first().click();
  }

  /** Starts every cell of the notebook. A click on a toolbar that is drawn anew just then is lost, and is made again. */
  async runAll(): Promise<void> {
    await this.toolbar("Run All").click();
    const running = () => this.toolbar("Interrupt").waitFor({ timeout: 5000 });
    await running().catch(async () => {
      await this.toolbar("Run All").click();
      await running();
    });
  }

  /** Waits until no cell runs or waits to. */
  async idle(timeout = 120_000): Promise<void> {
    await this.toolbar("Run All").waitFor({ timeout });
  }

  /** Everything that the notebook's outputs say, as text. */
  async outputText(): Promise<string> {
    return (await this.outputs.locator("body").innerText({ timeout: 10_000 })).replaceAll(/\s+/g, " ");
  }

  /** The document in which all outputs of the notebook are drawn. */
  get outputs(): FrameLocator {
    return this.page
      .locator('iframe.webview.ready[src*="purpose=notebookRenderer"]')
      .locator("visible=true")
      .contentFrame()
      .frameLocator("iframe#active-frame");
  }

  toasts(): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item-message");
  }

  /** Without leaving first, the extension host would wait for this window to come back. */
  async close(): Promise<void> {
    await this.page.goto("about:blank");
    await this.page.close();
  }
}
