import { ConfigError, didYouMean } from "../errors/index.ts";
import { type Checked, check, type Given, type Options, type Params, takerOf } from "./check.ts";
import { type Param, show } from "./param.ts";

/** What every entry of a registry declares: an optimizer, schedule, initializer, loss, metric. */
export interface Definition<P extends Params = Params> {
  readonly summary: string;
  /** Where it comes from, with the equation or algorithm: `Loshchilov & Hutter 2019, arXiv:1711.05101, Algorithm 2`. */
  readonly paper?: string;
  /** The formula, or an update as pseudo-code, one assignment a line, in the names of `params`; t is the step or epoch. */
  readonly rule?: readonly string[];
  readonly params: P;
  /** Throws ConfigError for options that are each in range and do not go together; `name` begins its message. */
  validate?(options: Checked<P>, name: string): void;
  /** The option that may be given alone, before the others: `init.constant(0.5)` is `init.constant({ value: 0.5 })`. */
  readonly positional?: string;
  /** The option that may be given next, after `positional`: `schedule.warmup(5, schedule.cosine())`. */
  readonly second?: string;
}

/** A definition with its options: plain and printable, `{ type: "adamw", options: { lr: 0.001, ... } }`. */
export interface Instance<D extends Definition = Definition> {
  /** Name in the registry. */
  readonly type: string;
  readonly options: Checked<D["params"]>;
  /** Not enumerable: printing and JSON show the name and the options. */
  readonly definition: D;
}

/** What a user calls: `optim.adamw({ lr: 1e-3 })`. */
export type Library<All extends Record<string, Definition>> = {
  readonly [K in keyof All]: (...given: Arguments<All[K]>) => Made<All[K]>;
};

/** What a definition makes, by the name that its folder has for it: `Optimizer`, so that any of them fits where one is. */
type Made<D extends Definition> = D extends { readonly made?: infer Noun } ? NonNullable<Noun> : Instance<D>;

type Arguments<D extends Definition> = [PositionalOf<D>] extends [never]
  ? OptionsArgument<D["params"]>
  : D["params"][PositionalOf<D>] extends Param<unknown, string, true>
    ?
        | OptionsArgument<D["params"]>
        | [value: Given<D["params"][PositionalOf<D>]>, ...rest: OptionsArgument<Omit<D["params"], PositionalOf<D>>>]
    :
        | OptionsArgument<D["params"]>
        | [value?: Given<D["params"][PositionalOf<D>]>, ...rest: OptionsArgument<Omit<D["params"], PositionalOf<D>>>];
type PositionalOf<D extends Definition> = D extends { readonly positional: infer N }
  ? Extract<keyof D["params"], N>
  : never;
type OptionsArgument<P extends Params> =
  Record<never, never> extends Options<P> ? [options?: Options<P>] : [options: Options<P>];

/**
 * The functions of a registry, one per definition. `noun` is what its entries are called in errors: an unknown name
 * throws ConfigError `no optimizer "adamW"; did you mean "adamw"?`. `more` stands beside them as it is.
 */
export function library<All extends Record<string, Definition>, More extends object = Record<never, never>>(
  noun: string,
  all: All,
  more?: More,
): Library<All> & More {
  const functions: Record<string, (...given: unknown[]) => Instance> = {};
  for (const [name, definition] of Object.entries(all)) {
    functions[name] = (...given) => instance(name, definition, optionsOf(name, definition, given));
  }
  return strict(noun, Object.freeze({ ...functions, ...more })) as unknown as Library<All> & More;
}

/** `definition` with `given` options, checked. `name` begins the messages of ConfigErrors. */
export function instance<D extends Definition>(name: string, definition: D, given: unknown): Instance<D> {
  const made = { type: name, options: check(definition.params, given, name) };
  definition.validate?.(made.options, name);
  return Object.freeze(Object.defineProperty(made, "definition", { value: definition })) as Instance<D>;
}

/** Whether something is an instance of a definition in `all`. */
export function isInstance(all: Readonly<Record<string, Definition>>, given: unknown): boolean {
  const { type, definition } = (given ?? {}) as Partial<Instance>;
  return typeof type === "string" && Object.hasOwn(all, type) && definition === all[type];
}

/** `record`, where a name that is not there is an error and not undefined. */
export function strict<T extends object>(noun: string, record: T): T {
  return new Proxy(record, {
    get(target, key, receiver) {
      // `then` and `toJSON` are asked of any value by await and JSON
      if (typeof key === "string" && !(key in target) && key !== "then" && key !== "toJSON") {
        const names = Object.keys(target);
        throw new ConfigError(`no ${noun} "${key}"${didYouMean(key, names)}`, {
          fault: { kind: "name", option: key, names },
        });
      }
      return Reflect.get(target, key, receiver);
    },
  });
}

const isPlain = (given: unknown): given is Record<string, unknown> =>
  typeof given === "object" && given !== null && !Array.isArray(given);

/** Whether a parameter takes no records or instances, so that one is the options. */
const isScalar = (param: Param | undefined): boolean =>
  param !== undefined && !/[A-Z{]/.test(param.type.replace(/"[^"]*"/g, ""));

/** The options that arguments of a call stand for: `positional` first where there is one. Throws ConfigError. */
export function optionsOf(name: string, definition: Definition, given: readonly unknown[]): unknown {
  const { positional, second, params } = definition;
  const [value, options, ...more] = given;
  if (positional === undefined) {
    if (given.length > 1) {
      throw new ConfigError(`${name}: takes options, not ${given.length} arguments`, {
        fault: { kind: "arguments", where: name },
      });
    }
    return value;
  }
  if (given.length === 1 && isPlain(value)) {
    const names = Object.keys(value);
    const optional = !params[positional]?.required && names.every((key) => Object.hasOwn(params, key));
    // no value of its own: options by name, whatever is wrong with them
    const named = names.length > 0 && isScalar(params[positional]);
    if (optional || named || names.includes(positional)) return value;
  }
  if (second !== undefined && given.length > 1 && !(isPlain(options) && Object.hasOwn(options, second))) {
    const [third = {}, ...rest] = more;
    if (rest.length > 0 || !isPlain(third)) {
      throw new ConfigError(`${name}: takes ${positional}, ${second} and an object of options`, {
        fault: { kind: "arguments", where: name },
      });
    }
    return { ...third, [positional]: value, [second]: options };
  }
  if (more.length > 0 || (options !== undefined && !isPlain(options))) {
    const taker = takerOf(params, options, positional);
    const [first] = Object.keys(params).filter((key) => key !== positional);
    const instead = first === undefined ? "" : `, { ${taker ?? first}: ${taker ? show(options) : "..."} }`;
    throw new ConfigError(
      `${name}: takes ${positional}${first === undefined ? " alone" : " and an object of options"}; write ${name}(${show(value)}${instead})`,
      { fault: { kind: "arguments", where: name, ...(taker && more.length === 0 && { names: [taker] }) } },
    );
  }
  return { ...options, [positional]: value };
}
