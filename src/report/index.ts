import { createHash } from "node:crypto";
import type { CellError, Output } from "../../engine/protocol/index.ts";
import { type Bundle, bundleText, languageOf, speak } from "../../l10n/index.ts";
import { escapeHtml } from "./escape.ts";
import { codeFrame } from "./frame.ts";
import { highlight } from "./highlight.ts";
import { markdownRenderer } from "./markdown.ts";
import { duration } from "./numbers.ts";
import { showOutputs } from "./outputs.ts";
import { configTable, type ReportedRun, runsTable } from "./runs.ts";
import { STYLE } from "./style.ts";
import { WORDS } from "./words.ts";

export type { ReportedRun } from "./runs.ts";

/** Something that a cell showed. */
export type Shown = { kind: "text"; stream: "stdout" | "stderr"; text: string } | { kind: "output"; output: Output };

export type ReportCell =
  | { kind: "markdown"; text: string }
  | {
      kind: "code";
      id: string;
      /** Among the code cells, from 1. */
      index: number;
      text: string;
      /** Null when it was not run. */
      result: { ok: boolean; wallMs: number; error?: CellError } | null;
      shown: readonly Shown[];
      /** What a reader must know of its outputs: "the cell has changed since". */
      note?: string;
    };

/** A notebook and what came of it. */
export interface Report {
  /** File name. */
  name: string;
  /** Pictures in its prose lie in or below it; null: there are none. */
  folder: string | null;
  cells: readonly ReportCell[];
  runs: readonly ReportedRun[];
  /** Behind the verdict: "on wasm (CPU, 8 threads)". */
  where: string;
  /** Versions and dates. */
  about: readonly string[];
  generator: string;
  /** The language of its words; not given: English. */
  bundle?: Bundle;
  /**
   * The program that makes charts interactive (`dist/report.js`). Without it the page holds no script, and none could run: charts
   * are pictures. With it they are pictures until it has started.
   */
  program?: string;
}

/** The report as one HTML page that needs no network, and may do nothing but style itself, show what is in it and run `program`. */
export async function writeReport(report: Report): Promise<string> {
  const { cells, runs, generator, program } = report;
  speak(report.bundle ?? null);
  const markdown = markdownRenderer(report.folder);
  const parts = await Promise.all(
    cells.map((cell) =>
      cell.kind === "markdown"
        ? `<section class="prose">${markdown(cell.text)}</section>`
        : showCell(cell, markdown, program !== undefined),
    ),
  );
  const configs = runs.map((run) => configTable(run, runs.length === 1)).join("\n");
  // what closes a script's element would end it within its own text too
  const script = program?.replaceAll(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");
  return `<!doctype html>
<html lang="${languageOf()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy(script)}">
<meta name="generator" content="${escapeHtml(generator)}">
<title>${escapeHtml(titleOf(report))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(report)}
${parts.join("\n")}
${configs === "" ? "" : `<section>\n<h2>${escapeHtml(WORDS.details)}</h2>\n${configs}\n</section>`}
</main>
${script === undefined ? "" : `${pageWords()}<script type="module">${script}</script>`}
</body>
</html>
`;
}

/** For the page's program; a program that speaks English needs none. */
function pageWords(): string {
  const text = bundleText();
  return text === "" ? "" : `<script type="application/json" id="dlnb-words">${text}</script>\n`;
}

/** The one script by its digest. */
function policy(script: string | undefined): string {
  const allowed =
    script === undefined ? "" : `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'; `;
  return `default-src 'none'; ${allowed}style-src 'unsafe-inline'; img-src data:`;
}

function header({ name, cells, runs, where, about }: Report): string {
  const code = cells.filter((cell) => cell.kind === "code");
  const failed = code.find(({ result }) => result?.ok === false);
  const ran = code.filter(({ result }) => result !== null);
  const seconds = ran.reduce((sum, { result }) => sum + (result?.wallMs ?? 0), 0) / 1000;
  const verdict =
    failed === undefined
      ? WORDS.within(`<span class="verdict ok">${escapeHtml(WORDS.ran(ran.length))}</span>`, duration(seconds))
      : WORDS.after(
          `<span class="verdict bad">${escapeHtml(WORDS.failed(failed.index, failed.id))}</span>`,
          duration(seconds),
        );
  return `<header>
<p class="file">${escapeHtml(name)}</p>
<p>${verdict}${escapeHtml(where === "" ? "" : ` ${where}`)}</p>
<p class="about">${escapeHtml(about.join(" · "))}</p>
${runsTable(runs)}
</header>`;
}

async function showCell(
  cell: ReportCell & { kind: "code" },
  markdown: (text: string) => string,
  interactive: boolean,
): Promise<string> {
  const { id, index, text, result, shown, note } = cell;
  const state = stateOf(result);
  const outputs = await showOutputs(shown, markdown, interactive);
  const error = result?.error === undefined ? "" : showError(text, result.error);
  const remark = note === undefined ? "" : `<p class="note">${escapeHtml(note)}</p>`;
  return `<section class="cell${result?.ok === false ? " failed" : ""}">
<div class="label"><span>${escapeHtml(WORDS.cell(index))} · ${escapeHtml(id)}</span><span>${escapeHtml(state)}</span></div>
<pre class="code"><code>${highlight(text)}</code></pre>
<div class="outputs">${[remark, outputs, error].filter(Boolean).join("\n")}</div>
</section>`;
}

function stateOf(result: (ReportCell & { kind: "code" })["result"]): string {
  if (result === null) return WORDS.notRun;
  const took = duration(result.wallMs / 1000);
  return result.ok ? took : WORDS.failedAfter(took);
}

function showError(text: string, { name, message, line, column, stack }: CellError): string {
  const frame = line === undefined ? "" : `<pre>${escapeHtml(codeFrame(text, line, column))}</pre>`;
  // one frame alone is the place that the code frame shows
  const trace =
    stack === "" || (line !== undefined && !stack.includes("\n")) ? "" : `<pre class="note">${escapeHtml(stack)}</pre>`;
  return `<div class="error"><p class="message"><strong>${escapeHtml(name)}</strong>: ${escapeHtml(message)}</p>${frame}${trace}</div>`;
}

/** The first heading of the prose, else the file's name. */
function titleOf({ cells, name }: Report): string {
  const headings = cells.flatMap(({ kind, text }) =>
    kind === "markdown" ? (/^#+[ \t]+(.+?)[ \t#]*$/m.exec(text)?.[1] ?? []) : [],
  );
  return headings[0] ?? name;
}
