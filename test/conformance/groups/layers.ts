import { declare, type Layer, traceModel } from "../../../engine/nn/index.ts";
import { constant, logSoftmax, matmul, softmax, type Tensor } from "../../../engine/ops/index.ts";
import type { DType, Shape } from "../../../engine/tensor/index.ts";
import { type Case, type Config, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { torchLayer } from "../torch.ts";
import { inputFor, withGradients } from "./graph.ts";
import { isSequenceModule, sequencesGroup } from "./sequences.ts";

/** Functions of tensors that are no layers, by the case's op. */
const functions: Readonly<Record<string, (inputs: Readonly<Record<string, Tensor>>, config: Config) => Tensor>> = {
  softmax: ({ x }, { form }) => {
    if (form === "softmax_big") return softmax((x as Tensor).mul(50), -1); // as its note says
    const axis = /^softmax_dim(-?\d+)$/.exec(form)?.[1];
    if (axis === undefined) throw new Unsupported(`form ${form}`);
    return softmax(x as Tensor, Number(axis));
  },
  dot_attention: ({ H, s }) => {
    const scores = matmul(H as Tensor, (s as Tensor).reshape([...(s as Tensor).shape, 1]));
    return (H as Tensor).mul(softmax(scores, -2)).sum(-2);
  },
  log_softmax: ({ x }, { form }) => {
    const axis = /^log_?softmax_dim(-?\d+)$/.exec(form)?.[1];
    if (axis === undefined) throw new Unsupported(`form ${form}`);
    return logSoftmax(x as Tensor, Number(axis));
  },
};

/** Forward, gradients for inputs and parameters, and running statistics afterwards. */
export const layersGroup: Runner = async (c, bench) => {
  if (isSequenceModule(c.op)) return sequencesGroup(c, bench);
  const plain = functions[c.op];
  if (!plain) return layer(c, bench, torchLayer({ name: c.op, args: [], named: c.config }));
  const names = Object.keys(c.inputs).filter((name) => !name.startsWith("cotangent."));
  const tensors = Object.fromEntries(names.map((name) => [name, inputFor(name, c.inputs[name] as Numbers)]));
  return withGradients(c, bench, { y: plain(tensors, c.config) }, tensors);
};

async function layer(c: Case, bench: Bench, given: Layer): Promise<Given> {
  const names = Object.keys(c.inputs).filter((name) => !/^(param|buffer|cotangent)\./.test(name));
  const [name = ""] = names; // x, or the query that attention takes for everything when it is alone
  const values = c.inputs[name];
  if (!values || names.length > 1) throw new Unsupported(`inputs ${names.join(", ")}`);
  const x = inputFor(name, values);
  const declaration = declare(given, values.shape, values.dtype);
  const tensorsOf = (prefix: string, declared: readonly { name: string; shape: Shape; dtype?: DType }[]) =>
    Object.fromEntries(
      declared.map(({ name, shape, dtype = "f32" }) => {
        const stored = c.inputs[`${prefix}.${name}`];
        // a count of batches that the case leaves out starts at 0
        return [name, stored ? inputFor(`${prefix}.${name}`, stored) : constant(0, shape, dtype)];
      }),
    );
  const parameters = tensorsOf("param", declaration.parameters);
  const buffers = tensorsOf("buffer", declaration.buffers);
  const zero = constant(0, [], "u32");
  const training = c.config.mode !== "eval";
  const { output, activations, bufferUpdates } = traceModel(given, x, {
    parameters,
    buffers,
    training,
    seed: zero,
    step: zero,
  });
  const after = Object.entries(buffers).map(([name, before]) => [`buffer.${name}`, bufferUpdates[name] ?? before]);
  const { weights } = activations; // of attention
  const outputs = { y: output, ...(weights && { weights }) };
  return withGradients(c, bench, outputs, { [name]: x, ...parameters }, Object.fromEntries(after));
}
