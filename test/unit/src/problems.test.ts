import { beforeEach, describe, expect, test } from "vitest";
import type * as api from "vscode";
import { FINDINGS_MIME, type Finding } from "../../../engine/protocol/index.ts";
import { FindingProblems } from "../../../src/problems/findingProblems.ts";
import { STALE } from "../../../src/problems/findings.ts";
import { fakeNotebook } from "../../fake/notebook.ts";
import {
  commands,
  languages,
  NotebookCellOutput,
  NotebookCellOutputItem,
  TabInputNotebook,
  window,
  workspace,
} from "../../fake/vscode.ts";

const action = { label: "Insert 1e-3", title: "", do: { kind: "insert-cell", text: "1" } } as const;
const finding = (severity: Finding["severity"], more: Partial<Finding> = {}): Finding => ({
  rule: "initial-loss",
  severity,
  title: "the initial loss is not what it should be",
  saw: "9.21, where ln 10 = 2.30 is expected",
  why: "",
  tries: [{ text: "check the last layer" }, { text: "lower the rate", action }],
  ...more,
});

const output = (findings: unknown, metadata?: Record<string, unknown>) =>
  new NotebookCellOutput([NotebookCellOutputItem.json({ id: "f", title: "", findings }, FINDINGS_MIME)], metadata);

function setUp(text: string) {
  const notebook = fakeNotebook(text);
  const cell = notebook.cellAt(0);
  const acted: unknown[] = [];
  const problems = new FindingProblems("dlnb", (_, what) => acted.push(what));
  const change = (outputs: NotebookCellOutput[]) => {
    (cell as unknown as { outputs: unknown }).outputs = outputs;
    workspace.change({ notebook, cellChanges: [{ cell, outputs }], contentChanges: [] });
  };
  return { notebook, cell, problems, change, acted, listed: () => languages.problems.get(String(cell.document.uri)) };
}

beforeEach(() => languages.problems.clear());

describe("what a check found", () => {
  test("is listed on the line of its call, errors and warnings only", () => {
    const { change, listed } = setUp("const n = 1;\n  await exp.preflight();\n// done");
    change([output([finding("error"), finding("warning", { rule: "scale" }), finding("pass"), finding("info")])]);
    expect(listed()).toMatchObject([
      {
        message: "the initial loss is not what it should be: 9.21, where ln 10 = 2.30 is expected",
        severity: 0,
        source: "dlnb",
        code: "initial-loss",
        range: { start: { line: 1, character: 2 }, end: { line: 1, character: 24 } },
      },
      { severity: 1, code: "scale" },
    ]);
  });

  test("goes when the outputs go, and follows its line when the text is edited", () => {
    const { change, listed, cell, notebook } = setUp("await exp.preflight()");
    change([output([finding("error")])]);
    (cell.document as unknown as { text: string }).text = "// first\nawait exp.preflight()";
    workspace.change({ notebook, cellChanges: [{ cell, document: cell.document }], contentChanges: [] });
    expect(listed()?.[0]?.range.start.line).toBe(1);
    change([]);
    expect(listed()).toBe(undefined);
  });

  test("goes with its cell and with its notebook", () => {
    const { change, listed, cell, notebook } = setUp("await exp.preflight()");
    change([output([finding("error")])]);
    workspace.change({ notebook, cellChanges: [], contentChanges: [{ removedCells: [cell], addedCells: [] }] });
    expect(listed()).toBe(undefined);
    change([output([finding("error")])]);
    expect(listed()?.length).toBe(1);
    workspace.close(notebook);
    expect(listed()).toBe(undefined);
  });

  test("goes with the last tab that shows it, and is there again with the next", () => {
    const { change, listed, notebook } = setUp("await exp.preflight()");
    change([output([finding("error")])]);
    const tab = { input: new TabInputNotebook(notebook.uri) };
    workspace.notebookDocuments = [notebook];
    window.tabGroups.all = [{ tabs: [tab] }];
    window.tabGroups.change({ opened: [], closed: [tab] });
    expect(listed()?.length).toBe(1);
    window.tabGroups.all = [];
    window.tabGroups.change({ opened: [], closed: [tab] });
    expect(listed()).toBe(undefined);
    window.tabGroups.change({ opened: [tab], closed: [] });
    expect(listed()?.length).toBe(1);
  });

  test("is not claimed of a cell whose text has changed since, nor of data that is none", () => {
    const { change, listed } = setUp("await exp.preflight()");
    change([output([finding("error")], STALE)]);
    expect(listed()).toBe(undefined);
    for (const damaged of [3, [null, 4, { severity: "error" }], [{ ...finding("error"), tries: "none" }]]) {
      change([output(damaged)]);
      expect(listed()).toBe(undefined);
    }
    change([new NotebookCellOutput([NotebookCellOutputItem.text("{", FINDINGS_MIME)])]);
    expect(listed()).toBe(undefined);
  });

  test("offers what it says to try", () => {
    const { change, listed, problems, cell, acted } = setUp("await exp.preflight()");
    change([output([finding("error")])]);
    const context = { diagnostics: [...(listed() ?? []), { source: "ts", message: "", code: 1 }] };
    const fixes = problems.provideCodeActions(cell.document, {} as api.Range, context as never);
    expect(fixes).toMatchObject([{ title: "Insert 1e-3", kind: "quickfix", isPreferred: true }]);
    commands.registered.get("dlnb.act")?.(...((fixes[0]?.command?.arguments ?? []) as never[]));
    expect(acted).toEqual([action]);
  });
});
