import type { Finding, Findings } from "../../engine/protocol/index.ts";
import { escapeHtml } from "./escape.ts";

const SIGNS: Readonly<Record<Finding["severity"], { sign: string; word: string }>> = {
  error: { sign: "✕", word: "error" },
  warning: { sign: "!", word: "warning" },
  info: { sign: "i", word: "note" },
  pass: { sign: "✓", word: "passed" },
};

/** Findings as a list, the worst first; what passed takes a line each. */
export function drawFindings({ title, findings }: Findings): string {
  const order = Object.keys(SIGNS);
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return `<section class="findings"><p class="title">${escapeHtml(title)}</p><ul>${sorted.map(item).join("")}</ul></section>`;
}

function item({ severity, title, saw, why, tries, mark, paper }: Finding): string {
  const { sign, word } = SIGNS[severity];
  const badge = mark === undefined ? "" : `<span class="mark" title="${mark} on the chart">${mark}</span>`;
  const head = `<span class="severity"><span class="sign" aria-hidden="true">${sign}</span> ${word}</span>${badge}<span class="what">${escapeHtml(title)}</span>`;
  if (severity === "pass") return `<li class="pass">${head}<span class="saw">${escapeHtml(saw)}</span></li>`;
  const row = (name: string, html: string) => (html === "" ? "" : `<dt>${name}</dt><dd>${html}</dd>`);
  const steps = tries.map(({ text }) => `<li>${escapeHtml(text)}</li>`).join("");
  const rows = [
    row("saw", escapeHtml(saw)),
    row("why", escapeHtml(why)),
    row("try", steps === "" ? "" : `<ul>${steps}</ul>`),
    row("paper", escapeHtml(paper ?? "")),
  ];
  return `<li class="${severity}"><p>${head}</p><dl>${rows.join("")}</dl></li>`;
}
