import { actionButton } from "../chart/actions.ts";
import { element } from "../chart/dom.ts";
import type { Action, Finding, Findings } from "../chart/payload.ts";

/** Words beside the signs: colour and shape alone say nothing to many. */
const SIGNS: Readonly<Record<Finding["severity"], { sign: string; word: string }>> = {
  error: { sign: "✕", word: "error" },
  warning: { sign: "!", word: "warning" },
  info: { sign: "i", word: "note" },
  pass: { sign: "✓", word: "passed" },
};

/** Findings as a list, the worst first; what passed takes a line each. */
export function drawFindings(
  parent: HTMLElement,
  { title, findings }: Findings,
  act: ((action: Action) => void) | null,
): void {
  const passed = findings.filter(({ severity }) => severity === "pass");
  const open = findings.filter(({ severity }) => severity !== "pass");
  parent.replaceChildren(
    element(
      "section",
      { class: "dlnb-findings", "aria-label": title },
      element("p", { class: "dlnb-title" }, title),
      ...(open.length === 0 ? [] : [element("ul", { class: "open" }, ...open.map((one) => openItem(one, act)))]),
      ...(passed.length === 0 ? [] : [element("ul", { class: "passed" }, ...passed.map(passedItem))]),
    ),
  );
}

function openItem(finding: Finding, act: ((action: Action) => void) | null): HTMLElement {
  const { severity, title, saw, why, tries, paper, rule } = finding;
  const rows = [
    ...(saw === "" ? [] : row("saw", saw)),
    ...(why === "" ? [] : row("why", why)),
    ...(tries.length === 0
      ? []
      : row(
          "try",
          element(
            "ul",
            { class: "tries" },
            ...tries.map(({ text, action }) =>
              element("li", {}, text, ...(action === undefined ? [] : actionButton(action, act))),
            ),
          ),
        )),
    ...(paper === undefined ? [] : row("paper", paper)),
  ];
  return element(
    "li",
    { class: severity, "data-rule": rule },
    element("p", { class: "head" }, ...sign(finding), element("span", { class: "what" }, title)),
    element("dl", {}, ...rows),
  );
}

function passedItem(finding: Finding): HTMLElement {
  const { title, saw, rule } = finding;
  return element(
    "li",
    { class: "pass", "data-rule": rule },
    ...sign(finding),
    element("span", { class: "what" }, title),
    ...(saw === "" ? [] : [element("span", { class: "saw" }, saw)]),
  );
}

/** How bad it is, and the number that stands for it on the chart. */
function sign({ severity, mark }: Finding): HTMLElement[] {
  const { sign, word } = SIGNS[severity];
  return [
    element(
      "span",
      { class: "severity" },
      element("span", { class: "sign", "aria-hidden": "true" }, sign),
      element("span", { class: "word" }, word),
    ),
    ...(mark === undefined
      ? []
      : [
          element(
            "span",
            { class: "mark", title: `${mark} on the chart` },
            element("span", { class: "dlnb-hidden" }, "mark "),
            String(mark),
          ),
        ]),
  ];
}

function row(name: string, content: string | HTMLElement): HTMLElement[] {
  return [element("dt", { class: name }, name), element("dd", { class: name }, content)];
}
