import { inspect } from "node:util";
import { closest } from "../../errors/index.ts";
import type { CellError } from "../../protocol/index.ts";
import { CellSyntaxError } from "./problem.ts";
import type { Rewritten } from "./rewrite.ts";

/** Scripts remembered for their positions: closures of old runs still throw from them. */
const MAX_SCRIPTS = 500;

/** The scripts cells were run as, to say positions in errors as "cell 3:4:12". */
export class Scripts {
  readonly #known = new Map<string, { index: number; script: Rewritten }>();
  /** Ids by the last index that they had. */
  readonly #cells = new Map<number, string>();

  /** Registers a script under a fresh file name. */
  add(cell: string, index: number, order: number, script: Rewritten): string {
    const file = `dlnb-cell:${cell}.${order}`;
    this.#known.set(file, { index, script });
    this.#cells.set(index, cell);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_SCRIPTS && oldest !== undefined) this.#known.delete(oldest);
    return file;
  }

  /** Positions in cells' scripts within `text` become positions in the cells. */
  mapText(text: string): string {
    return text.replace(
      /dlnb-cell:[\w-]+\.\d+(?::(\d+)(?::(\d+))?)?/g,
      (all: string, line?: string, column?: string) => {
        const known = this.#known.get(all.split(":").slice(0, 2).join(":"));
        if (!known) return all;
        if (!line) return `cell ${known.index}`;
        const at = known.script.original(Number(line), Number(column ?? 1));
        return at ? `cell ${known.index}:${at.line}:${at.column}` : `cell ${known.index}`;
      },
    );
  }

  /** Ids of the cells that a text names by their index. */
  cellsIn(text: string): Record<string, string> {
    const named = [...text.matchAll(/\bcell (\d+)/g)].map(([, index]) => Number(index));
    return Object.fromEntries(
      [...new Set(named)].flatMap((index) => {
        const cell = this.#cells.get(index);
        return cell === undefined ? [] : [[String(index), cell]];
      }),
    );
  }

  /** Makes every `stack`, also those that cells print, name positions in the cells. */
  install(): void {
    // a model's layers lie between the place of an error and the cell that it came from
    Error.stackTraceLimit = 100;
    Error.prepareStackTrace = (error, sites) => {
      const frames = sites.map(String);
      // what called the cell is the kernel, of no use to its reader
      const last = frames.findLastIndex((frame) => frame.includes("dlnb-cell:"));
      const shown = last < 0 ? frames : frames.slice(0, last + 1);
      return [this.#head(error), ...shown.map((frame) => `    at ${this.mapText(frame)}`)].join("\n");
    };
  }

  #head(error: unknown): string {
    try {
      return Error.prototype.toString.call(error);
    } catch {
      return "Error";
    }
  }
}

/**
 * What the client is told of a cell's error: the first position in the cell itself, and the frames of user code
 * (cells, and files of `folder` outside node_modules). `names` are those that a cell may use.
 */
export function toCellError(
  error: unknown,
  index: number,
  scripts: Scripts,
  folder: string,
  names: Iterable<string> = [],
): CellError {
  if (error instanceof CellSyntaxError) {
    const { line, column } = error.problem;
    return { name: error.name, message: error.message, line, column, stack: `at cell ${index}:${line}:${column}` };
  }
  if (!isError(error)) return { name: "Thrown", message: inspect(error), stack: "" };
  const stack = scripts.mapText(typeof error.stack === "string" ? error.stack : "");
  const frames = userFrames(stack, folder);
  // V8 writes the place of a syntax error on the stack's first line, before the message
  const place = new RegExp(`\\bcell ${index}:(\\d+)(?::(\\d+))?`).exec([...frames, stack.split("\n", 1)[0]].join("\n"));
  const cause = causeOf(error);
  return {
    name: String(error.name || "Error"),
    message: `${tidyMessage(error)}${cause}`,
    ...(place ? { line: Number(place[1]), ...(place[2] ? { column: Number(place[2]) } : {}) } : {}),
    stack: frames.join("\n"),
    ...(frames.length > 0 ? { cells: scripts.cellsIn(frames.join("\n")) } : {}),
    ...remedyOf(error, names),
  };
}

/** A name that is not there, and one like it that is. */
function remedyOf(error: Error, names: Iterable<string>): Pick<CellError, "remedy"> {
  const given =
    error.name === "ReferenceError" ? /^([\w$]+) is not defined$/.exec(String(error.message))?.[1] : undefined;
  const near = given === undefined ? undefined : closest(given, [...names]);
  return near === undefined ? {} : { remedy: `did you mean ${near}?` };
}

/** What an error came from, where its own message does not say so already. */
function causeOf({ message, cause }: Error): string {
  if (cause === undefined || (isError(cause) && String(message).includes(cause.message))) return "";
  return `\ncaused by ${isError(cause) ? cause : inspect(cause)}`;
}

/** The rewriting shows in V8's words. */
const tidyMessage = (error: Error): string =>
  String(error.message)
    .replace(/\$dlnb\.(constant|variable)\./g, "")
    .replace(/^Cannot assign to read only property '([^']+)' of object '#<Object>'$/, (all, name) =>
      Object.getOwnPropertyDescriptor(globalThis, name) ? `cannot assign to "${name}": it is a constant` : all,
    );

/** An error that nobody waited for, as text for stderr. */
export function describeStray(error: unknown, scripts: Scripts, folder: string): string {
  if (!isError(error)) return inspect(error);
  const frames = userFrames(scripts.mapText(String(error.stack)), folder);
  return [`${error.name}: ${tidyMessage(error)}`, ...frames.map((frame) => `    ${frame}`)].join("\n");
}

const userFrames = (stack: string, folder: string): string[] =>
  stack
    .split("\n")
    .map((line) => line.trim().replace(/\?v=\d+(?=:)/, ""))
    .filter((line) => /^at /.test(line) && isUserFrame(line, folder));

const isError = (value: unknown): value is Error =>
  value instanceof Error || (typeof value === "object" && value !== null && "message" in value && "stack" in value);

function isUserFrame(frame: string, folder: string): boolean {
  if (/\bcell \d+(:|\)|$)/.test(frame)) return true;
  // not our own sources, when a notebook lies among them
  return frame.includes(folder) && !frame.includes("node_modules") && !/[\\/]dist[\\/]/.test(frame);
}
