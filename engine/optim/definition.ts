import { ConfigError } from "../errors/index.ts";
import { broadcastTo, constant, neg, type Tensor } from "../ops/index.ts";
import {
  bool,
  type Checked,
  choice,
  type Definition,
  type Instance,
  type Param,
  type Params,
} from "../params/index.ts";
import { lift, type Value } from "./algebra.ts";
import { isFullBatch } from "./fullBatch/definition.ts";
import { baseSettings, checkGroups, groupNumbers, groupOptions, groupsParam, type Settings } from "./groups.ts";
import { HostScalar, type HostTree } from "./hostScalar.ts";

/**
 * An update rule. `update` is traced once, over flat tensors of all parameters: it reads like the paper, in the
 * functions of algebra.ts.
 */
export interface OptimizerDefinition<P extends Params = Params, S extends string = string> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Optimizer;
  /** The update as pseudo-code, one assignment a line, in the names of `state` and `params`; t is the step, from 1. */
  readonly rule?: readonly string[];
  /** Names of what is remembered for every parameter: zeros at first. It may depend on the options. */
  readonly state: readonly S[] | { of(options: Checked<P>): readonly S[] }["of"];
  /**
   * `p` parameters, `g` their gradient, `step` 1 at the first update. Numbers among the options are host scalars, so
   * that schedules can drive them; `plain` has them as given, for what changes the structure.
   */
  update(
    at: { readonly p: Value; readonly g: Value; readonly step: Value } & { readonly [N in S]: Value },
    options: Hyperparameters<P>,
    plain: Checked<P>,
  ): { readonly p: Value } & { readonly [N in S]?: Value };
}

export interface Optimizer extends Instance<OptimizerDefinition> {}

/** Options as `update` sees them. */
export type Hyperparameters<P extends Params> = {
  readonly [K in keyof P]: P[K] extends Param<number, "num">
    ? HostScalar
    : P[K] extends Param<infer T extends readonly number[], "nums">
      ? { readonly [I in keyof T]: HostScalar }
      : P[K] extends Param<infer T>
        ? T
        : never;
};

/** Options of every optimizer, which update rules need not mind. */
const shared = <P extends Params>() => ({
  maximize: bool(false, "Climbs: the loss grows instead of falling."),
  groups: groupsParam<P>(),
});

/** An option of optimizers that have weight decay. */
const decaying = {
  weightDecayOn: choice(
    "all",
    ["all", "weights"],
    "What weightDecay acts on: all parameters, as in PyTorch, or those of two axes or more, so neither biases nor normalization.",
  ),
};

type Shared<P extends Params> = ReturnType<typeof shared<P>> &
  ("weightDecay" extends keyof P ? typeof decaying : Record<never, never>);

/** Declares an optimizer. Its name is the one it is exported under in all.ts. */
export function defineOptimizer<const P extends Params, const S extends string>(
  definition: OptimizerDefinition<P, S>,
): OptimizerDefinition<P & Shared<P>, S> {
  const params: Params = { ...definition.params, ...("weightDecay" in definition.params && decaying), ...shared<P>() };
  const declared: unknown = {
    ...definition,
    params,
    validate: (options: Checked<Params>, type: string) => {
      const together = definition.validate as OptimizerDefinition["validate"];
      together?.(options, type);
      checkGroups(params, options, type, together);
    },
  };
  return declared as OptimizerDefinition<P & Shared<P>, S>;
}

/** Names of the optimizer's state tensors, each as long as the parameters. */
export function stateNames(optimizer: Optimizer): readonly string[] {
  const { state } = optimizer.definition;
  if (typeof state !== "function") return state;
  return [...new Set([optimizer.options, ...groupOptions(optimizer)].flatMap((options) => state(options)))];
}

/** The numbers that schedules can drive, as given: `{ lr: 0.001, "betas[0]": 0.9, ... }`, and those of groups. */
export function hyperparameters(optimizer: Optimizer): Record<string, number> {
  const { definition, options } = optimizer;
  const numbers: Record<string, number> = {};
  for (const [name, { kind }] of Object.entries(definition.params)) {
    const given = options[name];
    if (kind === "num") numbers[name] = given as number;
    if (kind === "nums") for (const [i, x] of (given as readonly number[]).entries()) numbers[`${name}[${i}]`] = x;
  }
  return { ...numbers, ...groupNumbers(optimizer) };
}

/**
 * The update as a graph: next parameters and state from flat tensors of one length. Inputs of the step that it needs
 * are `input` nodes with attributes `scalar: true` and `expr`, a HostTree over the hyperparameters and `step`. A state
 * that the rule leaves alone is the tensor that was given. `settings` are those of a group of parameters. Throws
 * ConfigError for a method that has no such rule.
 */
export function traceUpdate(
  optimizer: Optimizer,
  { p, g, state }: { p: Tensor; g: Tensor; state: Readonly<Record<string, Tensor>> },
  { options, own }: Settings = baseSettings(optimizer),
): { p: Tensor; state: Record<string, Tensor> } {
  if (isFullBatch(optimizer)) {
    throw new ConfigError(
      `${optimizer.type} looks at the whole training set and finds its own way; this takes an update rule for minibatches, such as optim.adam()`,
    );
  }
  const { definition } = optimizer;
  const host = (tree: HostTree) => (typeof tree === "number" ? tree : new HostScalar(tree));
  const hosts: Record<string, unknown> = {};
  for (const [name, { kind }] of Object.entries(definition.params)) {
    const given = options[name];
    if (kind === "num") hosts[name] = host((own[name] as HostTree | undefined) ?? name);
    else if (kind === "nums") {
      const trees = own[name] as readonly HostTree[] | undefined;
      hosts[name] = (given as readonly number[]).map((_, i) => host(trees?.[i] ?? `${name}[${i}]`));
    } else hosts[name] = given;
  }
  const at = { p, g: options.maximize ? neg(g) : g, step: new HostScalar("step"), ...state };
  const next = definition.update(at, hosts as Hyperparameters<Params>, options);
  const whole = (value: Value): Tensor => {
    const lifted = lift(value);
    return broadcastTo(typeof lifted === "number" ? constant(lifted) : lifted, p.shape);
  };
  const nextState = Object.entries(state).map(([name, old]) => [
    name,
    next[name] === undefined || next[name] === old ? old : whole(next[name]),
  ]);
  return { p: whole(next.p), state: Object.fromEntries(nextState) };
}
