import { type Checked, choice, int, num, text } from "../params/index.ts";
import { type Drop, defineSchedule, type Seen } from "./definition.ts";

const params = {
  monitor: text("loss", "What is watched: `loss` or the name of a metric."),
  on: choice("auto", ["auto", "valid", "train"], "Of which examples; auto: validation where there is one."),
  mode: choice(
    "auto",
    ["auto", "min", "max"],
    "Whether lower or higher is better; auto knows the loss and the metrics.",
  ),
  factor: num(0.1, "[0, 1)", "Multiplies lr at a fall."),
  patience: int(10, "[0, inf)", "Epochs in a row without improvement that are let pass; the next one brings the fall."),
  threshold: num(1e-4, "[0, inf)", "Smallest change that counts as an improvement."),
  thresholdMode: choice("rel", ["rel", "abs"], "Whether threshold is a share of the best value or a difference."),
  cooldown: int(0, "[0, inf)", "Epochs after a fall in which none is counted as bad."),
  minLr: num(0, "[0, inf)", "Lowest rate."),
  eps: num(1e-8, "[0, inf)", "A fall by no more than this is left out."),
};

export const plateau = defineSchedule({
  summary:
    "Lowers lr when a figure has stopped improving; the chart marks each fall with the value that caused it. Before a run it is flat.",
  paper: "as torch.optim.lr_scheduler.ReduceLROnPlateau",
  rule: ["more than patience epochs without improvement:  lr <- max(lr factor, minLr)"],
  params,
  unit: () => "epoch",
  monitors: ({ monitor, on }) => [{ name: monitor, on }],
  at: (options, { step, baseLr, seen = [], higher: better = [] }) => {
    const { monitor, factor, patience, cooldown, minLr, eps } = options;
    const higher = options.mode === "max" || (options.mode === "auto" && better.includes(monitor));
    let lr = baseLr;
    let best = higher ? -Infinity : Infinity;
    let bad = 0;
    let cooling = 0;
    let drop: Drop | undefined;
    for (const epoch of seen) {
      const value = figureOf(epoch, options);
      if (epoch.step > step || value === undefined) continue;
      if (isBetter(value, best, higher, options)) {
        best = value;
        bad = 0;
      } else {
        bad += 1;
      }
      if (cooling > 0) {
        cooling -= 1;
        bad = 0;
      }
      if (bad <= patience) continue;
      cooling = cooldown;
      bad = 0;
      const lower = Math.max(lr * factor, minLr);
      if (lr - lower <= eps) continue;
      lr = lower;
      drop = { step: epoch.step, monitor, value, best };
    }
    return drop ? { lr, drop } : { lr };
  },
});

function figureOf({ train, valid }: Seen, { monitor, on }: Checked<typeof params>): number | undefined {
  if (on === "train" || (on === "auto" && valid === undefined)) return train[monitor];
  return valid?.[monitor];
}

function isBetter(
  value: number,
  best: number,
  higher: boolean,
  { threshold, thresholdMode }: Checked<typeof params>,
): boolean {
  const sign = higher ? 1 : -1;
  const bound = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
  return higher ? value > bound : value < bound;
}
