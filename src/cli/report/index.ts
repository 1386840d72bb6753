import { dirname } from "node:path";
import type { BackendName, KernelInfo } from "../../../engine/protocol/index.ts";
import type { RunOptions } from "../args.ts";
import { codeFrame } from "../frame.ts";
import type { NotebookFile } from "../notebookFile.ts";
import { duration } from "../progress.ts";
import type { RecordedCell, Recording } from "../recording.ts";
import { escapeHtml } from "./escape.ts";
import { highlight } from "./highlight.ts";
import { markdownRenderer } from "./markdown.ts";
import { showOutputs } from "./outputs.ts";
import { configTable, runsTable } from "./runs.ts";
import { STYLE } from "./style.ts";

export interface ReportInput {
  file: NotebookFile;
  recording: Recording;
  started: Date;
  backend: BackendName | null;
  adapter: string | null;
  info: KernelInfo;
  options: Pick<RunOptions, "overrides">;
}

/** What a browser may do with the page: nothing but style it and show what is in it. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A notebook and what came of it as one HTML page that needs no network. */
export async function writeReport(input: ReportInput): Promise<string> {
  const { file, recording } = input;
  const markdown = markdownRenderer(dirname(file.path));
  const parts: string[] = [];
  for (const cell of file.cells) {
    if (cell.kind === "markdown") parts.push(`<section class="prose">${markdown(cell.text)}</section>`);
    else {
      const recorded = file.code.find((one) => one.cell.id === cell.id) as RecordedCell;
      parts.push(await showCell(recorded, recording, markdown));
    }
  }
  const configs = recording.runs.map((run) => configTable(run, recording.runs.length === 1)).join("\n");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="generator" content="dlnb ${escapeHtml(input.info.version)}">
<title>${escapeHtml(titleOf(file))}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${header(input)}
${parts.join("\n")}
${configs === "" ? "" : `<section>\n<h2>Runs in detail</h2>\n${configs}\n</section>`}
</main>
</body>
</html>
`;
}

function header({ file, recording, started, backend, adapter, info, options }: ReportInput): string {
  const failed = file.code.find(({ result }) => result?.ok === false);
  const ran = file.code.filter(({ result }) => result !== null);
  const seconds = ran.reduce((sum, { result }) => sum + (result?.wallMs ?? 0), 0) / 1000;
  const verdict =
    failed === undefined
      ? `<span class="verdict ok">${ran.length} cell${ran.length === 1 ? "" : "s"} ran</span> in ${duration(seconds)}`
      : `<span class="verdict bad">cell ${failed.index} (${escapeHtml(failed.cell.id)}) failed</span> after ${duration(seconds)}`;
  const where = backend === null ? "" : ` on ${backend}${adapter ? ` (${escapeHtml(adapter)})` : ""}`;
  const set = Object.entries(options.overrides).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  const about = [
    started.toISOString().replace("T", " ").replace(/\..*/, " UTC"),
    `dlnb ${info.version}`,
    `Node.js ${info.node}`,
    ...(set.length > 0 ? [`with ${set.join(", ")}`] : []),
  ];
  return `<header>
<p class="file">${escapeHtml(file.name)}</p>
<p>${verdict}${where}</p>
<p class="about">${escapeHtml(about.join(" · "))}</p>
${runsTable(recording.runs)}
</header>`;
}

async function showCell(
  recorded: RecordedCell,
  recording: Recording,
  markdown: (text: string) => string,
): Promise<string> {
  const { cell, index, result } = recorded;
  const state = result === null ? "not run" : `${result.ok ? "" : "failed after "}${duration(result.wallMs / 1000)}`;
  const outputs = await showOutputs(recording.shown(cell.id), markdown);
  const error = result?.error === undefined ? "" : showError(recorded);
  return `<section class="cell${result?.ok === false ? " failed" : ""}">
<div class="label"><span>cell ${index} · ${escapeHtml(cell.id)}</span><span>${state}</span></div>
<pre class="code"><code>${highlight(cell.text)}</code></pre>
<div class="outputs">${[outputs, error].filter(Boolean).join("\n")}</div>
</section>`;
}

function showError({ cell, result }: RecordedCell): string {
  const { name, message, line, column, stack } = result?.error ?? { name: "", message: "", stack: "" };
  const frame = line === undefined ? "" : `<pre>${escapeHtml(codeFrame(cell.text, line, column))}</pre>`;
  // one frame alone is the place that the code frame shows
  const trace =
    stack === "" || (line !== undefined && !stack.includes("\n")) ? "" : `<pre class="note">${escapeHtml(stack)}</pre>`;
  return `<div class="error"><p class="message"><strong>${escapeHtml(name)}</strong>: ${escapeHtml(message)}</p>${frame}${trace}</div>`;
}

/** The first heading of the prose, else the file's name. */
function titleOf({ cells, name }: NotebookFile): string {
  const headings = cells.flatMap(({ kind, text }) =>
    kind === "markdown" ? (/^#+[ \t]+(.+?)[ \t#]*$/m.exec(text)?.[1] ?? []) : [],
  );
  return headings[0] ?? name;
}
