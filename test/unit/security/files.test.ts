import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { CHART_MIME, type Chart, ERROR_MIME, type OutputItem } from "../../../engine/protocol/index.ts";
import { savedOutput } from "../../../src/outputs/convert.ts";
import { parseSavedCell, readSavedCells, runFolder } from "../../../src/outputs/saved.ts";
import { type ReportCell, writeReport } from "../../../src/report/index.ts";
import { LogFile } from "../../../src/runs/logFile.ts";
import { notesFile } from "../../../src/runs/notes.ts";

const MARKUP = `"><img src=x onerror=pwned()></script><script>pwned()</script>$'$&`;
const deep = (levels: number): unknown => JSON.parse("[".repeat(levels) + "]".repeat(levels));
const chart = (spec: object = {}): Chart => ({
  ...{ id: MARKUP, title: MARKUP, text: MARKUP, kind: "plot", live: false },
  datasets: {
    d: { x: { f64: Buffer.from(new Float64Array([1, 2]).buffer).toString("base64") }, t: { text: [MARKUP] } },
  },
  spec: { mark: "point", data: { name: "d" }, encoding: { x: { field: "x", type: "quantitative" } }, ...spec },
});
const saved = (...items: object[]) => ({
  ...{ version: 1, cell: "a1", textHash: "", order: 1, ok: true, startedAt: "2026-01-01T00:00:00.000Z", wallMs: 1 },
  outputs: [{ id: "o", items: [...items, { mime: "text/plain", data: "beside" }] }],
});
const read = (...items: object[]) => parseSavedCell(saved(...items))?.outputs[0]?.items ?? [];
const page = (items: readonly OutputItem[], more: Partial<ReportCell & { kind: "code" }> = {}) =>
  writeReport({
    name: MARKUP,
    folder: null,
    cells: [
      {
        kind: "markdown",
        text: `# ${MARKUP}\n\n[a](javascript:pwned()) ![b](http://example.com/b.png) <iframe src=x>`,
      },
      {
        ...{ kind: "code", id: "a1", index: 1, text: MARKUP, result: { ok: true, wallMs: 1 } },
        shown: items.map((item) => ({ kind: "output", output: { id: MARKUP, items: [item] } })),
        ...more,
      },
    ],
    ...{ runs: [], where: MARKUP, about: [MARKUP], generator: MARKUP },
  });

describe("saved outputs that somebody else wrote", () => {
  test.each([
    ["fetches", { data: { url: "http://example.com/x.json" } }],
    ["links", { encoding: { href: { value: "javascript:pwned()" } } }],
    ["makes rows of nothing", { data: { sequence: { start: 0, stop: 1e9 } } }],
    ["makes rows of an expression", { transform: [{ calculate: "length(sequence (0, 1e9))", as: "y" }] }],
    ["draws controls", { params: [{ name: "p", value: 1, bind: { input: "text", element: "body" } }] }],
    ["is too deep", { title: deep(1000) }],
  ])("lose a chart that %s, and keep the text beside it", (_, spec) => {
    expect(read({ mime: CHART_MIME, data: chart(spec) })).toEqual([{ mime: "text/plain", data: "beside" }]);
  });

  test.each([
    { ...chart(), id: 5 },
    { ...chart(), text: undefined },
    { ...chart(), datasets: null },
    { ...chart(), datasets: { d: { x: { f64: 1e8 } } } },
    { ...chart(), datasets: { d: { x: { f64: "!" } } } },
    { ...chart(), datasets: { d: { x: { text: [{}] } } } },
  ])("lose charts whose parts are of the wrong kind: %#", (data) => {
    expect(read({ mime: CHART_MIME, data })).toHaveLength(1);
  });

  test("keep a chart with markup in its words, which is text wherever it stands", async () => {
    const items = read({ mime: CHART_MIME, data: chart() });
    expect(items[0]).toEqual({ mime: CHART_MIME, data: chart() });
    const html = await page(items);
    expect(html).toContain("<svg ");
    expect(html).not.toMatch(/<img|<script|<iframe/);
    expect(html).not.toMatch(/href="javascript|src="http/);
  });

  test("lose values that are nested too deep to be followed", () => {
    expect(read({ mime: "application/json", data: deep(100_000) })).toHaveLength(1);
    const outputs = parseSavedCell(saved({ mime: "application/json", data: deep(100) }))?.outputs ?? [];
    expect(outputs.map((output) => savedOutput(output, "a1").items.length)).toEqual([2]);
  });

  test("lose what an error cannot have, so that a report of it can be written", async () => {
    const error = { name: {}, message: MARKUP, stack: 5, line: 1, column: 1e12 };
    const items = read({ mime: ERROR_MIME, data: error });
    expect(items[0]).toEqual({ mime: ERROR_MIME, data: { name: "Error", message: MARKUP, stack: "", line: 1 } });
    const failed = { name: "Error", message: MARKUP, stack: "", line: 1, column: 9e6 };
    const html = await page([], { result: { ok: false, wallMs: 1, error: failed } });
    expect(html).not.toMatch(/<img|<script/);
    expect(html.length).toBeLessThan(100_000);
  });

  test("are files: neither links nor pipes are followed", async () => {
    const notebook = join(mkdtempSync(join(tmpdir(), "dlnb-")), "a.dlnb");
    const folder = join(runFolder(notebook), "outputs");
    mkdirSync(folder, { recursive: true });
    const elsewhere = join(dirname(notebook), "elsewhere.json");
    writeFileSync(elsewhere, JSON.stringify(saved()));
    symlinkSync(elsewhere, join(folder, "a1.json"));
    if (process.platform !== "win32") execFileSync("mkfifo", [join(folder, "pipe.json")]);
    expect((await readSavedCells(runFolder(notebook))).size).toBe(0);
  });
});

test("a report interprets the expressions of charts: this process makes no code of them", async () => {
  const made = vi.spyOn(globalThis, "Function");
  const html = await page([
    {
      mime: CHART_MIME,
      data: chart({ transform: [{ calculate: "datum.x * 2", as: "y" }, { filter: "datum.y > 1" }] }),
    },
  ]);
  expect(made).not.toHaveBeenCalled();
  made.mockRestore();
  expect(html).toContain("<svg ");
});

test.each(["...dlnb", "..dlnb", "/x/...dlnb"])("the run folder of %s lies within .dlnb", (name) => {
  expect(runFolder(join("/work", name)).replaceAll("\\", "/")).toMatch(/\/\.dlnb\/\.{2,3}dlnb$/);
});

test("lines of a log that are nested too deep are damaged ones, and the next is read", async () => {
  const path = join(mkdtempSync(join(tmpdir(), "dlnb-")), "log.jsonl");
  const levels = 50_000;
  writeFileSync(path, `{"event":"start","config":${"[".repeat(levels)}${"]".repeat(levels)}}\n{"event":"end"}\n`);
  const lines: unknown[] = [];
  const log = new LogFile(path);
  await log.follow((line) => lines.push(line));
  expect(lines).toEqual([{ event: "end" }]);
  expect(log.damaged).toBe(1);
});

test("notes that are a link are not opened", async () => {
  const folder = mkdtempSync(join(tmpdir(), "dlnb-"));
  symlinkSync(join(folder, "elsewhere"), join(folder, "notes.md"));
  await expect(notesFile(folder)).rejects.toThrow("is no file");
});
