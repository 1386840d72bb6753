import { dirname, resolve } from "node:path";
import type { Node } from "acorn";
import { inContext, type RunContext } from "../context/index.ts";
import { ConfigError, DataError, ShapeError, UserError } from "../errors/index.ts";
import type { AnalyzeParams, CellAnalysis, CellProblem } from "../protocol/index.ts";
import { Experiments } from "./experiments.ts";
import { LayerHints } from "./hints.ts";
import { type Call, Interpreter } from "./interpret/index.ts";
import { Memo } from "./memo.ts";
import { Origins } from "./origins.ts";
import { type ParsedCell, Parser } from "./parse.ts";
import { type Located, problemOf, sameProblem } from "./problems.ts";
import { Sources } from "./sources.ts";
import { computedMs, OutOfTime } from "./values.ts";

/** Analyses that compute longer stop where they are. */
const MOST_MS = 2000;
/** What reads data has so long. */
const READING_MS = 15_000;

/**
 * Says what a run of cells would define and get wrong, from their texts and data alone. Keeps what it has read from one text to the
 * next: syntax trees, data sets and what they were made into.
 */
export class Analyst {
  readonly #parser = new Parser();
  readonly #sources = new Sources();
  readonly #memo = new Memo();

  async analyze({ notebook, folder: given, cells }: AnalyzeParams): Promise<{ cells: CellAnalysis[] }> {
    const folder = notebook === null ? resolve(given) : dirname(resolve(notebook));
    const parsed = await this.#parser.parse(notebook ?? `untitled in ${folder}`, cells);
    const origins = new Origins(this.#parser.cellOf);
    const hints = new LayerHints();
    const problems: Located[] = [];
    const texts = new Map(parsed.map(({ cell, text }) => [cell, text]));
    await inContext(contextOf(folder), () => this.#follow(parsed, folder, { origins, hints, problems, texts }));
    return {
      cells: parsed.map(({ cell, text, parsed }) => ({
        cell,
        parsed,
        problems: parsed ? problems.filter((each) => each.cell === cell).map(({ cell: _, ...problem }) => problem) : [],
        hints: parsed ? hints.of(cell, origins, text) : [],
      })),
    };
  }

  async #follow(
    cells: readonly ParsedCell[],
    folder: string,
    {
      origins,
      hints,
      problems,
      texts,
    }: { origins: Origins; hints: LayerHints; problems: Located[]; texts: ReadonlyMap<string, string> },
  ): Promise<void> {
    const tell = (error: UserError, node: Node, call: Call | null, severity: CellProblem["severity"]) => {
      const problem = problemOf(error, node, call, origins, (cell) => texts.get(cell) ?? "", severity);
      if (problem && !problems.some((each) => sameProblem(each, problem))) problems.push(problem);
    };
    const experiments = new Experiments(origins, hints, (remark, call) => tell(remark, call.node, call, "warning"));
    const mayMake = cells.some(({ text }) => MAKES_FILES.test(text));
    const interpreter: Interpreter = new Interpreter(
      origins,
      {
        instead: (call) => {
          const { knowledge } = interpreter;
          const own = experiments.instead(call, knowledge);
          if (own || !Sources.reads(call.fn) || knowledge.hasUnknown(call.given)) return own;
          return { value: this.#sources.read(call.fn, call.given, folder) };
        },
        failed: (error, node, call) => {
          if (!(error instanceof ConfigError || error instanceof ShapeError || error instanceof DataError)) return;
          // files that are not there yet may be made by a cell above
          if (error instanceof DataError && mayMake) return;
          tell(error, node, call, "error");
        },
      },
      this.#memo,
      computedMs() + MOST_MS,
    );
    try {
      for (const { body } of cells) await interpreter.cell(body);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
    }
  }
}

const MAKES_FILES = /\b(?:fetch|import|require|process|writeFile)\b/;

/** What data sources may ask of a cell; nothing that they say is heard, and nothing is kept. */
function contextOf(notebookFolder: string): RunContext {
  let ids = 0;
  return {
    cell: "analysis",
    signal: AbortSignal.timeout(READING_MS),
    emit: () => {},
    log: () => {},
    freshId: (prefix) => `${prefix}-${++ids}`,
    runFolder: null,
    notebookFolder,
    backend: () => Promise.reject(new UserError("an analysis computes nothing")),
    shield: (work) => work,
  };
}
