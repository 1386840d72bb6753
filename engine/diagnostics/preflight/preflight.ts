import { int } from "../../params/index.ts";
import type { Finding } from "../../protocol/index.ts";
import { defineDiagnostic } from "../definition.ts";
import { gather } from "../diagnosis/evidence/evidence.ts";
import { measured, Progress, showFindings } from "../showing.ts";
import { gradientFinding } from "./checkGradients.ts";
import { checks } from "./checks.ts";
import { checkedGradients } from "./gradients.ts";
import { overfit, someOf } from "./overfit.ts";
import { overfitFinding } from "./overfitCheck.ts";

/** What a preflight returns: a line for each check. */
export interface Preflight {
  readonly errors: number;
  readonly warnings: number;
  readonly checks: readonly Finding[];
}

/** Elements of each tensor in the gradient check: a sample, `checkGradients` looks at more. */
const PER_TENSOR = 4;

export const preflight = defineDiagnostic({
  summary:
    "Checks data, initial weights, gradients and whether a few examples can be learnt, before time goes into training.",
  paper:
    "Goodfellow, Bengio & Courville 2016, Deep Learning, section 11.5; Karpathy 2019, A Recipe for Training Neural Networks",
  params: {
    examples: int(8, "[2, 256]", "Examples that are to be learnt by heart."),
    steps: int(400, "[10, 20000]", "Steps that this may take."),
  },
  of: ["experiment"],
  inspects: false,
  cost: "a pass over 256 examples, a gradient check and up to 1,000 steps with a batch of 8: under two seconds on a small network",
  measure: async (subject, { examples, steps }, context): Promise<Preflight> => {
    const { experiment, name } = subject;
    const progress = new Progress(context, { total: 100, unit: "%", message: "preflight" });
    const evidence = await gather(experiment, null, context, () => progress.check(10));
    const found: Finding[] = checks.map((check) => check(evidence));
    const gradients = await subject.onDevice(context, async (device) => {
      const data = device.upload("train", experiment.splits.train);
      device.setOrder(experiment.epochOrder(0));
      const at = { examples: Math.min(8, data.count), perTensor: PER_TENSOR, seed: experiment.options.seed };
      return await checkedGradients(device, data, at, (share) => progress.check(10 + Math.round(30 * share)));
    });
    found.push(gradientFinding(gradients, PER_TENSOR));
    found.push(
      overfitFinding(
        await overfit(experiment, { set: someOf(experiment.splits.train, examples), steps }, context, (share) =>
          progress.check(40 + Math.round(60 * share)),
        ),
      ),
    );
    const count = (severity: Finding["severity"]) => found.filter((f) => f.severity === severity).length;
    const [errors, warnings] = [count("error"), count("warning")];
    const title = `${name}: ${plural(errors, "error")} and ${plural(warnings, "warning")} in ${found.length} checks before training`;
    showFindings(context, title, found);
    return measured({ errors, warnings, checks: found }, title);
  },
});

const plural = (n: number, noun: string): string => `${n === 0 ? "no" : n} ${noun}${n === 1 ? "" : "s"}`;
