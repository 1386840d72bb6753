import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, expectTypeOf, test } from "vitest";
import { CHART_MIME, FINDINGS_MIME, GALLERY_MIME, type Output } from "../../../engine/protocol/index.ts";
import type * as page from "../../../media/chart/payload.ts";
import type * as editor from "../../../src/controller/messages.ts";
import { savedOutput, toCellOutput } from "../../../src/outputs/convert.ts";
import { parseSavedCell, readSavedCells, runFolder, textHash } from "../../../src/outputs/saved.ts";

const hostile: Output = {
  id: "o",
  items: [
    { mime: "text/html", data: "<script>steal()</script>" },
    { mime: "image/svg+xml", data: "<svg onload='steal()'/>" },
    { mime: "text/plain", data: "plain" },
  ],
};
const saved = {
  version: 1,
  cell: "a1",
  textHash: textHash("text"),
  order: 3,
  ok: true,
  startedAt: "2026-01-01T00:00:00.000Z",
  wallMs: 12,
  outputs: [hostile],
};

test("page and editor speak the same messages", () => {
  expectTypeOf<page.ToRenderer>().toEqualTypeOf<editor.ToRenderer>();
  expectTypeOf<page.FromPanel>().toEqualTypeOf<editor.FromPanel>();
  expectTypeOf<page.FromRenderer>().toEqualTypeOf<editor.FromRenderer>();
});

describe("an output", () => {
  const mimes = (origin: "kernel" | "disk") => toCellOutput(hostile, "a1", origin).items.map(({ mime }) => mime);

  test("from disk loses its HTML and keeps its text", () => {
    expect(mimes("disk")).toEqual(["text/html", "text/plain"]);
    expect(mimes("kernel")).toEqual(["text/html", "text/html", "text/plain"]);
  });

  test("from disk is Markdown without tags and without pictures from elsewhere, in the same letters", () => {
    const written =
      "**a** <img src=x onerror=steal()> ![b](http://example.com/b.png) ![c](data:image/png;base64,AA==) 1 < 2";
    const shown = (origin: "kernel" | "disk") => {
      const items = [{ mime: "text/markdown" as const, data: written }];
      return Buffer.from(toCellOutput({ id: "o", items }, "a1", origin).items[0]?.data ?? []).toString();
    };
    expect(shown("kernel")).toBe(written);
    expect(shown("disk")).not.toMatch(/<img|!\[b/);
    expect(shown("disk")).toContain("![c](data:image/png");
    expect(shown("disk").replaceAll("\u2060", "")).toBe(written);
  });

  test("shows SVG as an image, in which nothing runs", () => {
    const [picture] = toCellOutput(hostile, "a1", "disk").items;
    expect(Buffer.from(picture?.data ?? []).toString()).toMatch(
      /^<img alt="" style="background: white" src="data:image\/svg\+xml;base64,[\w+/=]+">$/,
    );
  });
});

test.each(["stdout", "stderr"])("saved console text is console text again: %s", (stream) => {
  const items = [{ mime: "text/plain" as const, data: "line\n" }];
  const [item] = savedOutput({ id: `${stream}-1`, items }, "a1").items;
  expect(item?.mime).toBe(`application/vnd.code.notebook.${stream}`);
});

describe("saved cells", () => {
  test("are read by id; damaged and foreign files are passed over", async () => {
    const notebook = join(mkdtempSync(join(tmpdir(), "dlnb-")), "tour.dlnb");
    const folder = join(runFolder(notebook), "outputs");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a1.json"), JSON.stringify(saved));
    writeFileSync(join(folder, "half.json"), JSON.stringify(saved).slice(0, 80));
    writeFileSync(join(folder, "other.json"), JSON.stringify({ version: 2, cell: "x" }));
    writeFileSync(join(folder, "notes.txt"), "not ours");
    const cells = await readSavedCells(runFolder(notebook));
    expect([...cells.keys()]).toEqual(["a1"]);
    expect(cells.get("a1")?.outputs[0]?.items.length).toBe(3);
  });

  test("of a notebook that never ran are none", async () => {
    expect((await readSavedCells(join(tmpdir(), "nowhere", "x.dlnb"))).size).toBe(0);
  });

  test.each([null, [], 1, {}, { ...saved, ok: "yes" }, { ...saved, outputs: {} }, { ...saved, startedAt: "soon" }])(
    "that are none are refused: %j",
    (value) => {
      expect(parseSavedCell(value)).toBe(null);
    },
  );

  test("lose items of unknown types and of wrong shape, and their charts are not live", () => {
    const chart = {
      mime: CHART_MIME,
      data: { id: "c", title: "", text: "", kind: "plot", spec: {}, datasets: {}, live: true },
    };
    const outputs = [{ id: "o", items: [chart, { mime: "text/x-new", data: "" }, { mime: "image/png", data: 3 }] }];
    const items = parseSavedCell({ ...saved, outputs })?.outputs[0]?.items;
    expect(items).toEqual([{ mime: CHART_MIME, data: { ...chart.data, live: false } }]);
  });

  test("keep findings and galleries, and the plain text beside damaged ones", () => {
    const text = { mime: "text/plain", data: "plain" };
    const findings = { mime: FINDINGS_MIME, data: { id: "f", title: "t", findings: [] } };
    const gallery = { mime: GALLERY_MIME, data: { id: "g", title: "t", text: "x", pictures: [] } };
    const items = (one: object) =>
      parseSavedCell({ ...saved, outputs: [{ id: "o", items: [one, text] }] })?.outputs[0]?.items;
    expect(items(findings)).toEqual([findings, text]);
    expect(items(gallery)).toEqual([gallery, text]);
    expect(items({ ...findings, data: { ...findings.data, findings: [{ severity: "warning" }] } })).toEqual([text]);
    expect(items({ ...gallery, data: { ...gallery.data, pictures: [{ pixels: "" }] } })).toEqual([text]);
    const shown = toCellOutput({ id: "o", items: [findings, text] as unknown as Output["items"] }, "a1", "disk");
    expect(shown.items.map(({ mime }) => mime)).toEqual([FINDINGS_MIME, "text/plain"]);
    expect(shown.metadata).toEqual({ dlnbCell: "a1" });
  });
});
