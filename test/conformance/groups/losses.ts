import { type Loss, losses } from "../../../engine/losses/index.ts";
import { instance, type Params } from "../../../engine/params/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";
import { optionsOf } from "../torch.ts";
import { inputFor, withGradients } from "./graph.ts";

/** PyTorch's losses in ours. */
const NAMES: Readonly<Record<string, string>> = {
  CrossEntropyLoss: "crossEntropy",
  NLLLoss: "nll",
  MSELoss: "mse",
  L1Loss: "mae",
  HuberLoss: "huber",
  SmoothL1Loss: "smoothL1",
  BCEWithLogitsLoss: "bceWithLogits",
  BCELoss: "bce",
  KLDivLoss: "klDiv",
};

/** The loss's value and its gradients. The input that is not the target is the model's output, whatever its name. */
export const lossesGroup: Runner = async (c, bench) => {
  const target = c.inputs.target;
  const names = Object.keys(c.inputs).filter((name) => name !== "target" && !/^cotangent\.|_?weight$/.test(name));
  const [name] = names;
  const made = lossOf(c);
  if (!target || name === undefined || names.length !== 1) throw new Unsupported(`inputs ${names.join(", ")}`);
  if (c.op === "NLLLoss" && target.dtype === "f32") throw new Unsupported("targets that are probabilities");
  const output = inputFor(name, c.inputs[name] as Numbers);
  const y = inputFor("target", target);
  // "logits multiplied by 100": the gradient is that of the small ones
  const factor = Number(/multiplied by (\d+)/.exec(c.notes ?? "")?.[1] ?? 1);
  const value = made.definition.compute(
    { output: factor === 1 ? output : output.mul(factor), target: y },
    made.options,
  );
  return withGradients(c, bench, { y: value }, { [name]: output, ...(y.dtype === "f32" ? { target: y } : {}) });
};

function lossOf({ op, config, inputs }: Case): Loss {
  const name = NAMES[op];
  const definition = name === undefined ? undefined : (losses as Readonly<Record<string, Loss["definition"]>>)[name];
  if (name === undefined || !definition) throw new Unsupported(`loss ${op}`);
  const weight = inputs.class_weight ?? inputs.weight;
  if (weight && !(definition.params as Params).weight) throw new Unsupported("option weight");
  const options = optionsOf(definition.params, config, ["weight", "note", "expr"]);
  if (definition.params.dim) options.dim ??= 1; // as PyTorch has it, even where the shapes leave it open
  return instance(name, definition, { ...options, ...(weight ? { weight: [...weight.data] } : {}) });
}
