import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { BackendChoice } from "../../engine/protocol/index.ts";
import { UsageError } from "./errors.ts";
import { didYouMean } from "./suggest.ts";

export type Command =
  | { command: "run" | "profile"; options: RunOptions }
  | { command: "doctor"; json: boolean }
  | { command: "help" }
  | { command: "version" };

export interface RunOptions {
  file: string;
  backend: BackendChoice;
  report: string | null;
  /** Charts of the report answer to the pointer. */
  interactive: boolean;
  json: string | null;
  overrides: Readonly<Record<string, unknown>>;
  threads: number;
  /** Only tries the notebook out and profiles what it trains. */
  profile: { steps: number | null } | undefined;
}

export const HELP = `dlnb: train the networks of a notebook without an editor

  dlnb run FILE.dlnb [options]       run its cells from top to bottom; FILE.ts: those of a script
  dlnb profile FILE.dlnb [options]   run them with short fits, and show where the time of each training step goes
  dlnb doctor [--json]               which backends there are, which one is taken and why, how to mend what is missing

options of run and profile
  --backend auto|webgpu|wasm     what trains; auto tries a GPU, if there is one, against the CPU  (auto)
  --threads N                    threads of the wasm backend; 0 takes the machine's               (0)
  --set NAME=VALUE               another value for a top-level name of the notebook: JSON, or text; may be repeated
  --report OUT.html              writes a page with prose, code, outputs and charts
  --interactive                  of the report: charts answer to the pointer (one script within the page)
  --json OUT.json                writes what every cell and run came to, and the numbers of profiles
  --steps N                      of profile: training steps, half of them measured               (1.5 seconds of them)

  -h, --help     -v, --version

Exit code 0: every cell ran. 1: one did not, or there is nothing to run. 2: the command line is wrong. 130: interrupted.
Ctrl+C stops after the running step and keeps what was learnt; a second one ends at once.
`;

const COMMANDS = ["run", "profile", "doctor", "help"];
const BACKENDS = ["auto", "webgpu", "wasm"] as const;
const BOTH = { help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "v" } } as const;
const RUN = {
  backend: { type: "string" },
  report: { type: "string" },
  interactive: { type: "boolean" },
  json: { type: "string" },
  set: { type: "string", multiple: true },
  threads: { type: "string" },
  ...BOTH,
} as const;
const PROFILE = { steps: { type: "string" }, ...RUN } as const;
const DOCTOR = { json: { type: "boolean" }, ...BOTH } as const;

/** Throws UsageError, which names what is wrong and what was probably meant. */
export function readCommand(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  if (first === undefined || first === "help") return { command: "help" };
  if (first === "run" || first === "profile") return readRun(first, rest);
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

function readRun(command: "run" | "profile", argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, command === "run" ? RUN : PROFILE, command);
  const early = shared(values);
  if (early !== null) return early;
  const [file, extra] = positionals;
  if (file === undefined) throw new UsageError(`${command}: which notebook? dlnb ${command} FILE.dlnb`);
  if (extra !== undefined)
    throw new UsageError(`${command}: "${extra}" is one argument too many; one notebook at a time`);
  const backend = BACKENDS.find((name) => name === (values.backend ?? "auto"));
  if (backend === undefined) {
    throw new UsageError(
      `${command}: --backend ${values.backend} is none${didYouMean(values.backend ?? "", BACKENDS)}`,
    );
  }
  const threads = Number(values.threads ?? 0);
  if (!Number.isInteger(threads) || threads < 0 || threads > 256 || values.threads?.trim() === "") {
    throw new UsageError(`${command}: --threads ${values.threads} is no whole number from 0 to 256`);
  }
  checkOutputs(command, file, values);
  if (values.interactive && values.report === undefined)
    throw new UsageError(`${command}: --interactive is of a report; add --report OUT.html`);
  return {
    command,
    options: {
      file,
      backend,
      threads,
      report: values.report ?? null,
      interactive: values.interactive === true,
      json: values.json ?? null,
      overrides: readOverrides(values.set ?? [], command),
      profile: command === "profile" ? { steps: readSteps((values as { steps?: string }).steps) } : undefined,
    },
  };
}

/** What is written must not take the place of the notebook, nor one of the other. */
function checkOutputs(
  command: string,
  file: string,
  { report, json }: { report?: string | undefined; json?: string | undefined },
): void {
  const given: [string, string | undefined][] = [
    ["--report", report],
    ["--json", json],
  ];
  for (const [option, path] of given) {
    if (path === "") throw new UsageError(`${command}: ${option} needs the name of a file`);
    if (path === undefined) continue;
    if (resolve(path) === resolve(file))
      throw new UsageError(`${command}: ${option} ${path} would overwrite the notebook`);
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`${command}: ${option} ${path} is a folder; name a file in it`);
    }
  }
  if (report !== undefined && json !== undefined && resolve(report) === resolve(json)) {
    throw new UsageError(`${command}: --report and --json are both ${report}; give each a file of its own`);
  }
}

function readSteps(given: string | undefined): number | null {
  if (given === undefined) return null;
  const steps = Number(given);
  if (Number.isInteger(steps) && steps >= 2 && steps <= 100_000) return steps;
  throw new UsageError(`profile: --steps ${given} is no whole number from 2 to 100000`);
}

/** `lr=1e-3` is a number, `name=fast` text, `widths=[64,32]` a list. */
export function readOverrides(given: readonly string[], command = "run"): Record<string, unknown> {
  const entries = given.map((text): [string, unknown] => {
    const [, name = "", value = ""] = /^\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=(.*)$/su.exec(text) ?? [];
    if (name === "") throw new UsageError(`${command}: --set ${text} is not NAME=VALUE, as in --set epochs=5`);
    return [name, readValue(value)];
  });
  const twice = entries.find(([name], i) => entries.findIndex(([other]) => other === name) !== i);
  if (twice) throw new UsageError(`${command}: --set ${twice[0]} is given twice`);
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
