import { declare, type Layer, traceModel } from "../../../engine/nn/index.ts";
import { constant, reshape } from "../../../engine/ops/index.ts";
import type { DType, Shape } from "../../../engine/tensor/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { torchLayer } from "../torch.ts";
import { functions } from "./functions.ts";
import { inputFor, withGradients } from "./graph.ts";
import { isSequenceModule, sequencesGroup } from "./sequences.ts";

/** Forward, gradients for inputs and parameters, and running statistics afterwards. */
export const layersGroup: Runner = async (c, bench) => {
  if (isSequenceModule(c.op)) return sequencesGroup(c, bench);
  const plain = functions[c.op];
  if (!plain) return layer(c, bench, torchLayer({ name: c.op, args: [], named: c.config }));
  const names = Object.keys(c.inputs).filter((name) => !name.startsWith("cotangent."));
  const tensors = Object.fromEntries(names.map((name) => [name, inputFor(name, c.inputs[name] as Numbers)]));
  return withGradients(c, bench, { y: plain(tensors, c.config, Object.values(tensors)) }, tensors);
};

async function layer(c: Case, bench: Bench, given: Layer): Promise<Given> {
  const names = Object.keys(c.inputs).filter((name) => !/^(param|buffer|cotangent)\./.test(name));
  const [name = "", ...others] = names;
  const values = c.inputs[name];
  const { inputs = {} } = given.definition;
  if (!values || others.length > Object.keys(inputs).length) throw new Unsupported(`inputs ${names.join(", ")}`);
  const x = inputFor(name, values);
  const batch = isSingle(c.op, values.shape) ? reshape(x, [1, ...x.shape]) : x;
  const read = others.map((other) => inputFor(other, c.inputs[other] as Numbers));
  const further = Object.fromEntries(Object.keys(inputs).flatMap((key, i) => (read[i] ? [[key, read[i]]] : [])));
  const declaration = declare(given, batch.shape, batch.dtype, further);
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
  const { output, activations, bufferUpdates } = traceModel(given, batch, {
    parameters,
    buffers,
    training,
    seed: zero,
    step: zero,
    inputs: further,
  });
  const after = Object.entries(buffers).map(([name, before]) => [`buffer.${name}`, bufferUpdates[name] ?? before]);
  const { weights } = activations; // of attention
  const y = batch === x ? output : reshape(output, output.shape.slice(1));
  const outputs = { y, ...(weights && { weights }) };
  return withGradients(
    c,
    bench,
    outputs,
    { [name]: x, ...Object.fromEntries(read.map((t, i) => [others[i], t])), ...parameters },
    Object.fromEntries(after),
  );
}

/** Whether PyTorch takes x for one example without an axis for examples. Batch norms take [N, C] and [N, C, L]. */
function isSingle(op: string, shape: Shape): boolean {
  const axes = /^(?!BatchNorm)\w+([123])d$/.exec(op)?.[1];
  return axes !== undefined && shape.length === Number(axes) + 1;
}
