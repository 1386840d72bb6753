import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { BackendName, CellResult, KernelEvent, RunSummary } from "../../engine/protocol/index.ts";
import { CHART_MIME } from "../../engine/protocol/index.ts";
import { KernelExited, type KernelProcess } from "../kernel/index.ts";
import { figureNames, words } from "../report/figures.ts";
import { codeFrame } from "../report/frame.ts";
import { writeReport } from "../report/index.ts";
import { count, duration, figure } from "../report/numbers.ts";
import type { RunOptions } from "./args.ts";
import { CommandError } from "./errors.ts";
import { jsonReport } from "./json.ts";
import { type Program, startKernel } from "./kernel.ts";
import { type NotebookFile, readNotebookFile } from "./notebookFile.ts";
import { plainText, type RecordedCell, Recording } from "./recording.ts";
import { reportOf } from "./report.ts";
import { didYouMean } from "./suggest.ts";
import { Terminal } from "./terminal.ts";

const OK = 0;
const FAILED = 1;
const INTERRUPTED = 130;

/** Runs a notebook's cells from top to bottom until one fails, or only tries them out to profile what they train; returns the exit code. */
export async function runNotebook(program: Program, options: RunOptions): Promise<number> {
  const file = readNotebookFile(options.file);
  const terminal = new Terminal();
  for (const warning of file.warnings) terminal.line(terminal.style("yellow", warning));
  const recording = new Recording();
  const started = new Date();
  let shows = (_: KernelEvent) => {};
  const kernel = await startKernel(program, file.path, options, {
    event: (event) => {
      recording.add(event);
      shows(event);
    },
  });
  let interrupted = false;
  const onInterrupt = () => {
    if (!interrupted) terminal.line("stopping after the running step; press Ctrl+C again to end at once");
    interrupted = true;
    void kernel.interrupt();
  };
  process.on("SIGINT", onInterrupt);
  try {
    await checkOverrides(kernel, file, options.overrides);
    for (const recorded of file.code) {
      terminal.restart();
      terminal.line(`${terminal.style("bold", `cell ${recorded.index}`)} ${terminal.style("dim", recorded.cell.id)}`);
      shows = (event) => show(terminal, recorded, event);
      recorded.result = await runCell(kernel, recorded);
      terminal.restart();
      showCharts(terminal, recording, recorded);
      if (!recorded.result.ok) break;
    }
    const status = await kernel.request("status", {}).catch(() => null);
    const asked = options.backend === "auto" ? null : options.backend;
    // under `auto` a model may train on another backend than the one that is open for all
    const { backend = status?.backend ?? asked, adapter = status?.adapter ?? null } = recording.runs.at(-1) ?? {};
    const failed = file.code.find(({ result }) => result?.ok === false);
    if (failed) showFailure(terminal, file, failed, interrupted);
    finish(terminal, file, options.profile ? [] : recording.runs, backend, adapter);
    if (options.profile && recording.profiles.length === 0 && !failed && !interrupted) {
      terminal.line(terminal.style("yellow", `nothing was profiled: ${file.name} trains nothing with fit`));
    }
    if (options.json !== null) {
      write(
        options.json,
        `${JSON.stringify(jsonReport(backend, file.code, recording.runs, options.profile ? recording.profiles : null), null, 2)}\n`,
      );
      terminal.line(`json: ${resolve(options.json)}`);
    }
    if (options.report !== null) {
      const report = reportOf({ file, recording, started, backend, adapter, info: kernel.info, options });
      const page = join(program.root, "dist", "report-page.js");
      const script = options.interactive ? { program: readFileSync(page, "utf8") } : {};
      write(options.report, await writeReport({ ...report, ...script }));
      terminal.line(`report: ${resolve(options.report)}`);
    }
    return interrupted ? INTERRUPTED : failed ? FAILED : OK;
  } finally {
    process.off("SIGINT", onInterrupt);
    await kernel.close();
  }
}

/** `--set` must name what some cell declares; a slip would train something else than was asked for. */
async function checkOverrides(
  kernel: KernelProcess,
  file: NotebookFile,
  overrides: RunOptions["overrides"],
): Promise<void> {
  const names = Object.keys(overrides);
  if (names.length === 0) return;
  const checked = await Promise.all(
    file.code.map(({ cell }) => kernel.request("check", { cell: cell.id, text: cell.text })),
  );
  const declared = checked.flatMap(({ declares }) => declares.map((declared) => declared.name));
  for (const name of names) {
    if (!declared.includes(name)) {
      throw new CommandError(
        `--set ${name}: ${file.name} declares no "${name}" at the top level${didYouMean(name, declared)}`,
      );
    }
  }
}

async function runCell(kernel: KernelProcess, { cell, index }: RecordedCell): Promise<CellResult> {
  const started = performance.now();
  try {
    return await kernel.request("run", { cell: cell.id, index, text: cell.text });
  } catch (error) {
    const last = error instanceof KernelExited ? error.lastOutput : "";
    const { name, message } = error as Error;
    return { ok: false, wallMs: performance.now() - started, order: index, error: { name, message, stack: last } };
  }
}

/** What can be shown at once; charts wait until all their rows are there. */
function show(terminal: Terminal, { cell, index }: RecordedCell, event: KernelEvent): void {
  if (!("cell" in event) || event.cell !== cell.id) return;
  if (event.event === "text") terminal.write(event.text);
  else if (event.event === "progress") terminal.progress(index, event);
  else if (event.event === "output" && !event.output.items.some(({ mime }) => mime === CHART_MIME)) {
    terminal.line(plainText(event.output));
  }
}

function showCharts(terminal: Terminal, recording: Recording, { cell }: RecordedCell): void {
  for (const shown of recording.shown(cell.id)) {
    if (shown.kind === "output" && shown.output.items.some(({ mime }) => mime === CHART_MIME)) {
      terminal.line(terminal.style("dim", plainText(shown.output)));
    }
  }
}

function showFailure(terminal: Terminal, file: NotebookFile, failed: RecordedCell, interrupted: boolean): void {
  const { cell, index, line, result } = failed;
  const error = result?.error ?? { name: "Error", message: "no reason was given", stack: "" };
  const at = error.line === undefined ? line : line + error.line;
  terminal.line();
  if (interrupted) {
    terminal.line(
      terminal.style("yellow", `interrupted in cell ${index} (${cell.id}); the cells after it were not run`),
    );
    return;
  }
  terminal.line(terminal.style("red", `cell ${index} (${cell.id}) failed, ${file.name}:${at}`));
  terminal.line(`${error.name}: ${error.message}`);
  if (error.line !== undefined) terminal.line(`\n${codeFrame(cell.text, error.line, error.column)}`);
  // one frame alone is the place that the code frame shows
  if (error.stack.includes("\n") || (error.line === undefined && error.stack !== ""))
    terminal.line(`\n${terminal.style("dim", error.stack)}`);
}

function finish(
  terminal: Terminal,
  file: NotebookFile,
  runs: readonly RunSummary[],
  backend: BackendName | null,
  adapter: string | null,
): void {
  const ran = file.code.filter(({ result }) => result?.ok);
  const ms = file.code.reduce((sum, { result }) => sum + (result?.wallMs ?? 0), 0);
  const where = backend === null ? "" : ` on ${backend}${adapter ? ` (${adapter})` : ""}`;
  terminal.line();
  for (const run of runs) {
    const figures = figureNames([run]).map((name) => `${words(name)} ${figure(run.final[name] as number)}`);
    terminal.line(
      `${run.name}: ${count(run.epochs, "epoch")}, ${count(run.steps, "step")}, ${duration(run.seconds)}; ${figures.join(", ")}`,
    );
  }
  terminal.line(`${ran.length} of ${file.code.length} cells ran in ${duration(ms / 1000)}${where}`);
}

function write(name: string, text: string): void {
  const path = resolve(name);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    throw new CommandError(`"${name}" cannot be written: ${(error as Error).message}`);
  }
}
