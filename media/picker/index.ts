import { element } from "../chart/dom.ts";
import type { Editor } from "../panel/editor.ts";
import { picture } from "./draw.ts";
import { Form } from "./form.ts";
import type { FromPicker, Pick, ToPicker } from "./payload.ts";
import { PICKER_STYLE } from "./style.ts";
import { WORDS } from "./words.ts";

/** Keys that move the choice: by one, or by a row of the grid. */
const ARROWS: Readonly<Record<string, readonly [by: "one" | "row", sign: number]>> = {
  ArrowLeft: ["one", -1],
  ArrowRight: ["one", 1],
  ArrowUp: ["row", -1],
  ArrowDown: ["row", 1],
};

/**
 * The gallery: a search box, cards with drawings, and what is chosen with its options. Arrows move from card to card, also from within the
 * search box; Enter inserts, Escape leaves.
 */
export function showPicker(editor: Editor<FromPicker, { search?: string }>): void {
  document.head.append(element("style", {}, PICKER_STYLE));
  const search = element("input", {
    type: "search",
    "aria-controls": "picks",
    autocomplete: "off",
    spellcheck: "false",
  });
  const title = element("h1");
  const where = element("p");
  const list = element("ul", { id: "picks", role: "listbox", tabindex: "0" });
  const count = element("p", { "aria-live": "polite" });
  let picks: readonly Pick[] = [];
  let chosen = "";

  const form = new Form({
    preview: (serial, name, values) => editor.postMessage({ type: "preview", serial, name, values }),
    insert: (name, values) => editor.postMessage({ type: "insert", name, values }),
    cancel: () => editor.postMessage({ type: "cancel" }),
  });
  document.body.append(element("main", {}, element("header", {}, title, search, where, count), list, form.node));

  const cards = () => [...list.querySelectorAll<HTMLElement>("[role=option]")];
  const choose = (name: string, scroll = true) => {
    const pick = picks.find((one) => one.name === name);
    if (pick === undefined) return;
    if (name !== chosen) form.show(pick);
    chosen = name;
    for (const card of cards()) card.setAttribute("aria-selected", String(card.dataset.name === name));
    list.setAttribute("aria-activedescendant", `pick-${name}`);
    if (scroll) document.getElementById(`pick-${name}`)?.scrollIntoView({ block: "nearest" });
  };
  const fill = () => {
    const words = search.value
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== "");
    const found = picks.filter((pick) => {
      const text = `${pick.name} ${pick.name.replace(/[A-Z]/g, " $&")} ${pick.summary}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    list.replaceChildren(...found.map(card));
    count.textContent = words.length === 0 ? "" : found.length === 0 ? WORDS.none : WORDS.found(found.length);
    choose(found.some(({ name }) => name === chosen) ? chosen : (found[0]?.name ?? chosen));
  };
  const card = (pick: Pick): HTMLElement => {
    const node = element("li", { id: `pick-${pick.name}`, role: "option", "aria-selected": "false" });
    node.dataset.name = pick.name;
    if (pick.drawing) {
      const small = picture(pick.drawing, "");
      small.setAttribute("aria-hidden", "true");
      small.setAttribute("viewBox", "-6 -6 492 172"); // without the marks of its axes
      node.append(small);
    }
    node.append(element("b", {}, pick.name), element("span", {}, pick.summary));
    node.addEventListener("click", () => choose(pick.name, false));
    node.addEventListener("dblclick", () => form.insert());
    return node;
  };
  const move = (by: "one" | "row", sign: number) => {
    const all = cards();
    const at = all.findIndex(({ dataset }) => dataset.name === chosen);
    const top = all[0]?.offsetTop;
    const columns = Math.max(1, all.filter(({ offsetTop }) => offsetTop === top).length);
    const next = at + sign * (by === "row" ? columns : 1);
    choose(all[Math.max(0, Math.min(all.length - 1, next))]?.dataset.name ?? chosen);
  };

  search.addEventListener("input", () => {
    editor.setState({ search: search.value });
    fill();
  });
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    const [by, sign] = ARROWS[key] ?? [];
    if (key === "Escape") editor.postMessage({ type: "cancel" });
    else if (key === "Enter" && !(target instanceof HTMLButtonElement)) form.insert();
    else if (by && sign && (target === list || (target === search && by === "row"))) move(by, sign);
    else return;
    event.preventDefault();
  });
  addEventListener("message", ({ data }: MessageEvent<ToPicker>) => {
    if (data.type === "preview") {
      form.preview(data);
      return;
    }
    picks = data.picks;
    const words = WORDS[data.kind];
    title.textContent = words.title;
    search.placeholder = words.search;
    search.setAttribute("aria-label", words.search);
    list.setAttribute("aria-label", words.list);
    where.textContent = data.where;
    search.value = editor.getState()?.search ?? "";
    form.still = data.still;
    fill();
    choose(data.chosen);
    search.focus();
  });
  editor.postMessage({ type: "ready" });
}
