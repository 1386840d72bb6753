import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import type { RunSummary } from "../../engine/protocol/index.ts";
import { isShallow } from "../outputs/depth.ts";
import { escapeHtml } from "./escape.ts";
import { figureNames, words } from "./figures.ts";
import { duration, figure } from "./numbers.ts";
import { WORDS } from "./words.ts";

/** What a report says of a run; its curve is a chart of its cell. */
export type ReportedRun = Omit<RunSummary, "adapter" | "history">;

/** The figures of all runs side by side. */
export function runsTable(runs: readonly ReportedRun[]): string {
  if (runs.length === 0) return "";
  const names = figureNames(runs);
  const head = [WORDS.run, ...names.map(words)].map((name) => `<th>${escapeHtml(name)}</th>`);
  const rows = runs.map(({ name, backend, epochs, steps, seconds, final, stopped }) => {
    const took = WORDS.on(`${WORDS.epochs(epochs)}, ${WORDS.steps(steps)}, ${duration(seconds)}`, backend);
    const how = escapeHtml(stopped === "finished" ? took : WORDS.after(WORDS.ends[stopped], took));
    const figures = names.map((key) => `<td>${key in final ? figure(final[key] as number) : ""}</td>`);
    return `<tr><th>${escapeHtml(name)}<small>${how}</small></th>${figures.join("")}</tr>`;
  });
  return `<div class="scroll"><table class="runs"><thead><tr>${head.join("")}</tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

/** What decided a run's numbers, from the first line of its log; `open` is whether it is unfolded. */
export function configTable(run: ReportedRun, open: boolean): string {
  const start = firstLine(run.folder);
  const { config, fit } = start;
  if (!isRecord(config)) return "";
  const rows = [...Object.entries(config), ...Object.entries(isRecord(fit) ? fit : {})]
    .filter(([name]) => name !== "name")
    .map(([name, value]) => `<tr><th>${escapeHtml(words(name))}</th><td>${describe(name, value)}</td></tr>`);
  const summary = `<summary>${escapeHtml(WORDS.configuration(run.name))}</summary>`;
  const folder = run.folder === null ? "" : `<p class="note">${escapeHtml(WORDS.folder(run.folder))}</p>`;
  return `<details${open ? " open" : ""}>${summary}<table class="config"><tbody>${rows.join("")}</tbody></table>${folder}</details>`;
}

function describe(name: string, value: unknown): string {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0))
    return escapeHtml(WORDS.none);
  if (name === "model" && Array.isArray(value)) {
    const count = (shape: unknown) => (Array.isArray(shape) ? shape.reduce((a: number, b) => a * Number(b), 1) : 0);
    const total = value.reduce((sum: number, p) => sum + count(isRecord(p) ? p.shape : []), 0);
    const lines = value
      .filter(isRecord)
      .map((p) => `${p.name} ${JSON.stringify(p.shape)} ${isRecord(p.init) ? p.init.type : ""}`);
    return `${escapeHtml(WORDS.parameters(total))}<br>${lines.map((line) => `<code>${escapeHtml(line)}</code>`).join("<br>")}`;
  }
  if (Array.isArray(value)) return value.map((one) => describe("", one)).join(", ");
  if (!isRecord(value)) return escapeHtml(String(value));
  // a definition: type({ options })
  if (typeof value.type === "string") {
    const options = isRecord(value.options) ? Object.entries(value.options).filter(([, v]) => v !== null) : [];
    const inside = options.map(([key, v]) => `${key}: ${JSON.stringify(v)}`).join(", ");
    return `<code>${escapeHtml(`${value.type}(${inside === "" ? "" : `{ ${inside} }`})`)}</code>`;
  }
  return escapeHtml(
    Object.entries(value)
      .map(([key, v]) => `${key} ${typeof v === "object" ? JSON.stringify(v) : v}`)
      .join(", "),
  );
}

function firstLine(folder: string | null): Record<string, unknown> {
  if (folder === null) return {};
  try {
    const file = openSync(join(folder, "log.jsonl"), "r");
    const bytes = Buffer.alloc(2 ** 20);
    const read = readSync(file, bytes, 0, bytes.length, 0);
    closeSync(file);
    const line: unknown = JSON.parse(bytes.toString("utf8", 0, read).split("\n", 1)[0] ?? "");
    return isRecord(line) && isShallow(line) ? line : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
