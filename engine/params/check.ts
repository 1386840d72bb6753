import { ConfigError, didYouMean } from "../errors/index.ts";
import { type Param, show } from "./param.ts";

/** The options of a definition, by name. */
export type Params = Readonly<Record<string, Param>>;

/** What a user may give: options with defaults may be left out. */
export type Options<P extends Params> = {
  readonly [K in keyof P as P[K] extends Param<unknown, string, true> ? K : never]: Given<P[K]>;
} & {
  readonly [K in keyof P as P[K] extends Param<unknown, string, true> ? never : K]?: Given<P[K]> | undefined;
};

/** What a definition reads: every option is there. */
export type Checked<P extends Params> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? Known<T> : never };

/** Of any definition: what an option is, is known by those who read it. */
// biome-ignore lint/suspicious/noExplicitAny: as JSON has it
type Known<T> = unknown extends T ? any : T;

/** What a user may give for one option. */
export type Given<Q> = Q extends Param<unknown, string, boolean, infer G> ? G : never;

/**
 * The options given, with defaults for the rest. `where` begins every message: `adamw: unknown option "lrr"; did you
 * mean "lr"?`. Throws ConfigError for an unknown option, one that is missing, or a value of the wrong kind or range.
 */
export function check<P extends Params>(params: P, given: unknown, where: string): Checked<P> {
  const options = recordOf(given ?? {}, where, params);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(params, name)) {
      const names = Object.keys(params);
      const hint = names.length ? didYouMean(name, names) : "; it takes none";
      throw new ConfigError(`${where}: unknown option "${name}"${hint}`, {
        fault: { kind: "option", where, option: name, names },
      });
    }
  }
  const checked: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(params)) {
    const value = options[name];
    if (value !== undefined) checked[name] = param.read(value, where, name);
    else if (!param.required) checked[name] = param.default;
    else {
      throw new ConfigError(`${where}: ${name} is missing; give ${name}: ${param.type}${inRange(param)}`, {
        fault: { kind: "missing", where, option: name, type: param.type, ...(param.range && { range: param.range }) },
      });
    }
  }
  return Object.freeze(checked) as Checked<P>;
}

function inRange({ range }: Param): string {
  return range === undefined ? "" : ` in ${range}`;
}

function recordOf(given: unknown, where: string, params: Params): Record<string, unknown> {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given as Record<string, unknown>;
  const [first = "..."] = Object.keys(params);
  const taker = takerOf(params, given);
  throw new ConfigError(
    `${where}: options are an object, not ${show(given)}; write { ${taker ?? first}: ${taker ? show(given) : "..."} }`,
    { fault: { kind: "arguments", where, ...(taker && { names: [taker] }) } },
  );
}

const KINDS: Readonly<Record<string, RegExp>> = {
  number: /^(?:num|int|perAxis)\??$/,
  boolean: /^bool\??$/,
  string: /^(?:choice|text)\??$/,
  list: /^(?:nums|ints|floats|perAxis)\??$/,
};

/** The first option that takes such a number, word, truth value or list of numbers. */
export function takerOf(params: Params, given: unknown, except?: string): string | undefined {
  const kinds = KINDS[Array.isArray(given) ? "list" : typeof given];
  return Object.entries(params).find(([name, { kind }]) => name !== except && kinds?.test(kind))?.[0];
}
