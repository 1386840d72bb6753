import { int } from "../../params/index.ts";
import type { Finding } from "../../protocol/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { num } from "../diagnosis/words.ts";
import { measured, Progress, showFindings } from "../showing.ts";
import { type CheckedGradient, checkedGradients, WRONG } from "./gradients.ts";

/** What a gradient check returns. */
export interface GradientCheck {
  /** Largest relative error of all tensors. */
  readonly error: number;
  readonly passed: boolean;
  readonly tensors: readonly CheckedGradient[];
}

export const checkGradients = defineDiagnostic({
  summary: "Compares the gradients of backpropagation with finite differences of the loss.",
  paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5.3",
  params: {
    perTensor: int(8, "[1, 256]", "Elements of each tensor that are compared."),
    examples: int(8, "[2, 1024]", "Examples of the batch whose loss is differentiated."),
  },
  of: ["experiment", "run"],
  inspects: false,
  cost: "eight forward passes over a few examples for every compared element",
  measure: async (subject, { perTensor, examples }, context): Promise<GradientCheck> => {
    const progress = new Progress(context, { total: 100, unit: "%", message: "gradient check" });
    const { experiment } = subject;
    const tensors = await subject.onDevice(context, async (device) => {
      const data = device.upload("train", experiment.splits.train);
      device.setOrder(experiment.epochOrder(0));
      const count = Math.min(examples, data.count);
      const at = { examples: count, perTensor, seed: experiment.options.seed };
      return await checkedGradients(device, data, at, (share) => progress.check(Math.round(100 * share)));
    });
    const finding = gradientFinding(tensors, perTensor);
    showFindings(context, `${subject.name}: ${finding.title}`, [finding]);
    const error = Math.max(0, ...tensors.map((t) => t.error));
    return measured(
      { error, passed: error <= WRONG, tensors },
      [`${subject.name}: ${finding.title}`, ...tableOf(tensors)].join("\n"),
    );
  },
});

/** A line for each tensor, in the order of the layers; the worst is named below. */
function tableOf(tensors: readonly CheckedGradient[]): string[] {
  const width = Math.max(6, ...tensors.map(({ name }) => name.length));
  const row = (name: string, ...cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(18)).join("")}`;
  const told = tensors.filter((t) => t.told > 0);
  const worst = told.reduce<CheckedGradient | undefined>((w, t) => (w && w.relative >= t.relative ? w : t), undefined);
  return [
    row("tensor", "relative error", "beyond rounding", "elements told"),
    ...tensors.map((t) =>
      t.told === 0
        ? row(t.name, "too small", "", `0 of ${t.sampled}`)
        : row(t.name, num(t.relative), num(t.error), `${t.told} of ${t.sampled}`),
    ),
    ...(worst
      ? [
          `  largest relative error: ${worst.name}, ${num(worst.relative)}; its element furthest off is ${num(worst.backprop)} by backpropagation, ${num(worst.difference)} by differences`,
        ]
      : []),
    `  relative errors include f32 rounding and curvature; beyond both ${WRONG} is allowed`,
  ];
}

/** The check as a line of a table. */
export function gradientFinding(tensors: readonly CheckedGradient[], perTensor: number): Finding {
  const wrong = tensors.filter(({ error }) => !(error <= WRONG)).sort((a, b) => b.error - a.error);
  const told = tensors.reduce((n, t) => n + t.told, 0);
  const sampled = tensors.reduce((n, t) => n + t.sampled, 0);
  const [worst] = wrong;
  if (worst) {
    return {
      rule: "gradient-check",
      severity: "error",
      title: `gradients of ${wrong.length} tensor${wrong.length > 1 ? "s" : ""} are wrong`,
      saw: `${worst.name}: ${num(worst.backprop)} by backpropagation, ${num(worst.difference)} by differences of the loss (relative error ${num(worst.error)}); ${WRONG} is allowed`,
      why: "Training follows these gradients: where they are wrong it goes elsewhere, and often still a little downhill.",
      tries: [
        {
          text: "look at functions of your own in nn.module for stopGradient, floor, or a choice that cuts the way back",
        },
        { text: "please report it with the model: every layer's gradient is meant to pass" },
      ],
      paper: "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5.3",
    };
  }
  const largest = Math.max(0, ...tensors.map(({ relative }) => relative));
  const beyond = Math.max(0, ...tensors.map(({ error }) => error));
  return {
    rule: "gradient-check",
    severity: told === 0 ? "info" : "pass",
    title: told === 0 ? "gradients are too small to be checked" : "gradients agree with finite differences",
    saw: `${told} of ${sampled} elements, up to ${perTensor} of each of ${tensors.length} tensors, are no kink and large enough to tell from rounding; relative differences go up to ${num(largest)}, ${num(beyond)} beyond rounding and curvature (${WRONG} is allowed)`,
    why: "",
    tries: [],
  };
}
