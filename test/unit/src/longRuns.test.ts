import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { SessionNews } from "../../../src/controller/sessions.ts";
import { LongRuns } from "../../../src/status/longRuns.ts";
import { fakeNotebook, openNotebook } from "../../fake/notebook.ts";
import { EventEmitter, window, workspace } from "../../fake/vscode.ts";

/** Runs the second cell of a notebook for so many seconds. */
function runFor(seconds: number, ok: boolean | null = true): void {
  const news = new EventEmitter<SessionNews>();
  const longRuns = new LongRuns({ sessions: { onNews: news.event } } as never);
  const notebook = fakeNotebook("a", "b");
  const uri = { path: "/folder/tour.dlnb", toString: () => "tour" };
  Object.assign(notebook, { uri });
  openNotebook(notebook);
  const cell = notebook.cellAt(1);
  const tell = (what: object) => news.fire({ notebook: uri, ...what } as never);
  tell({ news: "running", cell, running: true });
  vi.advanceTimersByTime(1000 * seconds);
  const final = { validLoss: 0.081, validAccuracy: 0.97 };
  if (ok !== null) {
    tell({ news: "event", cell, event: { event: "run", run: { final } } });
    tell({ news: "ran", run: { cell: "c2", text: "b", order: 1, ok } });
  }
  tell({ news: "running", cell, running: false });
  longRuns.dispose();
}

beforeEach(() => {
  vi.useFakeTimers();
  workspace.settings = { "notifications.longRun": 60 };
  window.state.focused = false;
});

afterEach(() => {
  vi.useRealTimers();
  window.state.focused = true;
});

describe("a long run that nobody watches", () => {
  test("is told when it ends, with what came of it", () => {
    runFor(123);
    expect(window.said).toEqual([
      "Cell 2 of tour.dlnb has finished after 2 min 3 s: validation loss 0.081, validation accuracy 0.97",
    ]);
  });

  test("is told when it fails, and when its kernel ends", () => {
    runFor(61, false);
    expect(window.said[0]).toMatch(/^Cell 2 of tour.dlnb has stopped after 1 min 1 s without finishing/);
    runFor(61, null);
    expect(window.said).toEqual(["Cell 2 of tour.dlnb has stopped after 1 min 1 s without finishing"]);
  });

  test("is not told when it was short, when somebody looks, or when the setting says never", () => {
    runFor(59);
    expect(window.said).toEqual([]);
    window.state.focused = true;
    runFor(100);
    expect(window.said).toEqual([]);
    window.state.focused = false;
    workspace.settings = { "notifications.longRun": 0 };
    runFor(100);
    expect(window.said).toEqual([]);
    workspace.settings = { "notifications.longRun": "soon" };
    runFor(100);
    expect(window.said).toHaveLength(1);
  });
});
