import { codeOf } from "../notebook/cellCode.ts";

export interface GoBack {
  /** Path of the checkpoint from the notebook's folder, with forward slashes. */
  readonly file: string;
  readonly step: number;
  /** Name of the experiment in the cells. */
  readonly experiment: string;
  /** Names that cells have. */
  readonly taken: (name: string) => boolean;
}

/** A cell that gives the run as it was at a checkpoint, and shows it. */
export function restoreText({ file, step, experiment, taken }: GoBack): string {
  const name = freeName(`step${step}`, taken);
  return `const ${name} = ${experiment}.load(${JSON.stringify(file)})\n${name}`;
}

/**
 * A cell that trains on from a checkpoint as the cell did that trained it: the same call with `resume`. Where that cell is not known
 * any more, a plain call. Of a run that had come to its end, the branch is to be twice as long.
 */
export function branchText(
  { file, step, experiment, taken }: GoBack,
  run: {
    name: string;
    text: string | null;
    steps: number;
    epochs: number;
    changed: number | null;
    /** Of a run that trained beside others: what its experiment and fit had of their own. */
    own?: { readonly experiment: string; readonly schedule: string } | null;
  },
): string {
  const resume = `resume: ${JSON.stringify(file)}`;
  const ended = run.steps > 0 && step >= run.steps;
  const { own = null } = run;
  const given = run.text === null || own !== null ? null : optionsOf(run.text, experiment);
  const schedule = own === null || own.schedule === "" ? "" : `, schedule: ${own.schedule}`;
  const plain = ` epochs: ${(run.epochs || 10) * (ended ? 2 : 1)}${schedule} `;
  const subject =
    own === null || own.experiment === "" ? experiment : `experiment({ ...${experiment}.options, ${own.experiment} })`;
  const options = given === null ? plain : ended ? longer(given) : given;
  const lines = options.includes("\n");
  const call = `${subject}.fit({${lines ? "\n  " : " "}${resume},${options}})`;
  const notes = [
    `// a run of its own, from step ${step.toLocaleString("en-US")} of ${run.name.replaceAll(/\s+/g, " ").slice(0, 60)} on:`,
    "// change what should differ, then run this cell",
    ...(run.changed !== null && run.changed <= step
      ? ["// rates that were set by hand go with it; replay: [] leaves them out"]
      : []),
  ];
  return [...notes, `const ${freeName("branch", taken)} = await ${call}`].join("\n");
}

/** What stands between the braces of the experiment's `fit({ ... })`; null when it is another call, or cannot go on from a checkpoint. */
function optionsOf(text: string, experiment: string): string | null {
  const code = codeOf(text);
  const name = experiment.replaceAll("$", "\\$");
  const call = new RegExp(`(?<![\\w$.])${name}\\s*\\.\\s*fit\\s*\\(\\s*(\\{|\\))`).exec(code);
  if (call === null) return null;
  if (call[1] === ")") return " ";
  const begin = call.index + call[0].length;
  let depth = 1;
  for (let at = begin; at < code.length; at++) {
    const char = code[at] as string;
    if ("({[".includes(char)) depth++;
    else if (")}]".includes(char)) depth--;
    if (depth > 0) continue;
    const options = text.slice(begin, at);
    const own = code.slice(begin, at);
    return code[at] === "}" && !/(?:^|[{,\s])(?:resume|from|replay)\s*[:,]/.test(own) ? options : null;
  }
  return null;
}

/** The options with twice the epochs or steps, where those are plain numbers. */
function longer(options: string): string {
  const length = /(\b(?:epochs|steps)\s*:\s*)(\d[\d_]*)(?![\w.])/;
  if (!length.test(codeOf(options))) return options;
  return options.replace(length, (_, name: string, n: string) => `${name}${2 * Number(n.replaceAll("_", ""))}`);
}

function freeName(wanted: string, taken: (name: string) => boolean): string {
  let name = wanted;
  for (let n = 2; taken(name); n++) name = `${wanted}_${n}`;
  return name;
}
