import { stripVTControlCharacters } from "node:util";
import {
  CHART_MIME,
  type Chart,
  ERROR_MIME,
  FINDINGS_MIME,
  GALLERY_MIME,
  type OutputItem,
} from "../../engine/protocol/index.ts";
import { drawChart } from "./chart.ts";
import { escapeHtml } from "./escape.ts";
import { drawFindings } from "./findings.ts";
import { drawGallery } from "./gallery.ts";
import type { Shown } from "./index.ts";

/** What a cell showed as HTML that runs nothing and loads nothing; `interactive`: charts bring their data, for the page's program. */
export async function showOutputs(
  shown: readonly Shown[],
  markdown: (text: string) => string,
  interactive = false,
): Promise<string> {
  const parts = await Promise.all(
    shown.map((one) =>
      one.kind === "text" ? plain(one.text, one.stream) : showRichest(one.output.items, markdown, interactive),
    ),
  );
  return parts.join("\n");
}

async function showRichest(
  items: readonly OutputItem[],
  markdown: (text: string) => string,
  interactive: boolean,
): Promise<string> {
  const [item] = items;
  if (item === undefined) return "";
  switch (item.mime) {
    case CHART_MIME:
      return interactive ? withData(await drawChart(item.data), item.data) : drawChart(item.data);
    case FINDINGS_MIME:
      return drawFindings(item.data);
    case GALLERY_MIME:
      return drawGallery(item.data);
    case ERROR_MIME:
      return plain(`${item.data.name}: ${item.data.message}`, "stderr");
    case "image/png":
      return `<img src="data:image/png;base64,${item.data.replace(/[^\w+/=]/g, "")}" alt="${alternative(items)}">`;
    case "image/svg+xml":
      // as a picture, so that scripts in it stay asleep
      return `<img src="data:image/svg+xml;base64,${Buffer.from(item.data).toString("base64")}" alt="${alternative(items)}">`;
    case "text/html":
      return `<iframe sandbox title="${alternative(items)}" srcdoc="${escapeHtml(item.data)}"></iframe>`;
    case "text/markdown":
      return `<div class="prose">${markdown(item.data)}</div>`;
    case "application/json":
      return plain(JSON.stringify(item.data, null, 2) ?? "", "stdout");
    case "text/plain":
      return plain(item.data, "value");
    default:
      return item satisfies never;
  }
}

/** A chart's picture with what it was drawn from. */
function withData(figure: string, chart: Chart): string {
  const data = JSON.stringify(chart).replaceAll("<", "\\u003c");
  return `<div class="interactive">${figure}<script type="application/json">${data}</script></div>`;
}

function alternative(items: readonly OutputItem[]): string {
  const text = items.find((item) => item.mime === "text/plain");
  return text?.mime === "text/plain" ? escapeHtml(text.data.slice(0, 500)) : "";
}

/** Text without a terminal's control characters; a line that was overwritten is gone. */
function plain(text: string, kind: "stdout" | "stderr" | "value"): string {
  const clean = stripVTControlCharacters(text)
    .replace(/^[^\n]*\r(?!\n)/gm, "")
    .replace(/\s+$/, "");
  return clean === "" ? "" : `<pre class="${kind}">${escapeHtml(clean)}</pre>`;
}
