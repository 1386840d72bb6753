import { element } from "../chart/dom.ts";
import type { ConfigurationView, FromRunPage } from "./payload.ts";
import { WORDS } from "./words.ts";

/** What decided the run's numbers, as tables. */
export function drawConfiguration(
  parent: HTMLElement,
  { groups, layers, more, code }: ConfigurationView,
  send: (message: FromRunPage) => void,
): void {
  const copy = (text: string, what: "json" | "code") => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => send({ type: "copy", what }));
    return button;
  };
  const tools = element("div", { class: "dlnb-tools" }, copy(WORDS.copyJson, "json"));
  if (code) tools.append(copy(WORDS.copyCode, "code"));
  const tables = groups.flatMap(({ title, rows }) => [
    element("h2", {}, title),
    element(
      "table",
      { "aria-label": title },
      element(
        "tbody",
        {},
        ...rows.map(({ name, text }) =>
          element("tr", {}, element("th", { scope: "row" }, name), element("td", { class: "code" }, text)),
        ),
      ),
    ),
  ]);
  parent.replaceChildren(tools, ...tables);
  if (layers.length === 0) return;
  const head = [WORDS.layer, WORDS.kind, WORDS.shape].map((text) => element("th", { scope: "col" }, text));
  const body = layers.map(({ path, type, shape, parameters }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", class: "code" }, path),
      element("td", { class: "code" }, type),
      element("td", { class: "code" }, shape),
      element("td", { class: "number" }, parameters),
    ),
  );
  const table = element(
    "table",
    { "aria-label": WORDS.layers },
    element(
      "thead",
      {},
      element("tr", {}, ...head, element("th", { scope: "col", class: "number" }, WORDS.parameters)),
    ),
    element("tbody", {}, ...body),
  );
  parent.append(element("h2", {}, WORDS.layers), element("div", { class: "run-scroll" }, table));
  if (more > 0) parent.append(element("p", { class: "run-empty" }, WORDS.more(more)));
}
