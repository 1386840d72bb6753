import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import * as vscode from "vscode";
import { FINDINGS_MIME, type Findings, type Output, type RunStatus } from "../../engine/protocol/index.ts";

/** The first line of a log, which holds the whole experiment, is not longer. */
const MOST_LINE = 256 * 1024;
const NAME = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/**
 * What can be done about a run whose kernel died: a cell that goes on from its last checkpoint. Null when none was written.
 * `runFolder` is the notebook's, in whose own folder paths of cells begin.
 */
export async function resumeOffer(run: RunStatus | null, runFolder: string | null): Promise<Output | null> {
  if (run === null || run.folder === null || runFolder === null) return null;
  const checkpoint = await newestCheckpoint(join(run.folder, "checkpoints"));
  if (checkpoint === null) return null;
  const kept = dirname(runFolder);
  // an untitled notebook's is elsewhere
  const path = (basename(kept) === ".dlnb" ? relative(dirname(kept), checkpoint.path) : checkpoint.path)
    .split(sep)
    .join("/");
  const experiment = (await experimentOf(join(run.folder, "log.jsonl"))) ?? "exp";
  const text = `const run = await ${experiment}.fit({ epochs: ${run.epochs}, resume: ${JSON.stringify(path)} });`;
  const at = checkpoint.step === null ? "" : vscode.l10n.t(" at step {0}", checkpoint.step.toLocaleString("en-US"));
  const findings: Findings = {
    id: `resume-${run.id}`,
    title: vscode.l10n.t("the run can go on from its last checkpoint{0}", at),
    findings: [
      {
        rule: "kernel-ended",
        severity: "info",
        title: vscode.l10n.t("training can go on{0}", at),
        saw: vscode.l10n.t(
          "the kernel ended after step {0}; {1} is its last checkpoint",
          Math.max(run.step, checkpoint.step ?? 0).toLocaleString("en-US"),
          path,
        ),
        why: vscode.l10n.t("a run that is continued gives the bits of one that was not interrupted"),
        tries: [
          {
            text: vscode.l10n.t("run the cells that define the experiment again, and then"),
            action: {
              label: vscode.l10n.t("Resume from checkpoint{0}", at),
              title: vscode.l10n.t("Inserts a cell below that continues the run"),
              do: { kind: "insert-cell", text },
            },
          },
        ],
      },
    ],
  };
  const plain = `${findings.title}: ${text}`;
  return {
    id: findings.id,
    items: [
      { mime: FINDINGS_MIME, data: findings },
      { mime: "text/plain", data: plain },
    ],
  };
}

async function newestCheckpoint(folder: string): Promise<{ path: string; step: number | null } | null> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(".safetensors"));
  const files = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name)).catch(() => null))?.mtimeMs ?? 0 })),
  );
  const [newest] = files.sort((a, b) => b.at - a.at);
  if (newest === undefined) return null;
  const step = /^step-(\d+)\./.exec(newest.name)?.[1];
  return { path: join(folder, newest.name), step: step === undefined ? null : Number(step) };
}

/** The name that the run's experiment had in the notebook. */
async function experimentOf(log: string): Promise<string | null> {
  try {
    const file = await open(log);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_LINE), 0, MOST_LINE, 0);
      const { experiment } = JSON.parse(buffer.toString("utf8", 0, bytesRead).split("\n", 1)[0] ?? "");
      return typeof experiment === "string" && NAME.test(experiment) ? experiment : null;
    } finally {
      await file.close();
    }
  } catch {
    return null;
  }
}
