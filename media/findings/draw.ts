import { translated, words } from "../../l10n/index.ts";
import { actionButton } from "../chart/actions.ts";
import { element } from "../chart/dom.ts";
import type { Action, Finding, Findings } from "../chart/payload.ts";

const WORDS = words({
  severities: { error: "error", warning: "warning", info: "note", pass: "passed" },
  saw: "saw",
  why: "why",
  try: "try",
  paper: "paper",
  mark: "mark {0}",
  markTitle: "{0} on the chart",
});

/** Beside the words: colour and shape alone say nothing to many. */
const SIGNS: Readonly<Record<Finding["severity"], string>> = { error: "✕", warning: "!", info: "i", pass: "✓" };

/** Findings as a list, the worst first; what passed takes a line each. */
export function drawFindings(
  parent: HTMLElement,
  { title, findings }: Findings,
  act: ((action: Action) => void) | null,
): void {
  const passed = findings.filter(({ severity }) => severity === "pass");
  const name = translated(title);
  const open = findings.filter(({ severity }) => severity !== "pass");
  parent.replaceChildren(
    element(
      "section",
      { class: "dlnb-findings", "aria-label": name },
      element("p", { class: "dlnb-title" }, name),
      ...(open.length === 0 ? [] : [element("ul", { class: "open" }, ...open.map((one) => openItem(one, act)))]),
      ...(passed.length === 0 ? [] : [element("ul", { class: "passed" }, ...passed.map(passedItem))]),
    ),
  );
}

function openItem(finding: Finding, act: ((action: Action) => void) | null): HTMLElement {
  const { severity, title, saw, why, tries, paper, rule } = finding;
  const rows = [
    ...(saw === "" ? [] : row("saw", translated(saw))),
    ...(why === "" ? [] : row("why", translated(why))),
    ...(tries.length === 0
      ? []
      : row(
          "try",
          element(
            "ul",
            { class: "tries" },
            ...tries.map(({ text, action }) =>
              element("li", {}, translated(text), ...(action === undefined ? [] : actionButton(action, act))),
            ),
          ),
        )),
    ...(paper === undefined ? [] : row("paper", paper)),
  ];
  return element(
    "li",
    { class: severity, "data-rule": rule },
    element("p", { class: "head" }, ...sign(finding), element("span", { class: "what" }, translated(title))),
    element("dl", {}, ...rows),
  );
}

function passedItem(finding: Finding): HTMLElement {
  const { title, saw, rule } = finding;
  return element(
    "li",
    { class: "pass", "data-rule": rule },
    ...sign(finding),
    element(
      "span",
      { class: "told" },
      element("span", { class: "what" }, translated(title)),
      ...(saw === "" ? [] : [" ", element("span", { class: "saw" }, translated(saw))]),
    ),
  );
}

/** How bad it is, and the number that stands for it on the chart. */
function sign({ severity, mark }: Finding): HTMLElement[] {
  return [
    element(
      "span",
      { class: "severity" },
      element("span", { class: "sign", "aria-hidden": "true" }, SIGNS[severity]),
      element("span", { class: "word" }, WORDS.severities[severity]),
    ),
    ...(mark === undefined
      ? []
      : [
          element(
            "span",
            { class: "mark", title: WORDS.markTitle(mark), "aria-label": WORDS.mark(mark), role: "img" },
            String(mark),
          ),
        ]),
  ];
}

function row(name: "saw" | "why" | "try" | "paper", content: string | HTMLElement): HTMLElement[] {
  return [element("dt", { class: name }, WORDS[name]), element("dd", { class: name }, content)];
}
