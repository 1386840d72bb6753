import { ConfigError } from "../errors/index.ts";
import { input, type Tensor } from "../ops/index.ts";
import {
  type HostTree,
  isFullBatch,
  type Optimizer,
  type ParameterGroup,
  stateNames,
  traceUpdate,
} from "../optim/index.ts";
import { described } from "./described.ts";
import { type Expression, held, LEVEL, numberText } from "./expression.ts";
import { wholeSet } from "./fullBatch.ts";
import { ANY } from "./model.ts";
import { args, indented, python, snake } from "./python.ts";
import { type Pair, Writer } from "./writer.ts";

type Options = Readonly<Record<string, unknown>>;

const native: Readonly<Record<string, string>> = {
  adadelta: "Adadelta",
  adagrad: "Adagrad",
  adam: "Adam",
  adamax: "Adamax",
  adamw: "AdamW",
  asgd: "ASGD",
  nadam: "NAdam",
  radam: "RAdam",
  rmsprop: "RMSprop",
  rprop: "Rprop",
  sgd: "SGD",
};

export const torchOptimizers: readonly string[] = [...Object.keys(native), "lbfgs"];

/** Options that torch.optim does not have, with the values at which it does the same. */
const ours: Options = { biasCorrection: true, decoupledWeightDecay: false, form: "pytorch" };
/** Options that are said by groups of parameters. */
const ofGroups = ["groups", "weightDecayOn"];

export interface TorchOptimizer {
  /** The class of an update rule that torch.optim lacks. */
  readonly written: string | null;
  /** `torch.optim.AdamW(model.parameters(), lr=0.01)`. */
  readonly call: string;
  /** What a step is given, where it looks at the whole training part: a function of the loss, which leaves the gradient or not. */
  readonly takes?: "loss" | "gradient";
}

/** The optimizer, over one group of parameters or several. */
export function torchOptimizer(optimizer: Optimizer, groups: readonly ParameterGroup[]): TorchOptimizer {
  const { type } = optimizer;
  const options = optimizer.options as Options;
  if (isFullBatch(optimizer)) return fullBatch(optimizer, groups);
  const isNative =
    native[type] !== undefined &&
    Object.entries(ours).every(([option, value]) => options[option] === undefined || options[option] === value);
  const own = (of: Options) =>
    Object.fromEntries(
      Object.entries(of)
        .filter(([option]) => !ofGroups.includes(option) && (!isNative || !(option in ours)))
        .map(([option, value]) => [snake(option), value]),
    );
  const base = own(options);
  const rest = changedOf(optimizer, base);
  const trained = groups.filter(({ settings }) => !settings.frozen);
  const className = `${type[0]?.toUpperCase()}${type.slice(1)}`;
  const name = isNative ? `torch.optim.${native[type]}` : className;
  const written = isNative ? null : classOf(optimizer, trained, className);
  const given = isNative
    ? rest
    : Object.fromEntries(Object.entries(rest).filter(([option]) => isNumeric(optimizer, option)));
  if (groups.length === 1) return { written, call: `${name}(model.parameters(), ${args([], given)})` };
  const lists = trained.map(({ names, settings }) => {
    const other = Object.entries(own(settings.options as Options)).filter(
      ([option, value]) => JSON.stringify(value) !== JSON.stringify(base[option]),
    );
    const pairs = other.map(([option, value]) => `, ${python(option)}: ${python(value)}`).join("");
    return `{"params": [named[name] for name in (\n${indented(names.map((n) => `${python(n)},`).join("\n"))}\n)]${pairs}},`;
  });
  return { written, call: `${name}([\n${indented(lists.join("\n"))}\n], ${args([], given)})` };
}

/** The rate, and what differs from a default: those are PyTorch's. */
function changedOf({ definition }: Optimizer, base: Options): Options {
  const defaults = Object.fromEntries(Object.entries(definition.params).map(([name, p]) => [snake(name), p.default]));
  return Object.fromEntries(
    Object.entries(base).filter(
      ([name, value]) => name === "lr" || JSON.stringify(value) !== JSON.stringify(defaults[name]),
    ),
  );
}

const isNumeric = ({ definition }: Optimizer, option: string): boolean =>
  Object.entries(definition.params).some(
    ([name, { kind }]) => snake(name) === option && (kind === "num" || kind === "nums"),
  );

/** `betas[0]` as `beta1`. */
const elementName = (name: string, i: number): string => `${snake(name).replace(/s$/, "")}${i + 1}`;

/** An Optimizer whose update is written from the rule's graph. */
function classOf(optimizer: Optimizer, groups: readonly ParameterGroup[], className: string): string {
  const { type, definition } = optimizer;
  const options = optimizer.options as Options;
  for (const { settings } of groups) {
    for (const [name, param] of Object.entries(definition.params)) {
      const value = (settings.options as Options)[name];
      if (param.kind === "num" || param.kind === "nums" || ofGroups.includes(name)) continue;
      if (JSON.stringify(value) !== JSON.stringify(options[name]))
        throw new ConfigError(`exportPyTorch: groups of optim.${type} differ in ${name}; give all the same`);
    }
  }
  const numbers = Object.entries(definition.params).filter(([, { kind }]) => kind === "num" || kind === "nums");
  const states = stateNames(optimizer);
  const at = (size: number) => {
    const p = input("p", [size]);
    const g = input("g", [size]);
    const state = Object.fromEntries(states.map((name) => [name, input(name, [size])]));
    return { p, g, state, next: traceUpdate(optimizer, { p, g, state }) };
  };
  const [small, large] = [at(ANY.small), at(ANY.large)];
  const shape = [{ times: 1, plus: 0 }];
  const source = (text: string): Expression => ({ text, level: LEVEL.atom, shape, dtype: "f32", number: false });
  const sources = new Map<Tensor, Expression>([
    [small.p, source("p")],
    [small.g, source("g")],
    ...states.map((name) => [small.state[name] as Tensor, source(snake(name))] as const),
  ]);
  const read = new Set<string>();
  const local = (name: string): string => {
    read.add(name.replace(/\[\d+\]$/, ""));
    const [, of = name, i] = /^(\w+)\[(\d+)\]$/.exec(name) ?? [];
    return i === undefined ? snake(of) : elementName(of, Number(i));
  };
  const writer = new Writer({
    ...{ batches: ANY, sources, examples: "len(p)", device: "p.device", where: `optim.${type}`, loose: true },
    taken: [
      "p",
      "g",
      "group",
      "state",
      "step",
      "loss",
      "closure",
      ...states.map(snake),
      ...numbers.map(([name]) => snake(name)),
    ],
    table: () => "",
    scalar: (node) => ({ ...hostText(node.attrs.expr as HostTree, local), shape: [], dtype: "f32", number: true }),
  });
  const moved = states.filter((name) => small.next.state[name] !== small.state[name]);
  const written = writer.write([
    ...moved.map((name): Pair => [small.next.state[name] as Tensor, large.next.state[name] as Tensor]),
    [small.next.p, large.next.p],
  ]);
  const next = moved.map((name, i) => ({ name, text: (written[i] as Expression).text }));
  const update = [
    ...writer.lines,
    ...next.filter(({ text }) => !/^\w+$/.test(text)).map(({ name, text }) => `next_${snake(name)} = ${text}`),
    `p.copy_(${written.at(-1)?.text})`,
    ...next.map(({ name, text }) => `state["${snake(name)}"] = ${/^\w+$/.test(text) ? text : `next_${snake(name)}`}`),
  ];
  const locals = numbers.flatMap(([name, { kind }]) => {
    if (!read.has(name)) return [];
    const values = options[name] as readonly number[];
    return kind === "num"
      ? [`${snake(name)} = group["${snake(name)}"]`]
      : [`${values.map((_, i) => elementName(name, i)).join(", ")} = group["${snake(name)}"]`];
  });
  const usesStep = writer.lines.concat(update).some((line) => /\bstep\b/.test(line));
  const signature = numbers
    .map(([name, param]) => `${snake(name)}=${python(param.default ?? options[name])}`)
    .join(", ");
  const keeps = [...(usesStep ? ["step=0"] : []), ...states.map((name) => `${snake(name)}=torch.zeros_like(p)`)];
  const perParameter = [
    "if p.grad is None:",
    "    continue",
    "g = p.grad",
    ...(keeps.length === 0 ? [] : ["state = self.state[p]", "if not state:", `    state.update(${keeps.join(", ")})`]),
    ...(usesStep ? ['state["step"] += 1', 'step = state["step"]'] : []),
    ...states.map((name) => `${snake(name)} = state["${snake(name)}"]`),
    ...update,
  ];
  return `class ${className}(torch.optim.Optimizer):
${indented(`"""${described({ family: "optim", type, definition, options })}"""`)}

    def __init__(self, params, ${signature}):
        super().__init__(params, dict(${numbers.map(([name]) => `${snake(name)}=${snake(name)}`).join(", ")}))

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
${indented(locals.join("\n"), 3)}
            for p in group["params"]:
${indented(perParameter.join("\n"), 4)}
        return loss`;
}

const SIGNS: Readonly<Record<string, readonly [sign: string, level: number, right: number]>> = {
  add: ["+", LEVEL.sum, LEVEL.product],
  sub: ["-", LEVEL.sum, LEVEL.product],
  mul: ["*", LEVEL.product, LEVEL.sign],
  div: ["/", LEVEL.product, LEVEL.sign],
  equal: ["==", LEVEL.compare, LEVEL.or],
  less: ["<", LEVEL.compare, LEVEL.or],
};

/** A number of the step in Python. */
function hostText(tree: HostTree, local: (name: string) => string): { text: string; level: number } {
  if (typeof tree === "number") return { text: numberText(tree), level: tree < 0 ? LEVEL.sign : LEVEL.atom };
  if (typeof tree === "string") return { text: local(tree), level: LEVEL.atom };
  const [fn, ...rest] = tree;
  const given = rest.map((part) => hostText(part, local));
  const [a, b, c] = given as [
    { text: string; level: number },
    { text: string; level: number },
    { text: string; level: number },
  ];
  const sign = SIGNS[fn];
  if (sign) return { text: `${held(a, sign[1])} ${sign[0]} ${held(b, sign[2])}`, level: sign[1] };
  if (fn === "pow") return { text: `${held(a, LEVEL.atom)} ** ${held(b, LEVEL.sign)}`, level: LEVEL.power };
  if (fn === "sqrt") return { text: `${held(a, LEVEL.atom)} ** 0.5`, level: LEVEL.power };
  if (fn === "select") return { text: `(${b.text} if ${a.text} else ${c.text})`, level: LEVEL.atom };
  if (fn === "sign") return { text: `((${a.text} > 0) - (${a.text} < 0))`, level: LEVEL.atom };
  return { text: `${fn}(${given.map(({ text }) => text).join(", ")})`, level: LEVEL.atom };
}

/** torch.optim.LBFGS is the only method of its kind there; the others are classes of ours. */
function fullBatch(optimizer: Optimizer, groups: readonly ParameterGroup[]): TorchOptimizer {
  const { type, definition } = optimizer;
  if (groups.length > 1) throw new ConfigError(`exportPyTorch: optim.${type} takes one group of parameters`);
  const options = optimizer.options as Options;
  const own = wholeSet[type];
  const changed = Object.fromEntries(
    Object.entries(options)
      .filter(
        ([name, value]) =>
          (own?.options ?? LBFGS).includes(name) &&
          JSON.stringify(value) !== JSON.stringify(definition.params[name]?.default),
      )
      .map(([name, value]) => [snake(name), value]),
  );
  if (own) {
    const doc = indented(described({ family: "optim", type, definition, options })).trimStart();
    const written = own.text.replace("DOC", () => (doc.includes("\n") ? `${doc}    ` : doc));
    return {
      written,
      call: `${own.name}(model.parameters(), ${args([], { lr: options.lr, ...changed })})`,
      takes: "loss",
    };
  }
  const search = options.lineSearchFn === "strongWolfe" ? { line_search_fn: "strong_wolfe" } : {};
  const call = `torch.optim.LBFGS(model.parameters(), ${args([], { lr: options.lr, ...changed, ...search })})`;
  return { written: null, call, takes: "gradient" };
}

const LBFGS = ["maxIter", "maxEval", "toleranceGrad", "toleranceChange", "historySize"];
