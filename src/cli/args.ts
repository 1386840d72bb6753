import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BackendChoice } from "../../engine/protocol/index.ts";
import { UsageError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

export type Command =
  | { command: "run"; options: RunOptions }
  | { command: "doctor"; json: boolean }
  | { command: "help" }
  | { command: "version" };

export interface RunOptions {
  file: string;
  backend: BackendChoice;
  report: string | null;
  json: string | null;
  overrides: Readonly<Record<string, unknown>>;
  threads: number;
}

export const HELP = `dlnb: train the networks of a notebook without an editor

  dlnb run FILE.dlnb [options]   run its cells from top to bottom
  dlnb doctor [--json]           which backends there are, which one is taken and why, how to mend what is missing

options of run
  --backend auto|webgpu|wasm     what trains; auto tries a GPU, if there is one, against the CPU  (auto)
  --threads N                    threads of the wasm backend; 0 takes the machine's               (0)
  --set NAME=VALUE               another value for a top-level name of the notebook: JSON, or text; may be repeated
  --report OUT.html              writes a page with prose, code, outputs and charts
  --json OUT.json                writes what every cell and run came to

  -h, --help     -v, --version

Exit code 0: every cell ran. 1: one did not, or there is nothing to run. 2: the command line is wrong. 130: interrupted.
Ctrl+C stops after the running step and keeps what was learnt; a second one ends at once.
`;

const COMMANDS = ["run", "doctor", "help"];
const BACKENDS = ["auto", "webgpu", "wasm"] as const;
const BOTH = { help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "v" } } as const;
const RUN = {
  backend: { type: "string" },
  report: { type: "string" },
  json: { type: "string" },
  set: { type: "string", multiple: true },
  threads: { type: "string" },
  ...BOTH,
} as const;
const DOCTOR = { json: { type: "boolean" }, ...BOTH } as const;

/** Throws UsageError, which names what is wrong and what was probably meant. */
export function readCommand(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  if (first === undefined || first === "help") return { command: "help" };
  if (first === "run") return readRun(rest);
  if (first === "doctor") {
    const { values, positionals } = parse(rest, DOCTOR, "doctor");
    if (positionals.length > 0) throw new UsageError(`doctor: "${positionals[0]}" is one argument too many`);
    return shared(values) ?? { command: "doctor", json: values.json ?? false };
  }
  if (first.startsWith("-")) {
    const { values } = parse(argv, BOTH, "dlnb");
    return shared(values) ?? { command: "help" };
  }
  if (first.endsWith(".dlnb")) throw new UsageError(`no command "${first}"; did you mean: dlnb run ${first}`);
  throw new UsageError(`no command "${first}"${didYouMean(first, COMMANDS)}`);
}

function readRun(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, RUN, "run");
  const early = shared(values);
  if (early !== null) return early;
  const [file, extra] = positionals;
  if (file === undefined) throw new UsageError("run: which notebook? dlnb run FILE.dlnb");
  if (extra !== undefined) throw new UsageError(`run: "${extra}" is one argument too many; one notebook at a time`);
  const backend = BACKENDS.find((name) => name === (values.backend ?? "auto"));
  if (backend === undefined) {
    throw new UsageError(`run: --backend ${values.backend} is none${didYouMean(values.backend ?? "", BACKENDS)}`);
  }
  const threads = Number(values.threads ?? 0);
  if (!Number.isInteger(threads) || threads < 0 || threads > 256 || values.threads?.trim() === "") {
    throw new UsageError(`run: --threads ${values.threads} is no whole number from 0 to 256`);
  }
  checkOutputs(file, values);
  return {
    command: "run",
    options: {
      file,
      backend,
      threads,
      report: values.report ?? null,
      json: values.json ?? null,
      overrides: readOverrides(values.set ?? []),
    },
  };
}

/** What is written must not take the place of the notebook, nor one of the other. */
function checkOutputs(
  file: string,
  { report, json }: { report?: string | undefined; json?: string | undefined },
): void {
  const given: [string, string | undefined][] = [
    ["--report", report],
    ["--json", json],
  ];
  for (const [option, path] of given) {
    if (path === "") throw new UsageError(`run: ${option} needs the name of a file`);
    if (path === undefined) continue;
    if (resolve(path) === resolve(file)) throw new UsageError(`run: ${option} ${path} would overwrite the notebook`);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`run: ${option} ${path} is a folder; name a file in it`);
    }
  }
  if (report !== undefined && json !== undefined && resolve(report) === resolve(json)) {
    throw new UsageError(`run: --report and --json are both ${report}; give each a file of its own`);
  }
}

/** `lr=1e-3` is a number, `name=fast` text, `widths=[64,32]` a list. */
export function readOverrides(given: readonly string[]): Record<string, unknown> {
  const entries = given.map((text): [string, unknown] => {
    const [, name = "", value = ""] = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=(.*)$/su.exec(text) ?? [];
    if (name === "") throw new UsageError(`run: --set ${text} is not NAME=VALUE, as in --set epochs=5`);
    return [name, readValue(value)];
  });
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i);
  if (twice) throw new UsageError(`run: --set ${twice[0]} is given twice`);
  return Object.fromEntries(entries);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const number = Number(text);
    return text.trim() !== "" && Number.isFinite(number) ? number : text;
  }
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;

function parse<const T extends Options>(argv: readonly string[], options: T, where: string) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const unknown = /Unknown option '(-{1,2})([^']*)'/.exec(message);
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION" && unknown) {
      const [, dashes = "", name = ""] = unknown;
      const names = Object.keys(options).map((option) => `--${option}`);
      throw new UsageError(`${where}: no option ${dashes}${name}${didYouMean(`--${name}`, names)}`);
    }
    const missing = /Option '(?:-\w, )?(--\w+)(?: <value>)?' argument (missing|is ambiguous)/.exec(message);
    if (missing) throw new UsageError(`${where}: ${missing[1]} needs a value`);
    const noValue = /Option '(?:-\w, )?(--\w+)' does not take an argument/.exec(message);
    if (noValue) throw new UsageError(`${where}: ${noValue[1]} takes no value`);
    throw new UsageError(`${where}: ${message}`);
  }
}

function shared({ help, version }: { help?: boolean | undefined; version?: boolean | undefined }): Command | null {
  if (help) return { command: "help" };
  return version ? { command: "version" } : null;
}
