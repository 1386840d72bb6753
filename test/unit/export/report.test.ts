import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CHART_MIME, type Chart } from "../../../engine/protocol/index.ts";
import { type Report, writeReport } from "../../../src/report/index.ts";

const chart: Chart = {
  id: "c",
  title: "</script><script>alert(1)</script>",
  kind: "plot",
  spec: { mark: "point", data: { name: "d" }, encoding: { x: { field: "x", type: "quantitative" } } },
  datasets: { d: { x: { f64: Buffer.from(new Float64Array([1, 2]).buffer).toString("base64") } } },
  live: false,
  text: "<!-- two points",
};
const report = (program?: string): Report => ({
  name: "<a>.dlnb",
  folder: null,
  cells: [
    {
      kind: "code",
      id: "plot",
      index: 1,
      text: "chart",
      result: { ok: true, wallMs: 5 },
      shown: [{ kind: "output", output: { id: "o", items: [{ mime: CHART_MIME, data: chart }] } }],
      note: "an <earlier> version",
    },
  ],
  runs: [],
  where: "",
  about: [],
  generator: "dlnb",
  ...(program === undefined ? {} : { program }),
});

describe("a page with a program", () => {
  test("runs that one and no other, whatever stands in charts", async () => {
    const html = await writeReport(report('const end = "</script>"; const open = "<!--";'));
    const scripts = [...html.matchAll(/<script type="module">([\s\S]*?)<\/script>/g)].map(([, text]) => text as string);
    expect(scripts).toHaveLength(1);
    const digest = createHash("sha256")
      .update(scripts[0] as string)
      .digest("base64");
    expect(html).toContain(`script-src 'sha256-${digest}'; style-src`);
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toContain("<script>alert");
    const data = /<script type="application\/json">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
    expect(JSON.parse(data)).toEqual(chart);
  });

  test("shows pictures until it has started, and says what is old", async () => {
    const html = await writeReport(report("0"));
    expect(html).toMatch(/<div class="interactive"><figure class="chart">.*<svg /s);
    expect(html).toContain('<p class="note">an &lt;earlier&gt; version</p>');
  });

  test("holds no script without one", async () => {
    const html = await writeReport(report());
    expect(html).not.toContain("<script");
    expect(html).not.toContain("script-src");
  });
});
