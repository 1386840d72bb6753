import { element } from "../chart/dom.ts";
import { type ChartState, Figure } from "../chart/figure.ts";
import type { FromPanel, ToRenderer } from "../chart/payload.ts";
import { STYLE } from "../chart/style.ts";
import type { Editor } from "./editor.ts";

/** A panel with one chart: it stays in view while the notebook is scrolled and edited, and grows with the run. */
export function showChart(editor: Editor<FromPanel, ChartState>): void {
  document.head.append(element("style", {}, STYLE));
  let figure: Figure | null = null;

  addEventListener("message", ({ data }: MessageEvent<Exclude<ToRenderer, { type: "words" }>>) => {
    if (data.type === "live") figure?.live(data.run, data.status);
    else if (data.type === "rows") figure?.append(data.dataset, data.columns, data.replace);
    else if (figure !== null) figure.update(data.chart);
    else
      figure = new Figure(document.body, data.chart, {
        state: editor.getState() ?? {},
        keep: (state) => editor.setState(state),
        control: (run, change) => editor.postMessage({ type: "control", run, change }),
        act: (action) => editor.postMessage({ type: "act", action }),
        save: (name, base64) => editor.postMessage({ type: "save", name, base64 }),
      });
  });
  editor.postMessage({ type: "ready" });
}
