import type { Layer, TracedLayer } from "../nn/index.ts";
import { torchModule } from "./layers.ts";
import { indented, python } from "./python.ts";

/** A model in PyTorch: an expression, and the classes that it needs besides torch.nn's. */
export interface TorchModel {
  readonly expression: string;
  readonly classes: readonly string[];
  /** Classes written for this model, whose forward is to be completed by hand: their text. */
  readonly open: readonly string[];
  /** Paths of those, with their types. */
  readonly missing: readonly string[];
}

interface Node {
  readonly name: string;
  readonly use: TracedLayer;
  readonly children: readonly Node[];
}

/** The model that was traced, as PyTorch writes it. Modules have our names, so that weights fit. */
export function torchModel(layers: readonly TracedLayer[]): TorchModel {
  const classes = new Set<string>();
  const open: string[] = [];
  const missing: string[] = [];

  const write = (node: Node): string => {
    const { layer, path, input } = node.use;
    const known = torchModule({ layer, input: input.shape });
    if (known !== null) {
      if (known.own !== undefined) classes.add(known.own);
      return known.call;
    }
    const { type, options } = layer;
    const given = options as Readonly<Record<string, unknown>>;
    const inside = (name: string) => node.children.find((child) => child.name === name);
    if (isChain(layer)) return sequential(node.children, write);
    if (type === "residual") {
      classes.add("Residual");
      const parts = ["inner", "shortcut"].flatMap((name) => inside(name) ?? []).map(write);
      return call("Residual", parts);
    }
    if (type === "branches") {
      classes.add("Branches");
      const parts = node.children.map((child) => `${identifier(child.name)}=${write(child)}`);
      return call("Branches", [python(given.join), python(given.dim), ...parts]);
    }
    const name = `Part${open.length + 1}`;
    missing.push(`${path === "" ? "the model" : path} (${type})`);
    open.push(openClass(name, node, write));
    return `${name}()`;
  };

  const expression = write(tree(layers));
  return { expression, classes: [...classes], open, missing };
}

/** Layers that call one another in their order. */
const isChain = ({ type, options }: Layer): boolean =>
  (type === "sequential" && Object.keys((options as { tied?: object }).tied ?? {}).length === 0) || type === "mlp";

/** The uses as a tree by their paths; of a layer that is used again the first counts. */
function tree(layers: readonly TracedLayer[]): Node {
  const uses = new Map(layers.map((layer) => [layer.path, layer]));
  const parentOf = (path: string): string | null => {
    for (let cut = path.lastIndexOf("."); cut >= 0; cut = path.lastIndexOf(".", cut - 1))
      if (uses.has(path.slice(0, cut))) return path.slice(0, cut);
    return path === "" ? null : "";
  };
  const node = (path: string, name: string): Node => ({
    name,
    use: uses.get(path) as TracedLayer,
    children: layers
      .filter((layer) => parentOf(layer.path) === path && !/ \(\d+\)$/.test(layer.path))
      .map((layer) => node(layer.path, path === "" ? layer.path : layer.path.slice(path.length + 1))),
  });
  return node("", "");
}

function sequential(children: readonly Node[], write: (node: Node) => string): string {
  const byNumber = children.every(({ name }, i) => name === String(i));
  if (byNumber) return call("nn.Sequential", children.map(write));
  const pairs = children.map((child) => `(${python(child.name)}, ${write(child)})`);
  return `nn.Sequential(OrderedDict([\n${indented(pairs.join(",\n"))},\n]))`;
}

/** On one line where there is room. */
function call(name: string, parts: readonly string[]): string {
  const line = `${name}(${parts.join(", ")})`;
  return line.length <= 88 && !line.includes("\n") ? line : `${name}(\n${indented(parts.join(",\n"))},\n)`;
}

/** Keyword arguments cannot begin with a digit. */
const identifier = (name: string): string => (/^[A-Za-z]\w*$/.test(name) ? name : `_${name}`);

/** What has no counterpart: its layers, and beside its forward the TypeScript that it is to say. */
function openClass(name: string, { use, children }: Node, write: (node: Node) => string): string {
  const forward = (use.layer.options as { forward?: unknown }).forward;
  const source = typeof forward === "function" ? String(forward) : `nn.${use.type} of dlnb`;
  const parts = children.map((child) => `self.add_module(${python(child.name)}, ${write(child)})`);
  return `class ${name}(nn.Module):
    """${use.type}: [${use.input.shape.slice(1).join(", ")}] to [${use.output.shape.slice(1).join(", ")}] of each example."""

    def __init__(self):
        super().__init__()
${parts.length === 0 ? "" : `${indented(parts.join("\n"), 2)}\n`}
    def forward(self, x):
${indented(source.replace(/^/gm, "# "), 2)}
        raise NotImplementedError("${name}: write what the comment above says")`;
}
