import { translated } from "../../l10n/index.ts";
import { element } from "./dom.ts";
import type { ChartHints } from "./payload.ts";

type Choose = NonNullable<ChartHints["choose"]>[number];

/** A list to choose a parameter's value from. `chosen` is an index. */
export function choiceList(choose: Choose, chosen: number, changed: (index: number) => void): HTMLElement {
  const label = translated(choose.label);
  const select = element(
    "select",
    { "aria-label": label },
    ...choose.choices.map(({ label }, i) => element("option", { value: String(i) }, translated(label))),
  );
  select.selectedIndex = chosen;
  select.addEventListener("change", () => changed(select.selectedIndex));
  return element("label", {}, label, select);
}
