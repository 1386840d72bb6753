import { expect, test } from "vitest";
import { CellRecord } from "../../../engine/kernel/record.ts";
import { TextSink } from "../../../engine/kernel/text.ts";
import { CHART_MIME, type Chart, type Columns } from "../../../engine/protocol/index.ts";

const f64 = (...values: number[]): Columns => ({
  x: { f64: Buffer.from(Float64Array.from(values).buffer).toString("base64") },
  name: { text: values.map(String) },
});
const chart: Chart = { id: "c", title: "t", kind: "plot", spec: {}, datasets: { d: f64(1) }, live: true, text: "t" };

test("a recorded chart has the rows that joined it, and is not live", () => {
  const record = new CellRecord();
  record.add({ event: "output", output: { id: "o", items: [{ mime: CHART_MIME, data: chart }] } });
  record.add({ event: "rows", chart: "c", dataset: "d", columns: f64(2, 3), replace: false });
  expect(record.outputs()).toMatchObject([{ items: [{ data: { live: false, datasets: { d: f64(1, 2, 3) } } }] }]);
  record.add({ event: "rows", chart: "c", dataset: "d", columns: f64(9), replace: true });
  record.add({ event: "rows", chart: "c", dataset: "d", columns: f64(10), replace: false });
  expect(record.outputs()).toMatchObject([{ items: [{ data: { datasets: { d: f64(9, 10) } } }] }]);
});

test("text is joined by stream and stays between the outputs it was printed between", () => {
  const record = new CellRecord();
  const plain = (id: string) => ({ id, items: [{ mime: "text/plain" as const, data: id }] });
  record.add({ event: "text", stream: "stdout", text: "a" });
  record.add({ event: "text", stream: "stdout", text: "b" });
  record.add({ event: "text", stream: "stderr", text: "c" });
  record.add({ event: "output", output: plain("o") });
  record.add({ event: "text", stream: "stderr", text: "d" });
  const shown = record.outputs({ name: "E", message: "m", line: 2, stack: "" }).map(({ items }) => items.at(-1)?.data);
  expect(shown).toEqual(["ab", "c", "o", "d", "E (line 2): m"]);
});

test("a flood of text is sent in few messages, bounded, and its end is told", () => {
  const sent: string[] = [];
  const sink = new TextSink((_, text) => sent.push(text));
  for (let i = 0; i < 100_000; i++) sink.write("stdout", `line ${i}\n`);
  sink.finish();
  const text = sent.join("");
  expect(sent.length).toBeLessThan(1000);
  expect(text.length).toBeLessThan(520_000);
  expect(text.startsWith("line 0\nline 1\n")).toBe(true);
  expect(text).toMatch(/\n… [\d,]+ characters of output were dropped …\n/);
  expect(text.endsWith("line 99999\n")).toBe(true);
});
