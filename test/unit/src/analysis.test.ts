import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type * as api from "vscode";
import type { AnalyzeParams, CellAnalysis } from "../../../engine/protocol/index.ts";
import { Analyses } from "../../../src/language/analysis/analyses.ts";
import { CellProblems } from "../../../src/language/analysis/problems.ts";
import type { AnalystProcess } from "../../../src/language/analysis/process.ts";
import { languages, NotebookCellKind, Position, Range, Uri, window, workspace } from "../../fake/vscode.ts";

/** A notebook of one cell. */
class FakeNotebook {
  readonly notebookType = "dlnb";
  readonly isUntitled = false;
  isClosed = false;
  readonly uri = Uri.file("/folder/some.dlnb");
  readonly document = {
    uri: new Uri("cell", "/folder/some.dlnb"),
    languageId: "typescript",
    isClosed: false,
    version: 1,
    text: "nn.linear(-1)",
    getText: () => this.document.text,
    positionAt: (offset: number) => new Position(0, offset),
  };
  readonly getCells = () => [{ kind: NotebookCellKind.Code, document: this.document }];

  type(offset: number, length: number, text: string): void {
    const { document } = this;
    document.text = document.text.slice(0, offset) + text + document.text.slice(offset + length);
    document.version++;
    workspace.type({ document, contentChanges: [{ rangeOffset: offset, rangeLength: length, text }] });
  }
}

const problem = {
  start: 10,
  end: 12,
  message: "linear: outFeatures = -1 is outside [1, inf)",
  severity: "error" as const,
  code: "range",
  typed: false,
  fixes: [],
};
const hint = { offset: 13, shapes: "→ 3", text: "→ 3 · 12", tooltip: "output 3" };

const found = (more: Partial<CellAnalysis> = {}) => ({ parsed: true, problems: [problem], hints: [hint], ...more });

function setUp(answer: (params: AnalyzeParams) => Promise<Partial<CellAnalysis> | null>) {
  const notebook = new FakeNotebook();
  const asked: string[] = [];
  const stopped: number[] = [];
  const process = {
    analyze: async (params: AnalyzeParams) => {
      asked.push(params.cells.map(({ text }) => text).join());
      const one = await answer(params);
      return one === null ? null : params.cells.map(({ cell }) => ({ cell, ...found(), ...one }));
    },
    stop: () => void stopped.push(1),
  };
  workspace.notebookDocuments = [notebook];
  workspace.textDocuments = [notebook.document];
  const analyses = new Analyses("dlnb", process as unknown as AnalystProcess);
  made.push(analyses, new CellProblems("dlnb", analyses));
  const document = notebook.document as unknown as api.TextDocument;
  const marked = () => languages.problems.get(String(notebook.document.uri)) ?? [];
  return { notebook, analyses, asked, stopped, document, marked };
}

beforeEach(() => {
  vi.useFakeTimers();
  languages.problems.clear();
  languages.others.clear();
  workspace.isTrusted = true;
});

const made: api.Disposable[] = [];

afterEach(() => {
  for (const one of made.splice(0)) one.dispose();
  vi.useRealTimers();
  window.see();
  workspace.notebookDocuments = [];
  workspace.textDocuments = [];
});

describe("the cells of a notebook", () => {
  test("are looked at once it is seen, and again 300 ms after the last letter", async () => {
    const { notebook, asked, marked } = setUp(async () => ({}));
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([]);
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toEqual(["nn.linear(-1)"]);
    expect(marked()).toMatchObject([{ message: problem.message, source: "dlnb", code: "range", severity: 0 }]);
    for (const letter of "123") {
      notebook.type(12, 0, letter);
      await vi.advanceTimersByTimeAsync(200);
    }
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(asked.at(-1)).toBe("nn.linear(-1321)");
  });

  test("have no answer to what no longer stands there", async () => {
    const answers: ((one: Partial<CellAnalysis>) => void)[] = [];
    const { notebook, marked } = setUp(() => new Promise((answer) => answers.push(answer)));
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    notebook.type(10, 2, "3");
    await vi.advanceTimersByTimeAsync(400);
    answers[0]?.({});
    await vi.advanceTimersByTimeAsync(1);
    expect(marked()).toEqual([]);
    answers[1]?.({ problems: [] });
    await vi.advanceTimersByTimeAsync(1);
    expect(marked()).toEqual([]);
  });

  test("that took too long are looked at once more, and then not until they change", async () => {
    const { notebook, asked, analyses } = setUp(async () => null);
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(2);
    analyses.again();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(2);
    notebook.type(0, 0, " ");
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked.length).toBe(4);
  });

  test("keep their hints, moved, while they are no TypeScript", async () => {
    let parsed = true;
    const { notebook, analyses, document, marked } = setUp(async () =>
      parsed ? {} : { parsed, problems: [], hints: [] },
    );
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    parsed = false;
    notebook.type(0, 0, "f(");
    expect(analyses.of(document)?.hints).toMatchObject([{ offset: 15 }]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(analyses.of(document)?.hints).toMatchObject([{ offset: 15 }]);
    expect(marked()).toEqual([]);
  });

  test("are forgotten with their tab, and the process ends when nothing is open", async () => {
    const { notebook, stopped, marked, analyses, document } = setUp(async () => ({}));
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    expect(marked().length).toBe(1);
    window.see();
    expect(marked()).toEqual([]);
    expect(analyses.of(document)).toBe(undefined);
    expect(stopped).toEqual([]);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(stopped).toEqual([1]);
  });

  test("are not looked at in an untrusted workspace", async () => {
    workspace.isTrusted = false;
    const { notebook, asked } = setUp(async () => ({}));
    window.see(notebook);
    notebook.type(0, 0, " ");
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([]);
  });
});

describe("a mistake of types", () => {
  test("is left to TypeScript where it says something of the same place", async () => {
    const { notebook, marked } = setUp(async () => ({ problems: [{ ...problem, typed: true, code: "option" }] }));
    languages.others.set(String(notebook.document.uri), [{ source: "ts", range: new Range(0, 9, 0, 11) }]);
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    expect(marked()).toEqual([]);
  });

  test("is marked where TypeScript says nothing", async () => {
    const { notebook, marked } = setUp(async () => ({ problems: [{ ...problem, typed: true, code: "option" }] }));
    languages.others.set(String(notebook.document.uri), [{ source: "ts", range: new Range(0, 0, 0, 2) }]);
    window.see(notebook);
    await vi.advanceTimersByTimeAsync(1);
    expect(marked().length).toBe(1);
  });
});
