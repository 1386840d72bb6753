import { element } from "./dom.ts";
import { readable } from "./format.ts";
import type { ChartHints } from "./payload.ts";
import type { Table, Value } from "./table.ts";

/** The values of a chart at a position, or its last ones; returns them as one sentence. `main` is the dataset that has all positions. */
export function showValues(
  list: HTMLElement,
  { x, values }: ChartHints,
  at: Value | null,
  tables: ReadonlyMap<string, Table>,
  main: Table | undefined,
  palette: readonly string[],
): string {
  list.hidden = x === undefined || values === undefined;
  if (x === undefined || values === undefined) return at === null ? "" : readable(at);
  const here = at ?? main?.value(x.field, main.length - 1) ?? Number.NaN;
  const series = [...new Set(values.map((value) => value.series).filter((name) => name !== null))];
  const items = values.map(({ dataset, field, label, series: name }) => {
    const table = tables.get(dataset);
    const row = table === undefined ? -1 : at === null ? table.length - 1 : table.nearest(x.field, at);
    const text = table === undefined || row < 0 ? "–" : readable(table.value(field, row));
    return { label, text, colour: name === null ? null : (palette[series.indexOf(name)] ?? null) };
  });
  const all = [{ label: x.label, text: readable(here), colour: null }, ...items];
  list.replaceChildren(
    ...all.map(({ label, text, colour }) => {
      const item = element("li", colour === null ? { class: "plain" } : {}, `${label} `, element("span", {}, text));
      if (colour !== null) item.style.setProperty("--series", colour);
      return item;
    }),
  );
  return all.map(({ label, text }) => `${label} ${text}`).join(", ");
}
