import { homedir } from "node:os";
import * as vscode from "vscode";
import type { BackendName } from "../../engine/protocol/index.ts";
import { readSettings } from "../settings.ts";
import { doctorMarkdown, type Examination, type Trial } from "./report.ts";

const SCHEME = "dlnb-doctor";
const STEPS = 50;

/** A network that every backend trains in well under a second. */
const TRIAL = `const trial = experiment({
  data: (await data.moons({ n: 256, seed: 1 })).split({ valid: 0.25, seed: 1 }),
  model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(2)),
  loss: loss.crossEntropy(), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 32, seed: 1,
});
await trial.fit({ steps: ${STEPS} });`;

/** "dlnb: Doctor": looks at what training needs, tries it, and shows a report that says how to mend what is wrong. */
export function registerDoctor(extension: vscode.Extension<unknown>): vscode.Disposable[] {
  let report = "";
  const changed = new vscode.EventEmitter<vscode.Uri>();
  const uri = vscode.Uri.from({ scheme: SCHEME, path: "/dlnb Doctor.md" });
  return [
    changed,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: () => report,
    }),
    vscode.commands.registerCommand("dlnb.doctor", async () => {
      const location = vscode.ProgressLocation.Notification;
      const title = vscode.l10n.t("dlnb: checking this machine");
      const found = await vscode.window.withProgress({ location, title, cancellable: true }, (progress, cancelled) =>
        examine(extension, (message) => progress.report({ message }), cancelled),
      );
      if (found === null) return;
      report = doctorMarkdown(found);
      changed.fire(uri);
      await vscode.commands.executeCommand("markdown.showPreview", uri);
    }),
  ];
}

/** Null when it was cancelled. */
async function examine(
  extension: vscode.Extension<unknown>,
  progress: (message: string) => void,
  cancelled: vscode.CancellationToken,
): Promise<Examination | null> {
  const { version } = extension.packageJSON as { version: string };
  const { nodePath, mistakes } = readSettings();
  const found: Examination = {
    editor: { name: vscode.env.appName, version: vscode.version, remote: vscode.env.remoteName ?? null },
    extension: version,
    trusted: vscode.workspace.isTrusted,
    settings: mistakes,
    runtime: null,
    report: null,
    failure: null,
    trials: [],
  };
  if (!found.trusted) return found;
  const { KernelProcess, locateKernel } = await import("../kernel/index.ts");
  const start = (backend: "auto" | BackendName) =>
    KernelProcess.start({
      ...locateKernel(extension.extensionPath, nodePath),
      client: { name: "vscode doctor", version },
      notebook: null,
      folder: homedir(),
      backend,
      threads: 0,
      overrides: {},
      onEvent: () => {},
      onLog: () => {},
    });
  const trials: Trial[] = [];
  try {
    const { runtime, node } = locateKernel(extension.extensionPath, nodePath);
    progress(vscode.l10n.t("starting a kernel"));
    const kernel = await start("auto");
    const stop = cancelled.onCancellationRequested(() => kernel.kill());
    const report = await kernel.request("doctor", {}).finally(() => stop.dispose());
    await kernel.close();
    for (const { backend } of report.backends.filter(({ available }) => available)) {
      if (cancelled.isCancellationRequested) return null;
      progress(vscode.l10n.t("training on {0}", backend));
      trials.push(await tryOut(backend, start, cancelled));
    }
    return cancelled.isCancellationRequested
      ? null
      : { ...found, runtime: { kind: runtime, path: node }, report, trials };
  } catch (error) {
    if (cancelled.isCancellationRequested) return null;
    return { ...found, failure: error instanceof Error ? error.message : String(error) };
  }
}

async function tryOut(
  backend: BackendName,
  start: (backend: BackendName) => Promise<import("../kernel/index.ts").KernelProcess>,
  cancelled: vscode.CancellationToken,
): Promise<Trial> {
  const began = performance.now();
  try {
    const kernel = await start(backend);
    const stop = cancelled.onCancellationRequested(() => kernel.kill());
    try {
      const { ok, error } = await kernel.request("run", { cell: "trial", index: 1, text: TRIAL });
      return { backend, steps: STEPS, ms: performance.now() - began, error: ok ? null : (error?.message ?? "") };
    } finally {
      stop.dispose();
      await kernel.close();
    }
  } catch (error) {
    return { backend, steps: 0, ms: 0, error: error instanceof Error ? error.message : String(error) };
  }
}
