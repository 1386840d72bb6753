import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before } from "mocha";
import type { Browser, Locator } from "playwright-core";
import { launchBrowser, Workbench } from "./browser.ts";
import { type CodeServer, type CodeServerOptions, startCodeServer } from "./codeServer.ts";
import { artifacts } from "./hosts.ts";

// One server and one window for all walks, with the packaged extension; imported bindings follow `reopen`.

const vsix = process.env.DLNB_VSIX as string;

/** Walks that share the machine train on a thread each. */
const settings = { "dlnb.threads": Number(process.env.DLNB_WALK_THREADS ?? 0) };

let browser: Browser;
export let server: CodeServer;
export let window: Workbench;

export const shot = (name: string, of = window) =>
  of.page.screenshot({ path: join(artifacts, `${name.replaceAll(/\W+/g, "-")}.png`) });

export const charts = (): Locator => window.outputs.locator("figure.dlnb-chart");

/** The same workspace in a server of its own, with other options. */
export async function reopen(options: CodeServerOptions): Promise<void> {
  await window.close();
  const before = server;
  server = await startCodeServer({
    vsix,
    workspace: before.workspace,
    ...options,
    settings: { ...settings, ...options.settings },
  });
  await before.dispose();
  window = await Workbench.open(browser, server.authority, server.workspace);
}

/** A second window on the same workspace; the walk closes it. */
export const another = (): Promise<Workbench> => Workbench.open(browser, server.authority, server.workspace);

before(async () => {
  mkdirSync(artifacts, { recursive: true });
  browser = await launchBrowser();
  server = await startCodeServer({ vsix, settings });
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
