import { ConfigError } from "../errors/index.ts";
import { declare, type Layer, type SealedUse, type TracedLayer, traceModel } from "../nn/index.ts";
import type { Batches } from "../onnx/index.ts";
import { constant, input, type Tensor, topological } from "../ops/index.ts";
import type { DType, HostTensor, Shape } from "../tensor/index.ts";
import { type Expression, LEVEL } from "./expression.ts";
import { torchModule } from "./layers.ts";
import { indented, python, snake } from "./python.ts";
import { type CallSite, type Pair, Writer } from "./writer.ts";

/** A model in PyTorch: an expression, and the classes that it needs besides torch.nn's. */
export interface TorchModel {
  readonly expression: string;
  /** Names of the classes of `classes` that it uses. */
  readonly classes: readonly string[];
  /** Classes that were written for this model: their text. */
  readonly written: readonly string[];
  /** Types of layers whose classes were written from their graphs. */
  readonly generated: readonly string[];
}

/** What the model is written for. */
export interface TorchExample {
  /** Of one example; with `batch`, of so many. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** Shapes of further tensors that the model is given, for a fixed number of examples only. */
  readonly inputs?: Readonly<Record<string, Shape>>;
  /** Examples of a batch; any number when not given. */
  readonly batch?: number;
  /** Keeps numbers that a function uses beside the script, and gives the expression that reads them. */
  readonly table: (host: HostTensor) => string;
}

type Use = TracedLayer & { readonly sealed: SealedUse };

/** A use in training and in evaluation, each for two numbers of examples. */
interface Uses {
  readonly key: string;
  readonly training: readonly [Use, Use];
  readonly evaluation: readonly [Use, Use];
}

/** A module: every use of one layer. */
interface Module {
  readonly name: string;
  readonly layer: Layer;
  readonly uses: readonly Uses[];
  /** Results beside y that are used somewhere. */
  readonly wanted: readonly string[];
}

/** Numbers of examples that no length of a model is likely to be by chance. */
export const ANY: Batches = { small: 7, large: 11 };

/**
 * The model as PyTorch writes it. Modules have our names, so that weights fit. A layer that torch.nn lacks becomes a class whose forward
 * is written from the graph that the layer is traced to. Throws ConfigError for what PyTorch has no function for.
 */
export function torchModel(model: Layer, example: TorchExample): TorchModel {
  const batches = example.batch === undefined ? ANY : { small: example.batch, large: example.batch };
  const [training, evaluation] = [true, false].map((mode) => {
    const small = usesOf(model, example, batches.small, mode);
    const large = batches.large === batches.small ? small : usesOf(model, example, batches.large, mode);
    return new Map(small.map((use, i) => [use.path, [use, large[i] as Use] as const]));
  }) as [Map<string, readonly [Use, Use]>, Map<string, readonly [Use, Use]>];
  const all: Uses[] = [...training].map(([key, pair]) => ({
    key,
    training: pair,
    evaluation: evaluation.get(key) ?? pair,
  }));
  const own = new Set<string>();
  const written = new Map<string, string>();
  const generated = new Set<string>();

  const childrenOf = (module: Module): Module[] => {
    const around = new Set(module.uses.map(({ key }) => key));
    const inside = all.filter(
      ({ training: [use] }) => use.sealed.around !== undefined && around.has(use.sealed.around),
    );
    const paths = [...new Set(inside.map(({ training: [use] }) => use.sealed.at))];
    const above = module.uses[0]?.training[0].sealed.at as string;
    return paths.map((path) => {
      const uses = inside.filter(({ training: [use] }) => use.sealed.at === path);
      const [
        {
          training: [first],
        },
      ] = uses as [Uses];
      return {
        name: above === "" ? path : path.slice(above.length + 1),
        layer: first.layer,
        uses,
        wanted: wantedOf(uses, module.uses, inside),
      };
    });
  };

  const write = (module: Module): string => {
    const { layer, uses, wanted } = module;
    const [
      {
        training: [first],
      },
    ] = uses as [Uses];
    const given = Object.keys(first.inputs);
    const known = torchModule({ layer, input: first.input.shape, given, wanted });
    if (known !== null) {
      if (known.own !== undefined) own.add(known.own);
      return known.call;
    }
    const children = childrenOf(module);
    const { type, options } = layer;
    const about = options as Readonly<Record<string, unknown>>;
    if (isChain(layer) && uses.length === 1) return sequential(children, write);
    if (type === "residual") {
      own.add("Residual");
      return call(
        "Residual",
        ["inner", "shortcut"].flatMap((name) => children.find((child) => child.name === name) ?? []).map(write),
      );
    }
    if (type === "branches") {
      own.add("Branches");
      const parts = children.map((child) => `${identifier(child.name)}=${write(child)}`);
      return call("Branches", [python(about.join), python(about.dim), ...parts]);
    }
    generated.add(type);
    const text = classText(module, children, write, { batches, table: example.table });
    const name = written.get(text) ?? fresh(nameOf(module), new Set([...own, ...written.values(), ...RESERVED]));
    written.set(text, name);
    return `${name}()`;
  };

  const top = all.find(({ key }) => key === "") as Uses;
  const expression = write({ name: "", layer: model, uses: [top], wanted: [] });
  return {
    expression,
    classes: [...own],
    written: [...written].map(([text, name]) => text.replaceAll(CLASS, name)),
    generated: [...generated],
  };
}

/** Stands for the class's name in its text, so that equal classes are one. */
const CLASS = "\0class\0";
const RESERVED = ["Residual", "Branches", "F", "Adam"];

function usesOf(
  model: Layer,
  { shape, dtype, inputs = {}, batch }: TorchExample,
  examples: number,
  training: boolean,
): Use[] {
  const whole = batch === undefined ? [examples, ...shape] : shape;
  const named = Object.fromEntries(Object.entries(inputs).map(([name, at]) => [name, input(name, at)]));
  const { parameters, buffers } = declare(model, whole, dtype, named);
  const zero = constant(0, [], "u32");
  const { layers } = traceModel(model, input("x", whole, dtype), {
    parameters: Object.fromEntries(parameters.map((p) => [p.name, input(p.name, p.shape)])),
    buffers: Object.fromEntries(buffers.map((b) => [b.name, input(b.name, b.shape, b.dtype)])),
    ...{ training, seed: zero, step: zero, inputs: named, sealed: true },
  });
  return layers as Use[];
}

/** Results beside y that those around ask for, `inside` being the uses of layers there. */
function wantedOf(uses: readonly Uses[], around: readonly Uses[], inside: readonly Uses[]): string[] {
  const modes = (all: readonly Uses[]) => all.flatMap(({ training, evaluation }) => [training[0], evaluation[0]]);
  const read = new Set(
    topological([
      ...modes(around).flatMap(({ results, sealed }) => [...Object.values(results), ...Object.values(sealed.updates)]),
      ...modes(inside).flatMap(({ sealed: { outside } }) => [
        outside.input,
        ...(Object.values(outside.inputs) as Tensor[]),
      ]),
    ]),
  );
  const results = modes(uses).flatMap(({ sealed }) => Object.entries(sealed.outside.results));
  return [...new Set(results.filter(([name, tensor]) => name !== "y" && read.has(tensor)).map(([name]) => name))];
}

/** Layers that call one another in their order. */
const isChain = ({ type }: Layer): boolean => type === "sequential" || type === "mlp";

function sequential(children: readonly Module[], write: (module: Module) => string): string {
  const byNumber = children.every(({ name }, i) => name === String(i));
  if (byNumber) return call("nn.Sequential", children.map(write));
  const pairs = children.map((child) => `(${python(child.name)}, ${write(child)})`);
  return `nn.Sequential(OrderedDict([\n${indented(pairs.join(",\n"))},\n]))`;
}

/** On one line where there is room. */
export function call(name: string, parts: readonly string[]): string {
  const line = `${name}(${parts.join(", ")})`;
  return line.length <= 88 && !line.includes("\n") ? line : `${name}(\n${indented(parts.join(",\n"))},\n)`;
}

/** Keyword arguments cannot begin with a digit. */
const identifier = (name: string): string => (/^[A-Za-z]\w*$/.test(name) ? name : `_${name}`);

/** `resBlock` as `ResBlock`; layers without a name of their own by their type. */
function nameOf({ name, layer }: Module): string {
  const last = name.split(".").findLast((part) => /^[A-Za-z]\w*$/.test(part));
  const word = layer.type === "module" ? (name === "" ? "model" : (last ?? "block")) : layer.type;
  const joined = word.replace(/_+(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${joined[0]?.toUpperCase()}${joined.slice(1)}`;
}

function fresh(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let i = 2; taken.has(name); i++) name = `${wanted}${i}`;
  return name;
}

/** A child as it is reached: `self.out`, `self.layers[0]`. */
function reached(name: string): string {
  const [first = "", ...rest] = name.split(".");
  const start = /^[A-Za-z_]\w*$/.test(first) ? `self.${first}` : `self.get_submodule(${python(name)})`;
  if (!start.startsWith("self.get"))
    return start + rest.map((part) => (/^\d+$/.test(part) ? `[${part}]` : `[${python(part)}]`)).join("");
  return start;
}

/** The class of a layer that torch.nn lacks, its forward written from the graph. */
function classText(
  module: Module,
  children: readonly Module[],
  write: (module: Module) => string,
  { batches, table }: { batches: Batches; table: (host: HostTensor) => string },
): string {
  const { layer, uses, wanted } = module;
  const [
    {
      training: [first],
    },
  ] = uses as [Uses];
  const where = `nn.${layer.type}`;
  const given = Object.keys(first.inputs);
  const setUp = [
    ...Object.entries(first.sealed.parameters).map(
      ([name, { shape }]) => `self.${name} = nn.Parameter(torch.zeros(${shape.join(", ")}))`,
    ),
    ...Object.entries(first.sealed.buffers).map(
      ([name, { shape, dtype }]) =>
        `self.register_buffer(${python(name)}, torch.zeros(${sizes(shape)}${dtype === "f32" ? "" : ", dtype=torch.long"}))`,
    ),
    ...held(children, write),
  ];
  const bodies = uses.map(({ key, training, evaluation }) => {
    const [train, test] = [training, evaluation].map((pair) => {
      const sites = children.flatMap((child) => sitesOf(child, key, pair === training));
      return bodyOf(pair, sites, wanted, { batches, table, where });
    }) as [string, string];
    return train === test ? train : `if self.training:\n${indented(train)}\n${test}`;
  });
  if (new Set(bodies).size > 1)
    throw new ConfigError(
      `exportPyTorch: ${where} is used at ${uses.length} places for inputs of different shapes; use a layer for each`,
    );
  const forward = (layer.options as { forward?: unknown }).forward;
  const source =
    typeof forward === "function" ? `${tidied(String(forward)).replace(/^/gm, "# ").replace(/ +$/gm, "")}\n` : "";
  const shapes = `[${first.input.shape.slice(1).join(", ")}] -> [${first.output.shape.slice(1).join(", ")}]`;
  return `class ${CLASS}(nn.Module):
    """${where}, ${shapes} for each example."""

${setUp.length === 0 ? "" : `    def __init__(self):\n        super().__init__()\n${indented(setUp.join("\n"), 2)}\n\n`}${indented(source)}    def forward(self, ${["x", ...given.map(snake)].join(", ")}):
${indented(bodies[0] as string, 2)}`;
}

const sizes = (shape: Shape): string => (shape.length === 0 ? "()" : shape.join(", "));

/** Lines that make the children; those under one name with numbers or words behind it are a list or a dictionary. */
function held(children: readonly Module[], write: (module: Module) => string): string[] {
  const lines: string[] = [];
  const groups = new Map<string, Module[]>();
  for (const child of children) {
    const [name = ""] = child.name.split(".");
    groups.set(name, [...(groups.get(name) ?? []), child]);
  }
  for (const [name, group] of groups) {
    const [only] = group as [Module];
    const plain = /^[A-Za-z_]\w*$/.test(name);
    if (group.length === 1 && only.name === name) {
      const made = write(only);
      lines.push(plain ? `self.${name} = ${made}` : `self.add_module(${python(name)}, ${made})`);
      continue;
    }
    const rest = group.map((child) => child.name.slice(name.length + 1));
    const numbered = rest.every((part, i) => part === String(i));
    lines.push(
      numbered
        ? `self.${name} = ${call("nn.ModuleList", [`[${group.map(write).join(", ")}]`])}`
        : `self.${name} = ${call("nn.ModuleDict", [`{${group.map((child, i) => `${python(rest[i])}: ${write(child)}`).join(", ")}}`])}`,
    );
  }
  return lines;
}

/** Where a child is called within one use of what is around it. */
function sitesOf(child: Module, around: string, training: boolean): CallSite[] {
  const { wanted, name } = child;
  return child.uses
    .map((uses) => (training ? uses.training : uses.evaluation))
    .filter(([use]) => use.sealed.around === around)
    .map(([small, large]) => {
      const of = (pick: (use: Use) => Tensor): Pair => [pick(small), pick(large)];
      return {
        callee: reached(name),
        name: snake(name.split(".").findLast((part) => /^[A-Za-z]\w*$/.test(part)) ?? "h"),
        positional: [of((use) => use.sealed.outside.input)],
        named: Object.keys(small.sealed.outside.inputs).map(
          (key) => [snake(key), of((use) => use.sealed.outside.inputs[key] as Tensor)] as const,
        ),
        results: ["y", ...wanted].map((key) => of((use) => use.sealed.outside.results[key] as Tensor)),
      };
    });
}

function bodyOf(
  [small, large]: readonly [Use, Use],
  calls: readonly CallSite[],
  wanted: readonly string[],
  { batches, table, where }: { batches: Batches; table: (host: HostTensor) => string; where: string },
): string {
  const sources = new Map<Tensor, Expression>();
  const source = (text: string, tensor: Tensor, other: Tensor) => {
    const shape = tensor.shape.map((d, i) => (d === other.shape[i] ? d : { times: d / batches.small, plus: 0 }));
    sources.set(tensor, { text, level: LEVEL.atom, shape, dtype: tensor.dtype, number: false });
  };
  source("x", small.input, large.input);
  for (const [name, tensor] of Object.entries(small.inputs))
    source(snake(name), tensor as Tensor, large.inputs[name] as Tensor);
  for (const kind of ["parameters", "buffers"] as const) {
    for (const [name, tensor] of Object.entries(small.sealed[kind]))
      source(`self.${name}`, tensor, large.sealed[kind][name] as Tensor);
  }
  const taken = ["x", ...Object.keys(small.inputs).map(snake)];
  const writer = new Writer({
    batches,
    sources,
    calls,
    taken,
    examples: "x.shape[0]",
    device: "x.device",
    table,
    where,
  });
  const outputs = ["y", ...wanted].map((name): Pair => [small.results[name as "y"], large.results[name as "y"]]);
  const updates = Object.entries(small.sealed.updates).map(([name, tensor]) => ({
    name,
    pair: [tensor, large.sealed.updates[name] as Tensor] as Pair,
  }));
  const values = writer.write([...outputs, ...updates.map(({ pair }) => pair)]);
  const kept = updates.map(({ name }, i) => `self.${name} = (${values[outputs.length + i]?.text}).detach()`);
  const returned = values.slice(0, outputs.length).map(({ text }) => text);
  return [...writer.lines, ...kept, `return ${returned.join(", ")}`].join("\n");
}

/** Source of a function without what its lines are indented by in the cell. */
function tidied(source: string): string {
  const [first = "", ...rest] = source.replace(/\s+$/gm, (end) => (end.includes("\n") ? "\n" : "")).split("\n");
  const depth = Math.min(...rest.filter((line) => line.trim() !== "").map((line) => line.search(/\S/)));
  const lines = [first, ...rest.map((line) => line.slice(Number.isFinite(depth) ? depth : 0))];
  // types of the cell were taken out in place
  return lines
    .map((line) => line.replace(/(?<=\S) +(?=[,)])/g, ""))
    .join("\n")
    .trimEnd();
}
