import { significant } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, Progress } from "../showing.ts";

/** Means over the whole of one part. */
export interface PartReport {
  readonly part: "train" | "valid" | "test";
  readonly examples: number;
  /** `loss` and every metric of the experiment. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface LossReport {
  readonly parts: readonly PartReport[];
  /** Validation (else test) loss less training loss, both of the same weights in evaluation mode; null without either part. */
  readonly gap: number | null;
}

export const lossReport = defineDiagnostic({
  summary:
    "Loss and metrics over the whole of every part with the run's weights: the empirical risk, not a running average of training.",
  params: {},
  of: ["run", "experiment"],
  inspects: false,
  cost: "a forward pass over all data",
  measure: async (subject, _, context): Promise<LossReport> => {
    const { splits } = subject.experiment;
    const parts = await subject.onDevice(context, async (device) => {
      const found: PartReport[] = [];
      const progress = new Progress(context, { total: 3, unit: "parts", message: "loss report" });
      for (const part of ["train", "valid", "test"] as const) {
        const set = splits[part];
        if (!set) continue;
        progress.check(found.length);
        found.push({ part, examples: set.size, figures: await device.evaluate(device.upload(part, set)) });
      }
      return found;
    });
    const loss = (part: string) => parts.find((p) => p.part === part)?.figures.loss;
    const other = loss("valid") ?? loss("test");
    const gap = other === undefined ? null : other - (loss("train") as number);
    return measured({ parts, gap }, table(subject.name, parts, gap));
  },
});

function table(name: string, parts: readonly PartReport[], gap: number | null): string {
  const figures = Object.keys(parts[0]?.figures ?? {});
  const width = Math.max(9, ...figures.map((f) => f.length));
  const titles = { train: "training", valid: "validation", test: "test" } as const;
  return [
    `${name}: means over whole parts, in evaluation mode`,
    `${"".padEnd(11)}${"examples".padStart(10)}${figures.map((f) => `  ${f.padStart(width)}`).join("")}`,
    ...parts.map(
      ({ part, examples, figures: own }) =>
        `${titles[part].padEnd(11)}${examples.toLocaleString("en-US").padStart(10)}${figures.map((f) => `  ${significant(own[f]).padStart(width)}`).join("")}`,
    ),
    ...(gap === null
      ? []
      : [`gap between ${parts[1] && titles[parts[1].part]} and training loss: ${significant(gap)}`]),
  ].join("\n");
}
