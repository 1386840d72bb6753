import { ConfigError } from "../errors/index.ts";
import { type Layer, traceModel } from "../nn/index.ts";
import { constant, evaluate, input, literalValue, opNamed, Tensor, topological, within } from "../ops/index.ts";
import { type DType, HostTensor, hostArray, type Shape } from "../tensor/index.ts";
import { type Batches, dimOf, type Extent, sameExtents, type Twin } from "./extent.ts";
import { MOST_BYTES, OnnxGraph, type Value } from "./graph.ts";
import { layerOf, type Operator, operators, Place } from "./operators.ts";
import { encodeModel } from "./proto.ts";

/** What is exported. */
export interface Export {
  readonly model: Layer;
  /** Of one example. */
  readonly example: { readonly shape: Shape; readonly dtype: DType };
  /** Parameters and running statistics by PyTorch's names. */
  readonly tensors: Readonly<Record<string, HostTensor>>;
  /** Names of those that are running statistics. */
  readonly running: readonly string[];
  readonly opset: number;
  /** Examples of a batch; null: any number. */
  readonly batch: number | null;
  readonly name: string;
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Numbers of examples that no length of a model is likely to be by chance. */
const ANY: Batches = { small: 7, large: 11 };

const INPUT = "input";
const OUTPUT = "output";

/**
 * The model in evaluation as the bytes of an ONNX file: input [batch, ...example] -> output. The graph is the one that predictions
 * are computed from, op by op; what depends on the number of examples is found by comparing the graphs for two numbers.
 * Throws ConfigError naming the layer and the op that cannot be exported, and for weights of 2 GB or more.
 */
export function onnxOf(what: Export): Uint8Array {
  const { opset, tensors, example } = what;
  const batches = what.batch === null ? ANY : { small: what.batch, large: what.batch };
  const [small, large] = [batches.small, batches.large].map((batch) => inference(what, batch));
  const graph = new OnnxGraph(INPUT, [OUTPUT, ...Object.keys(tensors)]);
  const values = new Map<Tensor, Value>();
  const twins = twinsOf(small as Tensor, large as Tensor);
  const known = knownOf(twins);
  const writtenAs = (node: Tensor): Value => {
    const before = values.get(node);
    if (before) return before;
    const computed = known.has(node) && !["constant", "iota", "broadcast"].includes(node.op);
    if (!computed) for (const x of node.inputs) writtenAs(x);
    graph.part = node.part?.name ?? "";
    const place = new Place(graph, twins.get(node) as Twin, opset, batches, values);
    const value =
      node.op === "input" ? sourceOf(node, place, what) : computed ? evaluated(node, graph) : operatorOf(place)(place);
    values.set(node, value);
    return value;
  };
  for (const node of twins.keys()) if (!known.has(node)) writtenAs(node);
  const [output] = [...twins.values()].slice(-1) as [Twin];
  const extents = new Place(graph, output, opset, batches, values).shape();
  graph.part = "";
  finish(graph, writtenAs(output.small), extents);
  graph.prune(OUTPUT);
  if (graph.bytes > MOST_BYTES) {
    throw new ConfigError(`exportOnnx: ${graph.bytes} bytes of weights; a file of ONNX holds less than 2 GB`);
  }
  return encodeModel({
    ...{ opset, name: what.name, doc: what.doc, metadata: what.metadata },
    nodes: graph.nodes,
    initializers: [...graph.initializers.values()],
    inputs: [{ name: INPUT, type: example.dtype, dims: [what.batch ?? "batch", ...example.shape] }],
    outputs: [{ name: OUTPUT, type: output.small.dtype, dims: extents.map(dimOf) }],
  });
}

/** The model's output for so many examples, in ops that `operators` has. */
function inference({ model, example, tensors, running, opset }: Export, batch: number): Tensor {
  const named = (wanted: boolean) =>
    Object.fromEntries(
      Object.entries(tensors)
        .filter(([name]) => running.includes(name) === wanted)
        .map(([name, { shape, dtype }]) => [name, input(name, shape, dtype)]),
    );
  const zero = constant(0, [], "u32");
  const { output } = traceModel(model, input(INPUT, [batch, ...example.shape], example.dtype), {
    ...{ parameters: named(false), buffers: named(true), training: false, seed: zero, step: zero },
  });
  return expanded(output, opset);
}

/** Gelu is an operator from version 20 on. */
const isWritten = (op: string, opset: number): boolean => op in operators && (op !== "gelu" || opset >= 20);

/** The graph with ops that ONNX does not have written in others, which may have to be written in others themselves. */
function expanded(output: Tensor, opset: number): Tensor {
  const made = new Map<Tensor, Tensor>();
  for (const node of topological([output])) {
    const inputs = node.inputs.map((x) => made.get(x) as Tensor);
    const { lower } = opNamed(node.op);
    const same = node.inputs.every((x, i) => x === inputs[i]);
    const fresh = within(node.part, () => {
      if (lower.kind === "expand" && !isWritten(node.op, opset)) return lower.to(inputs, node.attrs);
      return same ? node : new Tensor(node.op, inputs, node.attrs, node.shape, node.dtype);
    });
    made.set(node, fresh);
  }
  const next = made.get(output) as Tensor;
  return next === output ? output : expanded(next, opset);
}

/** The nodes of both graphs, those of the small one as keys. Throws ConfigError where the graphs are of different ops. */
function twinsOf(small: Tensor, large: Tensor): Map<Tensor, Twin> {
  const [a, b] = [topological([small]), topological([large])];
  const twins = new Map<Tensor, Twin>();
  for (const [i, node] of a.entries()) {
    const other = b[i];
    if (!other || other.op !== node.op || other.inputs.length !== node.inputs.length || a.length !== b.length) {
      throw new ConfigError(
        `exportOnnx: ${layerOf(node)} (op ${node.op}) is another computation for other numbers of examples; give one, as { batch: 1 }`,
      );
    }
    twins.set(node, { small: node, large: other });
  }
  return twins;
}

/** What is computed from constants alone: it becomes numbers of the file. */
function knownOf(twins: ReadonlyMap<Tensor, Twin>): Set<Tensor> {
  const known = new Set<Tensor>();
  const fixed = ({ small, large }: Twin) => String(small.shape) === String(large.shape);
  for (const [node, twin] of twins) {
    const equal = JSON.stringify(node.attrs) === JSON.stringify(twin.large.attrs);
    if (node.op === "constant") {
      if (node.attrs.value === twin.large.attrs.value) known.add(node);
    } else if (node.op === "iota") known.add(node);
    else if (node.op === "input" || node.op === "philox" || !node.inputs.every((x) => known.has(x))) continue;
    else if (node.op === "broadcast" || (equal && [node, ...node.inputs].every((x) => fixed(twins.get(x) as Twin)))) {
      known.add(node);
    }
  }
  return known;
}

function operatorOf(place: Place): Operator {
  const operator = operators[place.node.op];
  if (!operator) throw place.cannot("has no operator in ONNX");
  return operator;
}

/** The input of the model, one of its tensors, or a tensor with numbers that its function uses. */
function sourceOf(node: Tensor, place: Place, { tensors }: Export): Value {
  const name = node.attrs.name as string;
  if (name === INPUT) return { name, shape: place.shape() };
  const host = tensors[name] ?? literalValue(node);
  if (!host) throw place.cannot(`reads "${name}", which is known in training only`);
  return { name: place.graph.initializer(name, host), shape: node.shape };
}

function evaluated(node: Tensor, graph: OnnxGraph): Value {
  const numbers = evaluate([node])[0]?.data ?? [];
  const data = hostArray(node.dtype, node.size);
  data.set(numbers);
  return { name: graph.constant(new HostTensor(node.shape, node.dtype, data)), shape: node.shape };
}

/** Gives the last value the name of the output, in its whole shape. */
function finish(graph: OnnxGraph, { name, shape }: Value, wanted: readonly Extent[]): void {
  if (!sameExtents(shape, wanted)) graph.rename(graph.node("Expand", [name, graph.integers(wanted)]), OUTPUT);
  else if (graph.nodes.some(({ output }) => output.includes(name))) graph.rename(name, OUTPUT);
  else graph.rename(graph.node("Identity", [name]), OUTPUT);
}
