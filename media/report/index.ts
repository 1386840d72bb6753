import { element } from "../chart/dom.ts";
import { Figure } from "../chart/figure.ts";
import { speakAsPage } from "../chart/language.ts";
import { type Chart, readChart } from "../chart/payload.ts";
import { STYLE } from "../chart/style.ts";

/**
 * The program of an exported page: pictures of charts become charts that can be pointed at, zoomed on a logarithmic axis, played and
 * saved. A chart that cannot be drawn stays the picture that it is.
 */
speakAsPage();
document.head.append(element("style", {}, STYLE));
for (const place of document.querySelectorAll<HTMLElement>(".interactive")) {
  const data = place.querySelector("script[type='application/json']")?.textContent;
  const figure = place.querySelector("figure");
  if (!data || figure === null) continue;
  let chart: Chart;
  try {
    chart = readChart(JSON.parse(data));
  } catch {
    continue;
  }
  const live = element("div", {});
  figure.replaceWith(live);
  new Figure(live, { ...chart, live: false }, { state: {}, keep: () => undefined, save });
}

function save(name: string, base64: string): void {
  const types: Record<string, string> = { svg: "image/svg+xml", png: "image/png" };
  const type = types[name.replace(/^.*\./, "")] ?? "text/plain";
  element("a", { href: `data:${type};base64,${base64}`, download: name }).click();
}
