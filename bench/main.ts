import { writeFileSync } from "node:fs";
import { type Chosen, help, type Options, optionsOf, sizesText, UsageError } from "./args.ts";
import { stopAll } from "./contestant.ts";
import { entriesOf } from "./engines/entries.ts";
import { kernelsText, measureKernels } from "./kernels.ts";
import { machine, machineText } from "./machine.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { peersFolder } from "./peers.ts";
import { race } from "./race.ts";
import { headlineText, workloadText } from "./report.ts";
import * as all from "./workloads/all.ts";

/*
 * npm run bench: see `--help` and docs/benchmarks.md. Progress goes to stderr, results to stdout. Exit code 0 when ours ran
 * everything, 1 when it did not, 2 for a call that makes no sense, 130 when interrupted.
 */

const workloads = [all.W1, all.W2, all.W3, all.W4, all.residual, all.autoencoder, all.deepTanh];

function read(): Options {
  try {
    const options = optionsOf(process.argv.slice(2), workloads);
    if (options !== "help") return options;
    console.log(help(workloads));
    process.exit(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\nnpm run bench -- --help says what there is`);
    process.exit(2);
  }
}

const options = read();
process.on("exit", stopAll);
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.on(signal, () => process.exit(code));
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
const folder = options.peers.some((peer) => peer !== "torch") ? peersFolder(say) : "";
const entries = entriesOf({ ...options, folder });
const where = machine();
console.log(`${machineText(where)}\n`);

const outcomes: Outcome[] = [];
for (const chosen of options.chosen) {
  outcomes.push(await measure(chosen));
  console.log(`${workloadText(outcomes.at(-1) as Outcome, options.markdown)}\n`);
}
const kernels = options.kernels ? await measureKernels(options, say) : null;
if (kernels) console.log(`${kernelsText(kernels, options.markdown)}\n`);
console.log(headlineText(outcomes, options.markdown));
if (options.json !== null) {
  writeFileSync(
    options.json,
    `${JSON.stringify({ date: new Date().toISOString(), machine: where, options: described(), outcomes, kernels }, null, 2)}\n`,
  );
}
process.exit(outcomes.every(({ engines }) => engines[0]?.failed === null) ? 0 : 1);

async function measure(chosen: Chosen): Promise<Outcome> {
  const { workload, sizes } = chosen;
  say(`${workload.id}: ${sizesText(sizes)}`);
  const finishes = await race(workload.job(sizes), entries, { ...options, say: (text) => say(`  ${text}`) });
  return outcomeOf(chosen, finishes);
}

function described(): Record<string, unknown> {
  const { chosen, ...rest } = options;
  return { ...rest, workloads: chosen.map(({ workload }) => workload.id) };
}
