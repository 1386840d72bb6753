import { ConfigError, didYouMean } from "../errors/index.ts";
import { type Checked, check, type Options, type Param, type Params, show, value } from "../params/index.ts";
import type { Optimizer } from "./definition.ts";
import type { HostTree } from "./hostScalar.ts";
import { matches, patternsOf } from "./pattern.ts";

/** Some parameters by pattern (see `matches`), and what holds for them in place of the optimizer's own options. */
export type Group<P extends Params = Params> = {
  readonly params: string | RegExp | readonly (string | RegExp)[];
  /** No gradient, no state, no update. */
  readonly frozen?: boolean;
} & Partial<Options<P>>;

/** A group as it is kept: patterns as text, so that it can be printed and compared. */
type Kept = { readonly params: readonly string[]; readonly frozen?: boolean } & Readonly<Record<string, unknown>>;

/** The option of every optimizer. */
export function groupsParam<P extends Params>(): Param<readonly Group<P>[], "groups", false, readonly Group<P>[]> {
  const about = {
    type: "readonly Group[]",
    noun: 'a list of groups, as [{ params: "*.bias", weightDecay: 0 }]',
    accepts: Array.isArray,
  };
  const list = value<readonly Group<P>[]>(
    [],
    about,
    "Other options for some parameters: `{ params: \"*.bias\", weightDecay: 0 }`. A pattern is a layer's path, a path with `*` or a regular expression; `frozen: true` leaves parameters as they are, a schedule starts from a group's own `lr`, and where groups meet the later one counts.",
  );
  const read = (given: unknown, where: string, name: string): readonly Kept[] =>
    (list.read(given, where, name) as readonly Group[]).map((group, i) => {
      const at = `${where}: ${name}[${i}]`;
      if (typeof group !== "object" || group === null)
        throw new ConfigError(`${at} must be an object, not ${show(group)}`);
      const { params, frozen } = group;
      if (frozen !== undefined && typeof frozen !== "boolean") {
        throw new ConfigError(`${at}: frozen must be true or false, not ${show(frozen)}`);
      }
      return Object.freeze({ ...group, params: patternsOf(params, at) });
    });
  return { ...list, kind: "groups", read } as unknown as ReturnType<typeof groupsParam<P>>;
}

/** Parameters that are updated alike. */
export interface ParameterGroup {
  readonly names: readonly string[];
  readonly settings: Settings;
}

/** What holds for some parameters. */
export interface Settings {
  readonly frozen: boolean;
  readonly options: Checked<Params>;
  /** Of the numbers that are not the optimizer's own what they are: an expression over the step's numbers. */
  readonly own: Readonly<Record<string, HostTree | readonly HostTree[]>>;
}

/** What holds where no group says otherwise. */
export const baseSettings = ({ options }: Optimizer): Settings => ({ frozen: false, options, own: {} });

/**
 * The parameters in groups that are updated alike, frozen ones last. Throws ConfigError for a pattern that finds none, and
 * when all are frozen.
 */
export function parameterGroups(
  optimizer: Optimizer,
  parameters: readonly { readonly name: string; readonly shape: readonly number[] }[],
): ParameterGroup[] {
  const groups = groupsIn(optimizer);
  for (const [i, { params }] of groups.entries()) {
    for (const pattern of params) {
      if (parameters.some(({ name }) => matches(pattern, name))) continue;
      const names = didYouMean(pattern, pathsOf(parameters));
      throw new ConfigError(`${optimizer.type}: groups[${i}]: no parameter is in "${pattern}"${names}`);
    }
  }
  const found = new Map<string, { names: string[]; settings: Settings }>();
  for (const { name, shape } of parameters) {
    const member = groups.map(({ params }) => params.some((pattern) => matches(pattern, name)));
    const decays = shape.length > 1 || optimizer.options.weightDecayOn !== "weights";
    const key = JSON.stringify([member, decays]);
    const known = found.get(key) ?? { names: [], settings: settingsOf(optimizer, groups, member, decays) };
    known.names.push(name);
    found.set(key, known);
  }
  const all = [...found.values()];
  const trained = all.filter(({ settings }) => !settings.frozen);
  if (trained.length === 0 && all.length > 0) {
    throw new ConfigError(`${optimizer.type}: groups freeze every parameter; leave some to train`);
  }
  return [...trained, ...all.filter(({ settings }) => settings.frozen)];
}

/** What a pattern may name: parameters first, then the layers that they are in. */
const pathsOf = (parameters: readonly { readonly name: string }[]): string[] => {
  const names = parameters.map(({ name }) => name);
  const layers = names.flatMap((name) => [...name.matchAll(/\./g)].map(({ index }) => name.slice(0, index)).reverse());
  return [...new Set([...names, ...layers])];
};

function settingsOf(
  optimizer: Optimizer,
  groups: readonly Kept[],
  member: readonly boolean[],
  decays: boolean,
): Settings {
  const options: Record<string, unknown> = { ...optimizer.options };
  const own: Record<string, HostTree | readonly HostTree[]> = {};
  let frozen = false;
  if (!decays) {
    options.weightDecay = 0;
    own.weightDecay = 0;
  }
  for (const [i, { params: _, frozen: still, ...given }] of groups.entries()) {
    if (!member[i]) continue;
    frozen = still ?? frozen;
    for (const [name, value] of Object.entries(given)) {
      options[name] = value;
      const { kind } = optimizer.definition.params[name] as Param;
      if (kind === "num") own[name] = name === "lr" ? ["mul", "lr", ratioName(i)] : numberName(i, name);
      if (kind === "nums") own[name] = (value as readonly number[]).map((_, k) => numberName(i, `${name}[${k}]`));
    }
  }
  return { frozen, options: options as Checked<Params>, own };
}

const numberName = (i: number, name: string): string => `groups[${i}].${name}`;
const ratioName = (i: number): string => `groups[${i}]${SHARE}`;

const SHARE = ".lr / lr";
/** Whether a number is what a group's rate is of the optimizer's. */
export const isShareOfRate = (name: string): boolean => name.endsWith(SHARE);

/** Numbers that groups have of their own, by the names that `Settings.own` knows them under. */
export function groupNumbers(optimizer: Optimizer): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const [i, group] of groupsIn(optimizer).entries()) {
    for (const [name, given] of Object.entries(group)) {
      const kind = optimizer.definition.params[name]?.kind;
      if (kind === "num" && name === "lr") numbers[ratioName(i)] = (given as number) / (optimizer.options.lr as number);
      else if (kind === "num") numbers[numberName(i, name)] = given as number;
      else if (kind === "nums") {
        for (const [k, x] of (given as readonly number[]).entries()) numbers[numberName(i, `${name}[${k}]`)] = x;
      }
    }
  }
  return numbers;
}

/** Options of every group in whole, for what depends on them. */
export const groupOptions = (optimizer: Optimizer): Checked<Params>[] =>
  groupsIn(optimizer).map((_, i, groups) => {
    const alone = groups.map((_group, k) => k === i);
    return settingsOf(optimizer, groups, alone, true).options;
  });

/** Groups as kept, with the defaults that a definition's options leave out. */
const groupsIn = ({ options }: Optimizer): readonly Kept[] => (options.groups ?? []) as readonly Kept[];

/** Throws ConfigError for options in groups that the optimizer does not have, or that are out of range. */
export function checkGroups(
  params: Params,
  options: Checked<Params>,
  type: string,
  together: ((options: Checked<Params>, type: string) => void) | undefined,
): void {
  const { groups: _, weightDecayOn: __, ...known } = params;
  const { groups, weightDecayOn: ___, ...base } = options;
  for (const [i, { params: ____, frozen: _____, ...own }] of (groups as readonly Kept[]).entries()) {
    const where = `${type}: groups[${i}]`;
    const whole = check(known, { ...base, ...own }, where);
    together?.(whole, where);
    if (own.lr !== undefined && options.lr === 0) {
      throw new ConfigError(`${where}: lr = ${own.lr} is kept in proportion to the optimizer's lr, which is 0`);
    }
  }
}
