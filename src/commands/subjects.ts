import * as vscode from "vscode";
import type { Kernel } from "../controller/kernel.ts";
import { codeIndex } from "../controller/session.ts";
import { codeOf, type Declared, declared, makersIn } from "../notebook/cellCode.ts";

/** An experiment or run of a notebook, by its top-level name. */
export interface Subject {
  name: string;
  kind: Declared["kind"];
  /** What a reader tells it from another by. */
  summary: string;
  /** The last cell that makes it; null when only the kernel knows it. */
  cell: vscode.NotebookCell | null;
  /** The kernel has it. */
  live: boolean;
}

/** A kernel that computes answers late; what the cells say has to do then. */
const PATIENCE_MS = 2000;
const KINDS: Readonly<Record<string, Declared["kind"]>> = { Experiment: "experiment", Run: "run" };

/** Experiments and runs, in the order of their cells: those that the kernel holds and those that cells would make. */
export async function subjects(notebook: vscode.NotebookDocument, kernel: Kernel | null): Promise<Subject[]> {
  const found = new Map<string, Subject>();
  const code = notebook.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code);
  const makers = makersIn(code.map(({ document }) => document.getText()));
  for (const cell of code) {
    const text = cell.document.getText();
    for (const { name, kind } of declared(text, makers)) {
      const summary = vscode.l10n.t("cell {0}, not run yet: {1}", codeIndex(cell), excerpt(text, name));
      found.set(name, { name, kind, summary, cell, live: false });
    }
  }
  for (const { name, type, summary } of await variables(kernel)) {
    const kind = KINDS[type];
    const cell = found.get(name)?.cell ?? null;
    if (kind !== undefined) found.set(name, { name, kind, summary, cell, live: true });
  }
  const place = ({ cell }: Subject) => cell?.index ?? notebook.getCells().length;
  return [...found.values()].sort((a, b) => place(a) - place(b));
}

async function variables(kernel: Kernel | null) {
  if (kernel === null) return [];
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), PATIENCE_MS));
  const answer = await Promise.race([kernel.request("variables", {}).catch(() => null), late]);
  return answer?.variables ?? [];
}

/** How a cell makes a name, in one line. */
function excerpt(text: string, name: string): string {
  const from = Math.max(
    0,
    codeOf(text).search(new RegExp(String.raw`(?<![\p{ID_Continue}$.])${name.replaceAll("$", "\\$")}\s*[:=]`, "u")),
  );
  return `${text
    .slice(from, from + 200)
    .replaceAll(/\s+/g, " ")
    .slice(0, 90)} …`;
}

/** The one to act on, asking when there are several; runs come before the experiments that they trained. Undefined: nobody chose. */
export async function chooseSubject(
  found: readonly Subject[],
  of: readonly Declared["kind"][],
  title: string,
): Promise<Subject | undefined> {
  const fitting = of.map((kind) => found.filter((subject) => subject.kind === kind));
  const [first, ...others] = fitting.filter((group) => group.length > 0);
  // one run of one experiment: what was trained says more than what would be
  if (first?.length === 1 && others.every((group) => group.length === 1)) return first[0];
  const choices = fitting.flat().map((subject) => ({
    label: subject.name,
    description: subject.kind,
    detail: subject.summary,
    subject,
  }));
  const chosen = await vscode.window.showQuickPick(choices, {
    title,
    placeHolder: vscode.l10n.t("Which {0}?", of.join(vscode.l10n.t(" or "))),
    matchOnDetail: true,
  });
  return chosen?.subject;
}
