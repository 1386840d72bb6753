import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import type { Bundle } from "../../l10n/index.ts";

const root = join(import.meta.dirname, "../..");

/** Variables that VS Code sets, from its own default themes. */
export const themes = {
  dark: {
    class: "vscode-dark",
    variables: {
      "editor-foreground": "#cccccc",
      "editor-background": "#1f1f1f",
      "button-background": "#0078d4",
      "button-foreground": "#ffffff",
      "button-secondaryBackground": "#313131",
      "button-secondaryForeground": "#cccccc",
      errorForeground: "#f85149",
      focusBorder: "#0078d4",
      "textLink-foreground": "#4daafc",
    },
  },
  light: {
    class: "vscode-light",
    variables: {
      "editor-foreground": "#3b3b3b",
      "editor-background": "#ffffff",
      "button-background": "#005fb8",
      "button-foreground": "#ffffff",
      "button-secondaryBackground": "#e5e5e5",
      "button-secondaryForeground": "#3b3b3b",
      errorForeground: "#c72e0f",
      focusBorder: "#005fb8",
      "textLink-foreground": "#005fb8",
    },
  },
  contrast: {
    class: "vscode-high-contrast",
    variables: {
      "editor-foreground": "#ffffff",
      "editor-background": "#000000",
      "button-foreground": "#ffffff",
      contrastBorder: "#6fc3df",
      contrastActiveBorder: "#f38518",
      focusBorder: "#f38518",
      errorForeground: "#f48771",
      "textLink-foreground": "#21a6ff",
    },
  },
} as const;

export type ThemeName = keyof typeof themes;

let bundled: Promise<string> | undefined;

async function bundleRenderer(): Promise<string> {
  const entryPoints = [join(root, "media/renderer/index.ts")];
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, logLevel: "silent" });
  return outputFiles[0]?.text ?? "";
}

/** The renderer's bundle in a page that plays the notebook: the strict policy, theme variables, messages in and out. */
export class RendererPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Without `messaging` nobody listens to the page, as where a notebook is only shown; `bundle` is the language that the editor speaks. */
  static async open(
    browser: Browser,
    theme: ThemeName,
    width = 760,
    messaging = true,
    bundle: Bundle | null = null,
  ): Promise<RendererPage> {
    const page = await browser.newPage({ viewport: { width, height: 640 }, deviceScaleFactor: 1.5 });
    bundled ??= bundleRenderer();
    const script = await bundled;
    await page.route("http://notebook.test/**", (route) =>
      route.request().url().endsWith("renderer.js")
        ? route.fulfill({ contentType: "text/javascript", body: script })
        : route.fulfill({ contentType: "text/html", body: readFileSync(join(import.meta.dirname, "renderer.html")) }),
    );
    if (bundle !== null) await page.addInitScript((words) => void Object.assign(window, { words }), bundle);
    await page.goto(`http://notebook.test/${messaging ? "" : "?alone"}`);
    await page.waitForFunction("window.ready");
    const renderer = new RendererPage(page);
    await renderer.theme(theme);
    return renderer;
  }

  async theme(name: ThemeName): Promise<void> {
    await this.page.evaluate(({ class: kind, variables }) => {
      document.body.className = kind;
      const names = Object.entries(variables).map(([key, value]) => `--vscode-${key}: ${value}`);
      document.documentElement.setAttribute("style", names.join("; "));
    }, themes[name]);
  }

  render(id: string, mime: string, value: unknown): Promise<void> {
    return this.page.evaluate(([id, mime, value]) => window.render(id, mime, value), [id, mime, value] as const);
  }

  send(message: unknown): Promise<void> {
    return this.page.evaluate((message) => window.receive(message), message);
  }

  sent(): Promise<unknown[]> {
    return this.page.evaluate(() => window.sent);
  }
}

declare global {
  interface Window {
    ready: boolean;
    sent: unknown[];
    render(id: string, mime: string, value: unknown): void;
    receive(message: unknown): void;
  }
}
