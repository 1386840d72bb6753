import type { Finding, Findings } from "../../engine/protocol/index.ts";
import { translated } from "../../l10n/index.ts";
import { escapeHtml } from "./escape.ts";
import { WORDS } from "./words.ts";

const SIGNS: Readonly<Record<Finding["severity"], string>> = { error: "✕", warning: "!", info: "i", pass: "✓" };

/** A sentence of the kernel, in the report's language. */
const said = (sentence: string) => escapeHtml(translated(sentence));

/** Findings as a list, the worst first; what passed takes a line each. */
export function drawFindings({ title, findings }: Findings): string {
  const order = Object.keys(SIGNS);
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return `<section class="findings"><p class="title">${said(title)}</p><ul>${sorted.map(item).join("")}</ul></section>`;
}

function item({ severity, title, saw, why, tries, mark, paper }: Finding): string {
  const badge =
    mark === undefined ? "" : `<span class="mark" title="${escapeHtml(WORDS.markTitle(mark))}">${mark}</span>`;
  const head = `<span class="severity"><span class="sign" aria-hidden="true">${SIGNS[severity]}</span> ${escapeHtml(WORDS.severities[severity])}</span>${badge}<span class="what">${said(title)}</span>`;
  if (severity === "pass") return `<li class="pass">${head}<span class="saw">${said(saw)}</span></li>`;
  const row = (name: "saw" | "why" | "try" | "paper", html: string) =>
    html === "" ? "" : `<dt>${escapeHtml(WORDS[name])}</dt><dd>${html}</dd>`;
  const steps = tries.map(({ text }) => `<li>${said(text)}</li>`).join("");
  const rows = [
    row("saw", said(saw)),
    row("why", said(why)),
    row("try", steps === "" ? "" : `<ul>${steps}</ul>`),
    row("paper", escapeHtml(paper ?? "")),
  ];
  return `<li class="${severity}"><p>${head}</p><dl>${rows.join("")}</dl></li>`;
}
