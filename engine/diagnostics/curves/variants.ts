import { ConfigError, didYouMean } from "../../errors/index.ts";
import { type Instance, instance } from "../../params/index.ts";
import { significant } from "../../plots/format.ts";
import { Experiment } from "../../session/index.ts";
import type { ExperimentOptions } from "../../session/options.ts";

/** What is varied by name: lists to try in every combination, or the combinations themselves. */
export type Vary = Readonly<Record<string, readonly unknown[]>> | readonly Readonly<Record<string, unknown>>[];

/** An experiment with some options changed. */
export interface Variant {
  /** "lr 0.001, momentum 0.9"; the experiment's name when nothing is varied. */
  readonly label: string;
  readonly optimizer: ExperimentOptions["optimizer"];
  /** Other options of the experiment. */
  readonly changed: Readonly<Record<string, unknown>>;
  /** Options of the fit. */
  readonly fit: Readonly<Record<string, unknown>>;
}

/** Options of experiments and fits that can be varied; beside them all that the optimizer has. */
const OF_EXPERIMENT = ["model", "loss", "optimizer", "batchSize", "accumulate", "clip", "shuffle", "dropLast"];
const OF_FIT = ["schedule", "earlyStopping"];

export const isVary = (given: unknown): boolean =>
  Array.isArray(given)
    ? given.length > 0 && given.every((one) => typeof one === "object" && one !== null)
    : typeof given === "object" &&
      given !== null &&
      Object.values(given).every((list) => Array.isArray(list) && list.length > 0);

/** Every variant that `vary` asks for; the experiment itself when it is null. Throws ConfigError. */
export function variantsOf(experiment: Experiment, vary: Vary | null): Variant[] {
  const settings = settingsOf(vary);
  const labels = labelsOf(settings);
  return settings.map((setting, i) => variant(experiment, setting, labels[i] || experiment.name));
}

/** The experiment of a variant, with this seed. */
export const experimentOf = (experiment: Experiment, { optimizer, changed }: Variant, seed: number): Experiment =>
  new Experiment({ ...experiment.options, ...changed, optimizer, seed, name: experiment.name });

function settingsOf(vary: Vary | null): Readonly<Record<string, unknown>>[] {
  if (vary === null) return [{}];
  if (Array.isArray(vary)) return [...vary];
  return Object.entries(vary as Readonly<Record<string, readonly unknown[]>>).reduce<Record<string, unknown>[]>(
    (found, [name, list]) => found.flatMap((setting) => list.map((one) => ({ ...setting, [name]: one }))),
    [{}],
  );
}

function variant(experiment: Experiment, setting: Readonly<Record<string, unknown>>, label: string): Variant {
  const given = (setting.optimizer ?? experiment.options.optimizer) as ExperimentOptions["optimizer"];
  const { params } = given.definition;
  const changed: Record<string, unknown> = {};
  const fit: Record<string, unknown> = {};
  const numbers: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(setting)) {
    if (name === "optimizer") continue;
    if (Object.hasOwn(params, name)) numbers[name] = one;
    else if (OF_FIT.includes(name)) fit[name] = one;
    else if (OF_EXPERIMENT.includes(name)) changed[name] = one;
    else if (name === "seed" || name === "seeds") {
      throw new ConfigError("replicas: seeds stand beside vary: replicas({ seeds: 8, vary: { ... } })");
    } else {
      const names = [...Object.keys(params), ...OF_EXPERIMENT, ...OF_FIT];
      throw new ConfigError(`replicas: nothing called "${name}" can be varied${didYouMean(name, names)}`);
    }
  }
  const own = { ...given.options, ...numbers };
  return { label, optimizer: instance(given.type, given.definition, own) as typeof given, changed, fit };
}

/** What tells settings apart, in words. */
function labelsOf(settings: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = [...new Set(settings.flatMap((setting) => Object.keys(setting)))];
  const columns = names.map((name) => {
    const all = settings.map((setting) => setting[name]);
    const distinct = [...new Set(all)];
    const words = distinct.map((one) => shown(one));
    return all.map((one) => {
      const at = distinct.indexOf(one);
      const word = words[at] as string;
      const alone = words.filter((other) => other === word).length === 1;
      if (!alone || word === "") return `${name} ${at + 1}`;
      return isInstance(one) ? word : `${name} ${word}`;
    });
  });
  return settings.map((setting, i) =>
    columns
      .filter((_, c) => Object.hasOwn(setting, names[c] as string))
      .map((column) => column[i])
      .join(", "),
  );
}

const isInstance = (given: unknown): given is Instance =>
  typeof (given as Partial<Instance> | null)?.type === "string" &&
  (given as Partial<Instance>).definition !== undefined;

/** One value in a label; empty when it has no words of its own. */
function shown(given: unknown): string {
  if (typeof given === "number") return significant(given);
  if (given === null || given === undefined) return "none";
  if (isInstance(given)) {
    const own = Object.entries(given.options as Readonly<Record<string, unknown>>).filter(
      ([name, one]) => JSON.stringify(one) !== JSON.stringify(given.definition.params[name]?.default),
    );
    const words = own.map(([name, one]) => [name, shown(one)] as const);
    if (words.some(([, word]) => word === "")) return "";
    return [given.type, ...words.map((word) => word.join(" "))].join(" ");
  }
  const text = JSON.stringify(given) ?? "";
  return text.length > 40 ? "" : text.replaceAll('"', "");
}
