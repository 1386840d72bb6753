import type { Loss } from "../losses/index.ts";
import { input } from "../ops/index.ts";
import type { DType, HostTensor, Shape } from "../tensor/index.ts";
import { type Described, described } from "./described.ts";
import { torchFunction } from "./function.ts";
import { python, snake } from "./python.ts";

type Options = Readonly<Record<string, unknown>>;

/** Losses that torch.nn has, and what it compares with. */
const native: Readonly<Record<string, readonly [name: string, target: "class" | "value"]>> = {
  bce: ["BCELoss", "value"],
  bceWithLogits: ["BCEWithLogitsLoss", "value"],
  crossEntropy: ["CrossEntropyLoss", "class"],
  huber: ["HuberLoss", "value"],
  klDiv: ["KLDivLoss", "value"],
  mae: ["L1Loss", "value"],
  mse: ["MSELoss", "value"],
  multiMargin: ["MultiMarginLoss", "class"],
  nll: ["NLLLoss", "class"],
  poissonNll: ["PoissonNLLLoss", "value"],
  smoothL1: ["SmoothL1Loss", "value"],
};

export const torchLosses: readonly string[] = Object.keys(native);

/** What is compared: shapes of one example. */
export interface Compared {
  readonly output: Shape;
  readonly target: Shape;
  readonly dtype: DType;
  /** Axis of the classes, from 1, where targets are class numbers. */
  readonly axis: number | null;
}

export interface TorchLoss {
  /** Lines before the function. */
  readonly criterion: string | null;
  /** `loss_of(output, target)`. */
  readonly text: string;
  readonly generated: boolean;
}

/** The loss as a function of the model's output and the targets. Throws ConfigError for what PyTorch has no function for. */
export function torchLoss(loss: Loss, compared: Compared, table: (host: HostTensor) => string): TorchLoss {
  const { output, target, dtype, axis } = compared;
  const name = "loss_of";
  const found = native[loss.type];
  const classes = axis !== null && dtype !== "f32";
  const elements = (shape: Shape) => shape.reduce((a, b) => a * b, 1);
  const shares =
    loss.type === "crossEntropy" && dtype === "f32" && output.length === 1 && String(output) === String(target);
  if (
    found &&
    (shares ||
      (found[1] === "class"
        ? classes && (found[0] !== "MultiMarginLoss" || output.length === 1)
        : dtype === "f32" && elements(output) === elements(target)))
  ) {
    const scores = axis === null || axis === 1 ? "output" : `output.movedim(${axis}, 1)`;
    const same = String(output) === String(target);
    const args = found[1] === "class" ? `${scores}, target` : `output, ${same ? "target" : "target.view_as(output)"}`;
    return {
      criterion: `criterion = nn.${found[0]}(${optionsOf(loss)}).to(device)`,
      text: `def ${name}(output, target):\n    return criterion(${args})`,
      generated: false,
    };
  }
  const about: Described = { family: "loss", type: loss.type, definition: loss.definition, options: loss.options };
  const text = torchFunction({
    ...{ name, input, table, where: `loss.${loss.type}`, doc: described(about) },
    args: [
      { name: "output", shape: output, dtype: "f32", perExample: true },
      { name: "target", shape: target, dtype, perExample: true },
    ],
    trace: ([scores, goal]) => [
      loss.definition.compute({ output: scores as never, target: goal as never }, loss.options as never),
    ],
  });
  return { criterion: null, text, generated: true };
}

function optionsOf({ options, definition }: Loss): string {
  return Object.entries(options as Options)
    .filter(
      ([option, value]) =>
        option !== "dim" &&
        value !== null &&
        JSON.stringify(value) !== JSON.stringify(definition.params[option]?.default),
    )
    .map(([option, value]) => {
      const tensor = Array.isArray(value) || ArrayBuffer.isView(value);
      return `${snake(option)}=${tensor ? `torch.tensor([${Array.from(value as ArrayLike<number>).join(", ")}])` : python(value)}`;
    })
    .join(", ");
}
