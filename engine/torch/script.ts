import { classes } from "./layers.ts";
import type { TorchModel } from "./model.ts";
import { indented, python } from "./python.ts";
import type { TorchSchedule } from "./training.ts";

/** What a training script needs to know of an experiment. */
export interface ScriptParts {
  readonly title: string;
  readonly version: string;
  /** The file with arrays that lies beside the script. */
  readonly arrays: string;
  readonly model: TorchModel;
  readonly loss: string;
  readonly optimizer: string;
  readonly grouped: boolean;
  readonly frozen: readonly string[];
  /** `rates`: by the table of the file. */
  readonly schedule: TorchSchedule | "rates" | null;
  /** The loss's arguments from `output` and `target`. */
  readonly prediction: string;
  readonly accuracy: string | null;
  readonly penalty: string | null;
  readonly clip: {
    readonly norm?: number | undefined;
    readonly normType?: number | "inf";
    readonly value?: number | undefined;
  };
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly sets: readonly ("train" | "valid" | "test")[];
  /** What the script leaves out, in words. */
  readonly left: readonly string[];
}

/** A script that trains the model in PyTorch from the same first weights on the same, prepared examples. */
export function torchScript(parts: ScriptParts): string {
  const { model, schedule, clip, sets } = parts;
  const notes = [
    ...parts.left.map((what) => `Left out: ${what}.`),
    ...(model.missing.length === 0 ? [] : [`To be completed: forward of ${model.missing.join(", ")}.`]),
  ];
  const names = parts.grouped || parts.frozen.length > 0 || parts.penalty !== null;
  const blocks = [
    `"""${parts.title}, written by dlnb ${parts.version}.

The examples, prepared as there, and the first weights are in ${parts.arrays}; the order of the examples is drawn anew.
${notes.length === 0 ? "" : `\n${notes.join("\n")}\n`}"""
${model.expression.includes("OrderedDict") || model.open.join().includes("OrderedDict") ? "from collections import OrderedDict\n" : ""}import pathlib

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset`,
    ...model.classes.map((name) => classes[name] as string),
    ...model.open,
    `EPOCHS = ${parts.epochs}
BATCH_SIZE = ${parts.batchSize}

torch.manual_seed(${parts.seed})
device = "cuda" if torch.cuda.is_available() else "cpu"
arrays = np.load(pathlib.Path(__file__).with_name(${python(parts.arrays)}))


def examples(part, shuffle=False, drop_last=False):
    tensors = [torch.from_numpy(arrays[f"{axis}_{part}"]) for axis in ("x", "y")]
    return DataLoader(TensorDataset(*tensors), BATCH_SIZE, shuffle=shuffle, drop_last=drop_last)`,
    `train = examples("train", shuffle=True, drop_last=${python(parts.dropLast)})
${sets
  .filter((set) => set !== "train")
  .map((set) => `${set} = examples("${set}")\n`)
  .join("")}
model = ${model.expression}
model.load_state_dict({name[5:]: torch.from_numpy(arrays[name]) for name in arrays.files if name.startswith("init.")})
model.to(device)
criterion = ${parts.loss}.to(device)
${names ? "named = dict(model.named_parameters())\n" : ""}${parts.frozen.map((name) => `named[${python(name)}].requires_grad_(False)\n`).join("")}optimizer = ${parts.optimizer}${scheduler(schedule)}`,
    `def loss_of(output, target):
    return criterion(${parts.prediction})`,
    ...(parts.penalty === null ? [] : [`def penalty():\n${indented(parts.penalty)}`]),
    `@torch.no_grad()
def evaluate(loader):
    model.eval()
    total, right, count = 0.0, 0, 0
    for x, y in loader:
        x, y = x.to(device), y.to(device)
        output = model(x)
        total += loss_of(output, y).item() * len(x)
${parts.accuracy === null ? "" : `        right += ${parts.accuracy}\n`}        count += len(x)
    return total / count${parts.accuracy === null ? "" : ", right / count"}`,
    `def report(name, loader):
    ${parts.accuracy === null ? `loss = evaluate(loader)\n    print(f"{name} loss {loss:.4f}")` : `loss, accuracy = evaluate(loader)\n    print(f"{name} loss {loss:.4f}, accuracy {accuracy:.4f}")`}`,
    `if __name__ == "__main__":
    report("before training:", ${sets.includes("valid") ? "valid" : "train"})
    for epoch in range(1, EPOCHS + 1):
        model.train()
${loop(parts)}
${schedule !== null && schedule !== "rates" && schedule.per === "epoch" ? "        scheduler.step()\n" : ""}        report(f"epoch {epoch}:", ${sets.includes("valid") ? "valid" : "train"})
${sets.includes("test") ? '    report("test:", test)' : ""}`.trimEnd(),
  ];
  return `${blocks.join("\n\n\n")}\n`;

  function scheduler(schedule: ScriptParts["schedule"]): string {
    if (schedule === null) return "";
    if (schedule !== "rates") return `\nscheduler = ${schedule.call}`;
    return `
# the rates of every step, as shares of the optimizer's own
shares = arrays["rates"]
scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: float(shares[min(step, len(shares) - 1)]))`;
  }

  function loop({ accumulate, penalty }: ScriptParts): string {
    const value = `loss_of(model(x), y)${penalty === null ? "" : " + penalty()"}`;
    const clipping = [
      ...(clip.value === undefined ? [] : [`torch.nn.utils.clip_grad_value_(model.parameters(), ${clip.value})`]),
      ...(clip.norm === undefined
        ? []
        : [
            `torch.nn.utils.clip_grad_norm_(model.parameters(), ${clip.norm}${clip.normType === undefined || clip.normType === 2 ? "" : `, norm_type=${python(clip.normType === "inf" ? Infinity : clip.normType)}`})`,
          ]),
    ];
    const step = [
      ...clipping,
      "optimizer.step()",
      ...(schedule === "rates" || schedule?.per === "step" ? ["scheduler.step()"] : []),
    ];
    const lines =
      accumulate === 1
        ? [
            "for x, y in train:",
            "    x, y = x.to(device), y.to(device)",
            "    optimizer.zero_grad()",
            `    (${value}).backward()`,
            ...step.map((line) => `    ${line}`),
          ]
        : [
            "optimizer.zero_grad()",
            "for i, (x, y) in enumerate(train, 1):",
            "    x, y = x.to(device), y.to(device)",
            `    ((${value}) / ${accumulate}).backward()`,
            `    if i % ${accumulate} == 0 or i == len(train):`,
            ...step.map((line) => `        ${line}`),
            "        optimizer.zero_grad()",
          ];
    return indented(lines.join("\n").replace(/\((loss_of\(model\(x\), y\))\)\.backward/g, "$1.backward"), 2);
  }
}
