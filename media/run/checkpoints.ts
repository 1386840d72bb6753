import { number } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import type { CheckpointLine, FromRunPage } from "./payload.ts";
import { WORDS } from "./words.ts";

/** A table of the files that can be gone back to. */
export function drawCheckpoints(
  parent: HTMLElement,
  checkpoints: readonly CheckpointLine[],
  send: (message: FromRunPage) => void,
): void {
  if (checkpoints.length === 0) {
    parent.replaceChildren(element("p", { class: "run-empty" }, WORDS.noCheckpoints));
    return;
  }
  const head = [WORDS.step, WORDS.epoch, WORDS.why, WORDS.size, WORDS.actions, WORDS.file].map((text, i) =>
    element("th", { scope: "col", ...(i < 2 || i === 3 ? { class: "number" } : {}) }, text),
  );
  const rows = checkpoints.map(({ file, step, epoch, why, size, there }) => {
    const button = (text: string, title: string, deed: "restore" | "branch") => {
      const made = element("button", { type: "button", title }, text);
      made.addEventListener("click", () => send({ type: "checkpoint", do: deed, file, step }));
      return made;
    };
    const tools = there
      ? element(
          "div",
          { class: "dlnb-tools" },
          button(WORDS.restore, WORDS.restoreTitle(step), "restore"),
          button(WORDS.branch, WORDS.branchTitle(step), "branch"),
        )
      : WORDS.removed;
    return element(
      "tr",
      {},
      element("td", { class: "number" }, number(step)),
      element("td", { class: "number" }, epoch),
      element("td", {}, why),
      element("td", { class: "number" }, size),
      element("td", {}, tools),
      element("td", { class: "code", title: file }, file.replace(/^.*\//, "")),
    );
  });
  const table = element(
    "table",
    { "aria-label": WORDS.sections.checkpoints },
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...rows),
  );
  parent.replaceChildren(element("div", { class: "run-scroll" }, table));
}
