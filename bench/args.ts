import { parseArgs } from "node:util";
import { type PeerName, peerNames } from "./engines/entries.ts";
import type { Size, Workload } from "./workload.ts";

/** A workload with the sizes it is to have, and what the command line calls it. */
export interface Chosen {
  readonly workload: Workload;
  readonly sizes: Readonly<Record<string, Size>>;
  /** The sizes that are not the declaration's. */
  readonly changed: readonly string[];
}

export interface Options {
  readonly chosen: readonly Chosen[];
  readonly backend: "wasm" | "webgpu";
  readonly peers: readonly PeerName[];
  readonly threads: number;
  readonly windows: number;
  readonly seconds: number;
  readonly json: string | null;
  readonly markdown: boolean;
  readonly kernels: boolean;
}

/** A command line that makes no sense. */
export class UsageError extends Error {}

const flags = {
  workload: { type: "string" },
  backend: { type: "string", default: "wasm" },
  peers: { type: "string", default: peerNames.join(",") },
  threads: { type: "string", default: "0" },
  windows: { type: "string", default: "5" },
  seconds: { type: "string", default: "1" },
  json: { type: "string" },
  markdown: { type: "boolean", default: false },
  "no-kernels": { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

/** What the command line says, or "help". Throws UsageError. */
export function optionsOf(args: readonly string[], workloads: readonly Workload[]): Options | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const { backend } = values;
  if (backend !== "wasm" && backend !== "webgpu") throw unknown("backend", backend, ["wasm", "webgpu"]);
  const peers = values.peers === "none" || values.peers === "" ? [] : values.peers.split(",");
  for (const peer of peers) {
    if (!peerNames.some((name) => name === peer)) throw unknown("peer", peer, [...peerNames, "none"]);
  }
  return {
    chosen: values.workload === undefined ? defaults(workloads) : chosenOf(values.workload, workloads),
    backend,
    peers: peers as PeerName[],
    threads: number("threads", values.threads, 0, true),
    windows: number("windows", values.windows, 1, true),
    seconds: number("seconds", values.seconds, 0, false),
    json: values.json ?? null,
    markdown: values.markdown,
    kernels: !values["no-kernels"],
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: flags }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.charAt(0).toLowerCase() + (error as Error).message.slice(1));
  }
}

/** Those that the project has goals for. */
const defaults = (workloads: readonly Workload[]): Chosen[] =>
  workloads.filter(({ goal }) => goal !== null).map((workload) => chosenOf(workload.id, [workload])[0] as Chosen);

/** `W1,W2(batch=32,widths=8x16)`; `all` for every workload. */
export function chosenOf(text: string, workloads: readonly Workload[]): Chosen[] {
  if (text === "all") return workloads.map((workload) => chosenOf(workload.id, workloads)[0] as Chosen);
  // commas within parentheses part sizes
  return text.split(/,(?![^(]*\))/).map((part) => {
    const [, id = "", given] = /^([^()]*)(?:\((.*)\))?$/.exec(part.trim()) ?? [];
    const workload = workloads.find((w) => w.id.toLowerCase() === id.toLowerCase());
    if (!workload) throw unknown("workload", part, [...workloads.map((w) => w.id), "all"]);
    const changed = (given ?? "")
      .split(",")
      .filter((size) => size !== "")
      .map((size) => sizeOf(workload, size));
    const standard = Object.entries(workload.sizes).map(([name, { value }]) => [name, value] as const);
    return {
      workload,
      sizes: Object.fromEntries([...standard, ...changed]),
      changed: changed.map(([name]) => name),
    };
  });
}

/** `batch=32` or `hidden=256x128`. */
function sizeOf({ id, sizes }: Workload, text: string): [string, Size] {
  const [name = "", value = ""] = text.split("=").map((part) => part.trim());
  const size = sizes[name];
  if (!size) throw unknown(`size of ${id}`, name, Object.keys(sizes));
  const numbers = value.split("x").map(Number);
  const single = typeof size.value === "number";
  if (!numbers.every((n) => Number.isInteger(n) && n > 0) || (single && numbers.length !== 1)) {
    const example = typeof size.value === "number" ? size.value : size.value.join("x");
    throw new UsageError(
      `${id}: ${name}=${value}: ${single ? "takes a whole number" : "takes whole numbers"}, such as ${name}=${example}`,
    );
  }
  return [name, single ? (numbers[0] as number) : numbers];
}

function number(name: string, text: string, least: number, whole: boolean): number {
  const value = Number(text);
  const fits =
    text.trim() !== "" && Number.isFinite(value) && (whole ? Number.isInteger(value) && value >= least : value > least);
  if (fits) return value;
  throw new UsageError(
    `--${name} ${text}: takes a ${whole ? `whole number of at least ${least}` : `number above ${least}`}`,
  );
}

const unknown = (what: string, given: string, known: readonly string[]): UsageError =>
  new UsageError(`no ${what} "${given}"; there are ${known.join(", ")}`);

/** The sizes as the command line writes them. */
export const sizesText = (sizes: Readonly<Record<string, Size>>): string =>
  Object.entries(sizes)
    .map(([name, size]) => `${name}=${typeof size === "number" ? size : size.join("x")}`)
    .join(", ");

export function help(workloads: readonly Workload[]): string {
  return `npm run bench -- [options]

Trains the same networks with dlnb and with its peers, in turns, and says how many times as fast dlnb is.

  --workload LIST    ${workloads
    .filter(({ goal }) => goal !== null)
    .map(({ id }) => id)
    .join(",")} (default), others below, or all; sizes in parentheses: "W1(batch=256,hidden=512x256),W2"
  --backend NAME     wasm (default) or webgpu, for dlnb, jax-js and TensorFlow.js
  --peers LIST       ${peerNames.join(",")} (default), or none
  --threads N        of dlnb, and the most of PyTorch; 0 (default): as many as there are cores
  --windows N        rounds, in each of which every engine runs one window; 5
  --seconds S        length of a window; 1
  --no-kernels       leaves out the speed of matrix products and convolutions against the machine's peak
  --json FILE        writes everything that was measured
  --markdown         prints tables as Markdown

workloads and their sizes:
${workloads
  .map(
    ({ id, title, sizes }) =>
      `  ${id}: ${title}\n${Object.entries(sizes)
        .map(
          ([name, { value, doc }]) =>
            `    ${`${name}=${typeof value === "number" ? value : value.join("x")}`.padEnd(22)} ${doc}`,
        )
        .join("\n")}`,
  )
  .join("\n")}`;
}
