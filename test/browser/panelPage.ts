import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import * as vscode from "vscode";
import { type PanelView, page as panelHtml } from "../../src/panel/page.ts";
import { problemsOf } from "./inBrowser.ts";

/** How a theme is known to a page: the class of its body, and colours as the style of its root. */
export interface PanelTheme {
  readonly kind: string;
  readonly style?: string;
}

let bundled: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const entryPoints = [join(import.meta.dirname, "../../media/panel/index.ts")];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, logLevel: "silent" });
  return outputFiles[0]?.text ?? "";
}

/**
 * A panel as the editor makes it, with its policy, once the page has said that it is ready: what it sends is in `window.sent`, the
 * state that it keeps in `window.kept`, and what it complained of in `problems`.
 */
export async function openPanel(
  browser: Browser,
  view: PanelView,
  { kind, style = "" }: PanelTheme,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  bundled ??= bundle();
  const script = await bundled;
  const page = await browser.newPage(options);
  const problems = problemsOf(page);
  const webview = { asWebviewUri: () => "panel.js" } as unknown as vscode.Webview;
  const html = panelHtml(webview, vscode.Uri.file("/dist"), view)
    .replace("<html", `<html style="${style}"`)
    .replace("<body", `<body class="${kind}"`);
  await page.addInitScript(() => {
    window.sent = [];
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => window.sent.push(message),
      getState: () => window.kept,
      setState: (state) => {
        window.kept = state;
      },
    });
  });
  await page.route("http://panel.test/**", (route) =>
    route.request().url().endsWith("panel.js")
      ? route.fulfill({ contentType: "text/javascript", body: script })
      : route.fulfill({ contentType: "text/html", body: html }),
  );
  await page.goto("http://panel.test/");
  await page.waitForFunction(() => window.sent.length === 1);
  return { page, problems };
}

/** Tells the page something, as the editor does, and waits until it has heard it. */
export const post = (page: Page, message: object): Promise<void> =>
  page.evaluate(
    (data) =>
      new Promise<void>((heard) => {
        // the page listens already, and so is told first
        addEventListener("message", () => heard(), { once: true });
        postMessage(data, "*");
      }),
    message,
  );

declare global {
  interface Window {
    kept: unknown;
    acquireVsCodeApi(): {
      postMessage(message: unknown): void;
      getState(): unknown;
      setState(state: unknown): void;
    };
  }
}
