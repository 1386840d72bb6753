import type { Tensor } from "../../../../engine/ops/index.ts";
import { type Case, type Config, Unsupported } from "../../case.ts";
import type { Runner } from "../../run.ts";
import { compute, inputFor } from "../graph.ts";
import { activations } from "./activations.ts";
import { attentions } from "./attention.ts";
import { elementwise } from "./elementwise.ts";
import { losses } from "./losses.ts";
import { Node, type Operators, type Value } from "./node.ts";
import { normalizations } from "./normalizations.ts";
import { optimizers } from "./optimizers.ts";
import { recurrent } from "./recurrent.ts";
import { reductions } from "./reductions.ts";
import { shapes } from "./shapes.ts";
import { windowed } from "./windows.ts";

/** Every ONNX operator that the library has, as a call of it. */
const operators: Operators = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...activations,
  ...attentions,
  ...losses,
  ...normalizations,
  ...optimizers,
  ...recurrent,
  ...windowed,
};

interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Config;
}

/** From here on a number is nearer to 2^128, which f32 does not have. */
const LARGEST = 3.4028235677973366e38;

/** ONNX's own tests of single operators and of small graphs that PyTorch exported: the outputs that the case names. */
export const onnxGroup: Runner = async (c, bench) => {
  for (const [name, { data }] of Object.entries({ ...c.inputs, ...c.outputs })) {
    const large = data.find((v) => Number.isFinite(v) && Math.abs(v) >= LARGEST);
    if (large !== undefined) throw new Unsupported(`${name} holds ${large}, which f32 does not have`);
  }
  const values = new Map<string, Value>();
  for (const [name, known] of Object.entries(c.inputs)) {
    values.set(name.replace(/^initializer\./, ""), { tensor: inputFor(name, known), known });
  }
  for (const { op, inputs, outputs, attributes } of nodesOf(c)) {
    const run = operators[op];
    if (!run) throw new Unsupported(`operator ${op}`);
    const given = inputs.map((name) => (name === "" ? undefined : find(values, name)));
    const opset = Number(Object.values(c.config.opset ?? {})[0] ?? 1);
    const made = run(new Node(op, opset, { inputs: given, outputs, attributes }));
    const list: readonly (Tensor | undefined)[] = Array.isArray(made) ? made : [made as Tensor];
    outputs.forEach((name, i) => {
      const tensor = list[i];
      if (name !== "" && tensor) values.set(name, { tensor, known: knownOf(op, attributes, tensor) });
    });
  }
  const wanted = Object.keys(c.outputs).flatMap((name): [string, Tensor][] => {
    const value = values.get(name);
    return value ? [[name, value.tensor]] : [];
  });
  return compute(bench, Object.fromEntries(wanted), c.inputs);
};

function nodesOf({ op, config }: Case): readonly GraphNode[] {
  if (config.nodes) return config.nodes;
  return [{ op, inputs: config.input_order, outputs: config.output_order, attributes: config.attributes ?? {} }];
}

function find(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (!value) throw new Unsupported(`no value for ${name}`);
  return value;
}

/** Numbers of a constant. */
function knownOf(op: string, { value }: Config, { shape, dtype }: Tensor): Value["known"] {
  if (op !== "Constant") return undefined;
  return { shape, dtype, data: Float64Array.from([value.tensor].flat(9)) };
}
