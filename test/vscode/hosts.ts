import { cpSync, createWriteStream, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { format } from "node:util";
import { runTests } from "@vscode/test-electron";
import { launchBrowser } from "./browser.ts";
import { startCodeServer } from "./codeServer.ts";

export interface Counts {
  passed: number;
  failed: number;
}

/** Screenshots and logs of the last run; git ignores it. */
export const artifacts = join(import.meta.dirname, "../../test-results");

/** Runs the bundled suite in code-server's extension host; true when it passed. */
export async function runSuiteInServer(extension: string, suite: string): Promise<boolean> {
  const server = await startCodeServer({ testDriver: true });
  const browser = await launchBrowser();
  try {
    mkdirSync(artifacts, { recursive: true });
    const page = await browser.newPage();
    const done = Promise.withResolvers<number>();
    const log = createWriteStream(join(artifacts, "suite.log"));
    await page.exposeFunction("codeAutomationLog", (_type: string, args: unknown[]) => {
      const text = format(...args);
      log.write(`${text}\n`);
      if (text.startsWith("suite|")) console.log(text.slice("suite|".length));
    });
    await page.exposeFunction("codeAutomationExit", (code: number) => done.resolve(code));
    const payload = JSON.stringify([
      ["extensionDevelopmentPath", `vscode-remote://${server.authority}${extension}`],
      ["extensionTestsPath", `vscode-remote://${server.authority}${suite}`],
    ]);
    await page.goto(`http://${server.authority}/?folder=${server.workspace}&payload=${encodeURIComponent(payload)}`);
    const timeout = setTimeout(() => done.reject(new Error("the suite did not end within 10 minutes")), 600_000);
    const code = await done.promise.finally(() => clearTimeout(timeout));
    await page.goto("about:blank");
    return code === 0;
  } finally {
    await browser.close();
    await server.dispose();
  }
}

/** Runs the bundled suite in VS Code desktop, which is downloaded when it is not there; true when it passed. */
export async function runSuiteInElectron(extension: string, suite: string): Promise<boolean> {
  const scratch = mkdtempSync(join(tmpdir(), "dlnb-electron-"));
  const workspace = join(scratch, "workspace");
  cpSync(join(extension, "examples"), workspace, { recursive: true, filter: (path) => basename(path) !== ".dlnb" });
  try {
    const launchArgs = [
      workspace,
      "--disable-extensions",
      "--disable-workspace-trust",
      "--user-data-dir",
      join(scratch, "data"),
    ];
    const code = await runTests({ extensionDevelopmentPath: extension, extensionTestsPath: suite, launchArgs });
    return code === 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
  }
}
