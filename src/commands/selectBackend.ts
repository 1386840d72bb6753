import * as vscode from "vscode";
import type { BackendChoice, DoctorReport } from "../../engine/protocol/index.ts";
import { translated } from "../../l10n/index.ts";
import type { Session } from "../controller/session.ts";
import { readSettings } from "../settings.ts";

type Choice = vscode.QuickPickItem & { backend: BackendChoice };

/** Asks which backend trains from now on and keeps the answer in the settings; running kernels follow. */
export async function selectBackend(session: Session | undefined): Promise<void> {
  const chosen = readSettings().backend;
  const report = await doctor(session);
  const found = (backend: "webgpu" | "wasm") => report?.backends.find((entry) => entry.backend === backend);
  const choices: Choice[] = [
    {
      backend: "auto",
      label: "auto",
      detail:
        report === null
          ? vscode.l10n.t("a GPU where it is faster than the CPU on the model, else WebAssembly")
          : vscode.l10n.t("now {0}: {1}", report.auto.backend, translated(report.auto.why)),
    },
    {
      backend: "webgpu",
      label: "webgpu",
      detail:
        found("webgpu")?.detail ??
        vscode.l10n.t("the graphics card through WebGPU; a software adapter where there is none"),
    },
    {
      backend: "wasm",
      label: "wasm",
      detail: found("wasm")?.detail ?? vscode.l10n.t("the CPU through WebAssembly SIMD, on several threads"),
    },
  ];
  const choice = await vscode.window.showQuickPick(
    choices.map((item) => (item.backend === chosen ? { ...item, description: vscode.l10n.t("chosen") } : item)),
    {
      title: vscode.l10n.t("Select Backend"),
      placeHolder: vscode.l10n.t("What cells train on; what is compiled from now on uses it"),
    },
  );
  if (choice === undefined) return;
  const settings = vscode.workspace.getConfiguration("dlnb");
  // where it was set before; else for the user, so that no file appears in the workspace
  const { Workspace, Global } = vscode.ConfigurationTarget;
  const target = settings.inspect("backend")?.workspaceValue === undefined ? Global : Workspace;
  await settings.update("backend", choice.backend, target);
}

/** What a running kernel knows about this machine; null when none runs or it is slow to say. */
async function doctor(session: Session | undefined): Promise<DoctorReport | null> {
  const kernel = await session?.kernel?.catch(() => null);
  if (!kernel) return null;
  const patience = new Promise<null>((resolve) => setTimeout(() => resolve(null), 2000));
  return Promise.race([kernel.request("doctor", {}).catch(() => null), patience]);
}
