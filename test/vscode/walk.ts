import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "mocha";
import type { Browser } from "playwright-core";
import { launchBrowser, Workbench } from "./browser.ts";
import { type CodeServer, startCodeServer } from "./codeServer.ts";

const screenshots = join(import.meta.dirname, "../../screenshots");

describe("a walk through the product", () => {
  let server: CodeServer;
  let browser: Browser;
  let window: Workbench;

  before(async () => {
    mkdirSync(screenshots, { recursive: true });
    server = await startCodeServer({ vsix: process.env.DLNB_VSIX as string });
    browser = await launchBrowser();
    window = await Workbench.open(browser, server.authority, server.workspace);
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") await shot(`failed ${this.currentTest.title}`);
  });

  after(async () => {
    await window?.close();
    await browser?.close();
    await server?.dispose();
  });

  const shot = (name: string) =>
    window.page.screenshot({ path: join(screenshots, `${name.replaceAll(/\W+/g, "-")}.png`) });

  it("opens tour.dlnb as a notebook with the dlnb kernel", async () => {
    await window.openNotebook("tour.dlnb");
    await window.kernelChosen();
    await window.codeCell(0).waitFor();
    await shot("opened");
  });
});
