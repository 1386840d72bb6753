import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import * as plots from "../../../engine/plots/all.ts";
import { encodeColumns } from "../../../engine/plots/index.ts";
import { learningCurve } from "../../../engine/plots/learningCurve.ts";
import type { Plot } from "../../../engine/plots/plot.ts";
import { CHART_MIME, type Chart, type Output, type RunSummary } from "../../../engine/protocol/index.ts";
import { Recording } from "../../../src/cli/recording.ts";
import { drawChart } from "../../../src/report/chart.ts";
import { escapeHtml } from "../../../src/report/escape.ts";
import { drawFindings } from "../../../src/report/findings.ts";
import { drawGallery } from "../../../src/report/gallery.ts";
import { highlight } from "../../../src/report/highlight.ts";
import { markdownRenderer } from "../../../src/report/markdown.ts";
import { showOutputs } from "../../../src/report/outputs.ts";
import { encodePng } from "../../../src/report/png.ts";
import { configTable, runsTable } from "../../../src/report/runs.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-report-"));
afterAll(() => rmSync(folder, { recursive: true }));
const markdown = markdownRenderer(folder);
const text = (html: string) =>
  html
    .replace(/<[^>]*>/g, "")
    .replaceAll("&quot;", '"')
    .replaceAll("&lt;", "<");

describe.each(Object.entries(plots as unknown as Record<string, Plot<unknown>>))("plot %s in a report", (_, plot) => {
  const chart: Chart = plot.chart("chart-1", plot.example(), false);

  test("is drawn with its data, in the page's colours, without asking for anything", async () => {
    const html = await drawChart(chart);
    expect(html).toContain(`<figcaption>${escapeHtml(chart.title)}</figcaption>`);
    expect(html).toContain('role="img"');
    expect(html.match(/<(path|line) /g)?.length).toBeGreaterThan(10);
    expect(html).toContain("currentColor");
    expect(html.replace(/base64,[^"]*/g, "")).not.toMatch(/#010203|#fdfcfb|NaN|undefined/);
    expect(html.replaceAll("http://www.w3.org/", "")).not.toMatch(/https?:/);
  });

  test("becomes words when its spec cannot be drawn", async () => {
    const html = await drawChart({ ...chart, spec: { mark: 3 } });
    expect(html).toContain("could not be drawn");
    expect(html).toContain(escapeHtml(chart.text));
  });
});

test("two charts of one page share no ids", async () => {
  const mark = { type: "line", clip: true };
  const encoding = { x: { field: "a", type: "quantitative" }, y: { field: "a", type: "quantitative" } };
  const ids = async (id: string) => {
    const datasets = { d: encodeColumns({ a: [1, 2, Number.NaN, 3] }) };
    const spec = { data: { name: "d" }, mark, encoding };
    const html = await drawChart({ id, title: "t", kind: "plot", spec, datasets, live: false, text: "t" });
    const found = [...html.matchAll(/\bid="([^"]+)"/g)].map((match) => match[1] as string);
    for (const one of found) expect(html).toContain(`url(#${one})`);
    return found;
  };
  const [one, two] = [await ids("a:1"), await ids("b")];
  expect(one).toHaveLength(1);
  expect(one).not.toEqual(two);
});

describe("prose", () => {
  test("becomes HTML in which nothing runs and nothing is loaded", () => {
    const html = markdown(
      '# A\n\n<script>alert(1)</script>\n\n<b>bold</b> <b onclick="x">no</b>\n\n[x](javascript:alert(1)) <!-- gone -->\n\n![p](https://example.com/a.png)\n\n<!--\ngone too\n-->',
    );
    expect(html).toContain("<b>bold</b>");
    expect(html).not.toMatch(/<script|<b onclick|href="javascript|<img|gone/);
    expect(html).toContain('<a href="https://example.com/a.png" rel="noopener noreferrer">p</a>');
  });

  test("carries pictures that lie beside the notebook", () => {
    writeFileSync(join(folder, "a b.png"), "png");
    expect(markdown("![p](a%20b.png)")).toContain(`<img src="data:image/png;base64,${btoa("png")}" alt="p">`);
    expect(markdown("![p](missing.png)")).not.toContain("<img");
    expect(markdown("![p](/etc/passwd)")).not.toContain("<img");
  });
});

test("code keeps its text and is coloured", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the code under test
  const code = 'const a = await f("x<y", `t ${a + `n`} u`); // 1\n/* open';
  expect(text(highlight(code))).toBe(code);
  expect(highlight(code)).toContain('<span class="keyword">const</span>');
  expect(highlight(code)).toContain('<span class="string">&quot;x&lt;y&quot;</span>');
  expect(highlight("set.x(2)")).toBe('set.<span class="call">x</span>(<span class="number">2</span>)');
});

describe("charts of a report", () => {
  const draw = (spec: object, more: Partial<Chart> = {}) => {
    const rows = { a: [0, 1, 2, 3], b: [1, 3, 2, 4], layer: [0, 1, 0, 1] };
    const datasets = { d: encodeColumns(rows) };
    return drawChart({
      id: "c",
      title: "t",
      kind: "plot",
      spec: spec as Chart["spec"],
      datasets,
      live: false,
      text: "t",
      ...more,
    });
  };
  const encoding = { x: { field: "a", type: "quantitative" }, y: { field: "b", type: "quantitative" } };
  const plot = (width?: number) => ({
    data: { name: "d" },
    ...(width === undefined ? {} : { width }),
    mark: "line",
    encoding,
  });
  const widthOf = (html: string) => Number(/style="width:([\d.]+)px"/.exec(html)?.[1]);

  test.each<[string, object]>([
    ["one plot", plot(600)],
    ["one plot with a legend", { ...plot(600), encoding: { ...encoding, color: { field: "layer", type: "nominal" } } }],
    ["plots under each other", { vconcat: [plot(600), plot(600)] }],
  ])("%s: take the page's width, axes and legends included", async (_, spec) => {
    expect(Math.abs(widthOf(await draw(spec)) - 820)).toBeLessThan(2);
  });

  test.each<[string, object, number]>([
    ["a square", plot(300), 300],
    ["plots beside each other", { hconcat: [plot(100), plot(100), plot(100), plot(100)] }, 400],
    ["small multiples", { data: { name: "d" }, facet: { field: "layer" }, columns: 2, spec: plot(180) }, 360],
  ])("%s: keeps its own width", async (_, spec, plots) => {
    const width = widthOf(await draw(spec));
    expect(width).toBeGreaterThan(plots);
    expect(width).toBeLessThan(plots + 300);
  });

  test("begin where their sliders and lists begin", async () => {
    const dlnb = {
      scrub: { param: "upto", label: "step", values: [10, 20, 30], start: 1 },
      choose: [{ param: "unit", label: "u", choices: [{ label: "per step", value: "share" }] }],
    };
    const html = await draw({
      params: [
        { name: "upto", value: 0 },
        { name: "unit", value: "" },
      ],
      usermeta: { dlnb },
      data: { name: "d" },
      mark: { type: "text", text: { expr: "unit + upto" } },
      encoding,
    });
    expect(html).toContain(">share20<");
  });

  test("colour cells from low to high, and close the seams between them", async () => {
    const html = await draw({
      data: { name: "d" },
      mark: "rect",
      encoding: {
        x: { field: "a", type: "ordinal" },
        y: { field: "layer", type: "nominal" },
        color: { field: "b", type: "quantitative" },
      },
    });
    const cells = [...html.matchAll(/<path [^>]*fill="(rgb[^"]+)" stroke="(rgb[^"]+)"/g)];
    expect(cells).toHaveLength(4);
    for (const [, fill, stroke] of cells) expect(stroke).toBe(fill);
  });
});

test("a heat map of many cells is one picture in a report, of the same colours", async () => {
  const n = 50;
  const at = Array.from({ length: n * n }, (_, i) => [i % n, Math.floor(i / n)] as const);
  const rows = { x: at.map(([x]) => x), y: at.map(([, y]) => y), v: at.map(([x]) => x) };
  const spec = {
    width: n,
    height: n,
    data: { name: "d" },
    mark: "rect",
    encoding: {
      x: { field: "x", type: "ordinal", axis: null },
      y: { field: "y", type: "ordinal", axis: null },
      color: {
        field: "v",
        type: "quantitative",
        scale: { range: ["#000000", "#ffffff"], interpolate: "rgb" },
        legend: null,
      },
    },
  };
  const datasets = { d: encodeColumns(rows) };
  const html = await drawChart({ id: "c", title: "t", kind: "plot", spec, datasets, live: false, text: "t" });
  expect(html.match(/<image /g)).toHaveLength(1);
  expect(html).not.toContain("#0a0b");
  expect(html.length).toBeLessThan(20_000);
  const { width, height, pixels } = decode(Buffer.from(/base64,([^"]+)/.exec(html)?.[1] ?? "", "base64"));
  expect([width, height]).toEqual([2 * n, 2 * n]);
  // two pixels per cell: black on the left, white on the right, nothing let through
  expect(pixels.slice(0, 4)).toEqual([0, 0, 0, 255]);
  expect(pixels.slice(-4)).toEqual([255, 255, 255, 255]);
  const middle = 4 * (n * 2 * n + n);
  expect(pixels[middle]).toBe(Math.round((255 * (n / 2)) / (n - 1)));
});

/** A reader of what the writer writes, by the specification's layout. */
function decode(png: Buffer) {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const data = png.subarray(at + 8, at + 8 + png.readUInt32BE(at));
    expect(png.readUInt32BE(at + 8 + data.length)).toBe(crc32(png.subarray(at + 4, at + 8 + data.length)));
    chunks.push({ type: png.toString("latin1", at + 4, at + 8), data });
  }
  const [header, body] = [chunks[0]?.data as Buffer, chunks[1]?.data as Buffer];
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const rows = inflateSync(body);
  const stride = rows.length / height;
  const pixels = Array.from({ length: height }, (_, y) => [...rows.subarray(y * stride + 1, (y + 1) * stride)]).flat();
  return { types: chunks.map(({ type }) => type), width, height, colour: header[9], pixels };
}

describe("pictures", () => {
  test.each([
    [1, 0],
    [3, 2],
    [4, 6],
  ] as const)("of %d bytes per pixel are PNG that holds them", (channels, colour) => {
    const pixels = Uint8Array.from({ length: 6 * channels }, (_, i) => (i * 37) % 256);
    expect(decode(encodePng(3, 2, channels, pixels))).toEqual({
      types: ["IHDR", "IDAT", "IEND"],
      width: 3,
      height: 2,
      colour,
      pixels: [...pixels],
    });
    expect(() => encodePng(3, 3, channels, pixels)).toThrow("png: ");
  });

  test("stand in a gallery with their captions, and warmth that can be taken off", () => {
    const heat = Buffer.from([0, 255]).toString("base64");
    const picture = { caption: "<7>", detail: 'a "seven"', width: 2, height: 1, channels: 1, pixels: heat } as const;
    const html = drawGallery({ id: "g 1", title: "mistakes", text: "two", pictures: [picture, { ...picture, heat }] });
    expect(html).toContain('<input type="checkbox" id="heat-g-1" checked>');
    expect(html).toContain('alt="&lt;7&gt;: a &quot;seven&quot;"');
    const files = [...html.matchAll(/base64,([^"]+)/g)].map(([, data]) =>
      decode(Buffer.from(data as string, "base64")),
    );
    expect(files.map(({ pixels }) => pixels)).toEqual([
      [0, 255],
      [0, 255],
      [0xb2, 0x3a, 0, 0, 0xff, 0xe1, 0x4d, 204],
    ]);
    const plain = { id: "g", title: "t", text: "", pictures: [picture] };
    expect(drawGallery(plain)).not.toContain("checkbox");
    expect(drawGallery(plain)).toContain("<ul>");
    expect(drawGallery({ ...plain, columns: 6 })).toContain("grid-template-columns:repeat(6,");
  });
});

test("findings become a list, the worst first, in words and without buttons", () => {
  const finding = { rule: "r", saw: "4 < 5", why: "", tries: [], severity: "pass", title: "sound" } as const;
  const action = { label: "Insert", title: "t", do: { kind: "insert-cell", text: "x" } } as const;
  const html = drawFindings({
    id: "f",
    title: "1 error",
    findings: [
      finding,
      { ...finding, severity: "error", title: "bad", why: "w", tries: [{ text: "less", action }], mark: 3 },
    ],
  });
  expect(html.indexOf("bad")).toBeLessThan(html.indexOf("sound"));
  expect(text(html)).toBe("1 error✕ error3badsaw4 &lt; 5whywtryless✓ passedsound4 &lt; 5".replaceAll("&lt;", "<"));
  expect(html).not.toContain("<button");
});

describe("outputs", () => {
  const show = (...items: Output["items"][number][]) =>
    showOutputs([{ kind: "output", output: { id: "o", items } }], markdown);

  test("show their richest form, asleep", async () => {
    expect(await show({ mime: "text/plain", data: "<b>" })).toBe('<pre class="value">&lt;b&gt;</pre>');
    expect(await show({ mime: "text/html", data: '<script>1</script>"' }, { mime: "text/plain", data: "t" })).toBe(
      '<iframe sandbox title="t" srcdoc="&lt;script&gt;1&lt;/script&gt;&quot;"></iframe>',
    );
    expect(await show({ mime: "image/svg+xml", data: "<svg onload='1'/>" })).toMatch(
      /^<img src="data:image\/svg\+xml;base64,/,
    );
    expect(await show({ mime: "image/png", data: 'x"y' })).toBe('<img src="data:image/png;base64,xy" alt="">');
    expect(await show({ mime: "application/json", data: { a: "<" } })).toContain("&lt;");
  });

  test("are text without a terminal's colours and overwritten lines", async () => {
    const shown = { kind: "text", stream: "stdout", text: "1 %\r\u001b[31m2 %\u001b[0m\nend\n\n" } as const;
    expect(await showOutputs([shown], markdown)).toBe('<pre class="stdout">2 %\nend</pre>');
  });
});

test("a recording joins text, replaces outputs and completes charts with their rows", () => {
  const recording = new Recording();
  const chart = learningCurve.chart("c", learningCurve.example(), true);
  const rows = {
    step: {
      f64: chart.datasets.train?.step && "f64" in chart.datasets.train.step ? chart.datasets.train.step.f64 : "",
    },
  };
  recording.add({ event: "text", cell: "a", stream: "stdout", text: "x" });
  recording.add({ event: "text", cell: "a", stream: "stdout", text: "y" });
  recording.add({ event: "output", cell: "a", output: { id: "1", items: [{ mime: CHART_MIME, data: chart }] } });
  recording.add({ event: "rows", cell: "a", chart: "c", dataset: "more", columns: rows, replace: false });
  recording.add({ event: "output", cell: "a", output: { id: "2", items: [{ mime: "text/plain", data: "old" }] } });
  recording.add({ event: "output", cell: "a", output: { id: "2", items: [{ mime: "text/plain", data: "new" }] } });
  const [first, second, third, ...more] = recording.shown("a");
  expect(more).toEqual([]);
  expect(first).toEqual({ kind: "text", stream: "stdout", text: "xy" });
  const item = second?.kind === "output" ? second.output.items[0] : undefined;
  expect(item?.mime === CHART_MIME && item.data).toMatchObject({ live: false, datasets: { more: rows } });
  expect(third).toMatchObject({ output: { items: [{ data: "new" }] } });
});

test("runs are compared side by side, with what decided their numbers", () => {
  const steps = { step: [], trainLoss: [], lr: [], gradientNorm: [], epoch: [], epochStep: [] };
  const history = { ...steps, valid: {}, train: {}, thinned: false };
  const run: RunSummary = {
    id: "r",
    name: "<run>",
    folder,
    backend: "wasm",
    adapter: "",
    steps: 1000,
    epochs: 2,
    seconds: 3,
    stopped: "interrupted",
    final: { validLoss: 0.5, testAccuracy: 0.9 },
    history,
  };
  expect(runsTable([])).toBe("");
  expect(text(runsTable([run]))).toBe(
    "runtest accuracyvalid loss&lt;run&gt;interrupted after 2 epochs, 1,000 steps, 3.0 s on wasm0.90000.5000".replaceAll(
      "&lt;",
      "<",
    ),
  );
  expect(configTable(run, true)).toBe("");
  const config = {
    model: [{ name: "0.weight", shape: [2, 3], init: { type: "ones" } }],
    optimizer: { type: "sgd", options: { lr: 0.1, x: null } },
    clip: null,
  };
  writeFileSync(join(folder, "log.jsonl"), `${JSON.stringify({ event: "start", config })}\n{"event":`);
  expect(text(configTable(run, true))).toContain("model6 parameters0.weight [2,3] ones");
  expect(text(configTable(run, true))).toContain("optimizersgd({ lr: 0.1 })");
  expect(configTable(run, true)).toContain("<details open>");
  expect(configTable(run, false)).toContain("<details><summary>");
});
