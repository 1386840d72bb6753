import type { TorchAugmentation } from "./augmentation.ts";
import { classes } from "./layers.ts";
import type { TorchLoss } from "./losses.ts";
import type { TorchMetric } from "./metrics.ts";
import type { TorchModel } from "./model.ts";
import type { TorchOptimizer } from "./optimizers.ts";
import { indented, python } from "./python.ts";
import type { TorchSchedule } from "./schedules.ts";

/** What a training script needs to know of an experiment. */
export interface ScriptParts {
  readonly title: string;
  readonly version: string;
  /** The file with arrays that lies beside the script. */
  readonly arrays: string;
  readonly model: TorchModel;
  /** Parameters that are others, by name. */
  readonly ties: Readonly<Record<string, string>>;
  readonly initial: string;
  /** Names of large tables of numbers in the file. */
  readonly tables: readonly string[];
  readonly loss: TorchLoss;
  /** The loss of mixed targets, where it is another function. */
  readonly mixedLoss: TorchLoss | null;
  readonly metrics: readonly TorchMetric[];
  readonly optimizer: TorchOptimizer;
  readonly grouped: boolean;
  readonly frozen: readonly string[];
  /** `rates`: by tables of the file, a column for each group; `momentum`: the number that moves with them. */
  readonly schedule:
    | TorchSchedule
    | { readonly rates: string; readonly groups: number; readonly momentum: string | null }
    | null;
  readonly penalty: string | null;
  readonly limits: readonly string[];
  readonly augmentation: TorchAugmentation;
  readonly average: {
    readonly text: string;
    readonly start: number;
    readonly every: number;
    readonly per: "step" | "epoch";
  } | null;
  readonly stopping: {
    readonly monitor: string;
    readonly higher: boolean;
    readonly patience: number;
    readonly minDelta: number;
    readonly restoreBest: boolean;
  } | null;
  readonly clip: {
    readonly norm?: number | undefined;
    readonly normType?: number | "inf";
    readonly value?: number | undefined;
  };
  readonly epochs: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly sets: readonly ("train" | "valid" | "test")[];
  /** Whether batch norm or the like keeps statistics. */
  readonly running: boolean;
  /** What the script leaves out, in words. */
  readonly left: readonly string[];
}

/** A script that trains the model in PyTorch from the same first weights on the same, prepared examples. */
export function torchScript(parts: ScriptParts): string {
  const { model, schedule, sets, optimizer, loss, augmentation, metrics, average } = parts;
  const names = parts.grouped || parts.frozen.length > 0 || parts.penalty !== null || parts.limits.length > 0;
  const watched = sets.includes("valid") ? "valid" : "train";
  const section = (title: string) => `# ${"-".repeat(8)} ${title} ${"-".repeat(Math.max(4, 68 - title.length))}`;
  const helpers = [...new Set(metrics.flatMap(({ helper }) => helper ?? []))];
  const functions = [
    loss.text,
    ...(parts.mixedLoss ? [parts.mixedLoss.text.replace("def loss_of", "def loss_of_mixed")] : []),
    ...(parts.penalty === null
      ? []
      : [`def penalty():\n    """What regularization adds to the loss in training."""\n${indented(parts.penalty)}`]),
    ...(parts.limits.length === 0
      ? []
      : [
          `@torch.no_grad()\ndef keep_limits():\n    """Brings weights back within their limits after an update."""\n${indented(parts.limits.join("\n"))}`,
        ]),
    ...helpers,
    ...metrics.map(({ text }) => text),
  ];
  const body = [
    [
      `SEED = ${parts.seed}`,
      `EPOCHS = ${parts.epochs}`,
      `BATCH_SIZE = ${parts.batchSize}`,
      ...(parts.accumulate === 1
        ? []
        : [`ACCUMULATE = ${parts.accumulate}  # batches whose gradients make one update`]),
      "",
      "torch.manual_seed(SEED)",
      'device = torch.device("cuda" if torch.cuda.is_available() else "cpu")',
      `arrays = np.load(Path(__file__).with_name(${python(parts.arrays)}))`,
      ...parts.tables.map((name) => `${name.replace(".", "_")} = torch.from_numpy(arrays[${python(name)}]).to(device)`),
    ].join("\n"),
    `${section("data")}`,
    `def loader(part, **options):
    examples = TensorDataset(torch.from_numpy(arrays[f"x_{part}"]), torch.from_numpy(arrays[f"y_{part}"]))
    return DataLoader(examples, **options)`,
    sets
      .map((set) => {
        const size = `batch_size=BATCH_SIZE${parts.accumulate > 1 && set === "train" ? " * ACCUMULATE" : ""}`;
        const more =
          set === "train" ? `${parts.shuffle ? ", shuffle=True" : ""}${parts.dropLast ? ", drop_last=True" : ""}` : "";
        return `${set} = loader("${set}", ${size}${more})`;
      })
      .join("\n"),
    ...[augmentation.prepare, augmentation.augment, augmentation.mixed].filter((text) => text !== null),
    section("model"),
    ...model.classes.map((name) => classes[name] as string),
    ...model.written,
    [
      `model = ${model.expression}`,
      ...Object.entries(parts.ties).map(([name, of]) => tied(name, of)),
      ...(names ? ["named = dict(model.named_parameters())"] : []),
    ].join("\n"),
    parts.initial,
    [
      "# the weights that dlnb begins with; draw_weights() in place of these lines draws others",
      'weights = {name[5:]: torch.from_numpy(arrays[name]) for name in arrays.files if name.startswith("init.")}',
      `model.load_state_dict(weights${Object.keys(parts.ties).length > 0 ? ", strict=False" : ""})`,
      "model.to(device)",
      ...parts.frozen.map((name) => `named[${python(name)}].requires_grad_(False)`),
    ].join("\n"),
    section(metrics.length > 0 ? "loss and metrics" : "loss"),
    ...(loss.criterion === null ? [] : [loss.criterion]),
    ...functions,
    section(schedule === null ? "optimizer" : "optimizer and schedule"),
    ...(optimizer.written === null ? [] : [optimizer.written]),
    [`optimizer = ${optimizer.call}`, ...schedulerLines(schedule)].join("\n"),
    ...(average === null ? [] : [averageLines(average)]),
    section("training"),
    evaluation(parts),
    training(parts),
    `def report(title, figures):
    print(title.ljust(12), "  ".join(f"{name} {value:.4f}" for name, value in figures.items()), flush=True)`,
    main(parts, watched),
    `if __name__ == "__main__":
    main()`,
  ];
  const code = spaced(body);
  const imports = [
    ...(/\bcopy\.deepcopy/.test(code) ? ["import copy"] : []),
    ...(/\bmath\./.test(code) ? ["import math"] : []),
    ...(code.includes("OrderedDict") ? ["from collections import OrderedDict"] : []),
    "from pathlib import Path",
    "",
    "import numpy as np",
    "import torch",
    ...(/\bF\./.test(code) ? ["import torch.nn.functional as F"] : []),
    "from torch import nn",
    ...(code.includes("parameters_to_vector")
      ? ["from torch.nn.utils import parameters_to_vector, vector_to_parameters"]
      : []),
    ...(code.includes("_strong_wolfe(") ? ["from torch.optim.lbfgs import _strong_wolfe"] : []),
    ...(average === null
      ? []
      : [`from torch.optim.swa_utils import AveragedModel${parts.running ? ", update_bn" : ""}`]),
    "from torch.utils.data import DataLoader, TensorDataset",
  ].join("\n");
  const notes = parts.left.map((what) => `Left out: ${what}.`);
  const generated = [...new Set(model.generated)].filter((type) => type !== "module");
  const differs = [
    "The order of the examples and all noise (dropout, augmentation) are torch's own, so figures agree up to chance.",
    ...(generated.length === 0
      ? []
      : [`Written from dlnb's definitions, since torch.nn has no such layers: ${generated.join(", ")}.`]),
  ];
  const doc = `"""${parts.title}: an experiment of dlnb${parts.version === "" ? "" : ` ${parts.version}`}, in PyTorch.

${parts.arrays} beside this file holds the prepared examples and the weights at the start.
${[...differs, ...notes].join("\n")}
"""`;
  return `${doc}\n${imports}\n\n${code}\n`;
}

/** Blocks with two empty lines before and after what is defined, one between others. */
function spaced(blocks: readonly string[]): string {
  const defines = (block: string) => /^(def|class|@)/.test(block);
  return blocks
    .map((block, i) => {
      const before = blocks[i - 1];
      if (before === undefined) return block;
      const apart = block.startsWith("# --") || defines(block) || defines(before);
      return `${before.startsWith("# --") ? (defines(block) ? "\n\n\n" : "\n\n") : apart ? "\n\n\n" : "\n\n"}${block}`;
    })
    .join("");
}

/** A parameter that is another. */
function tied(name: string, of: string): string {
  const at = (path: string) => path.lastIndexOf(".");
  const parent = `model.get_submodule(${python(name.slice(0, at(name)))})`;
  return `${parent}.${name.slice(at(name) + 1)} = model.get_parameter(${python(of)})`;
}

function schedulerLines(schedule: ScriptParts["schedule"]): string[] {
  if (schedule === null) return [];
  if ("call" in schedule) return [`scheduler = ${schedule.call}`];
  const share = (column: string) => `lambda step: float(shares[min(step, len(shares) - 1)${column}])`;
  const lambdas =
    schedule.groups === 1
      ? share("")
      : `[${Array.from({ length: schedule.groups }, (_, i) => share(`, ${i}`)).join(", ")}]`;
  return [
    `# ${schedule.rates}: the rate of every step as a share of the optimizer's own${schedule.groups > 1 ? ", a column for each group" : ""}`,
    'shares = arrays["schedule.shares"]',
    `scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, ${lambdas})`,
    ...(schedule.momentum === null ? [] : ['momenta = arrays["schedule.momenta"]  # moves with the rate']),
  ];
}

function averageLines({ text }: NonNullable<ScriptParts["average"]>): string {
  return `averaged = AveragedModel(model${text})`;
}

function evaluation({ metrics, augmentation }: ScriptParts): string {
  const prepared = augmentation.prepare === null ? "x.to(device)" : "prepare(x.to(device))";
  const figures = [
    '"loss": loss_of(output, target)',
    ...metrics.map(({ name, call }) => `${python(name)}: ${call}(output, target)`),
  ];
  const line = `figures = {${figures.join(", ")}}`;
  const written =
    line.length <= 84 ? line : `figures = {\n${indented(figures.map((figure) => `${figure},`).join("\n"))}\n}`;
  return `@torch.no_grad()
def evaluate(network, examples):
    """Loss${metrics.length > 0 ? " and metrics" : ""} over a whole set, as of one batch."""
    network.eval()
    pairs = [(network(${prepared}), y.to(device)) for x, y in examples]
    output, target = (torch.cat(parts) for parts in zip(*pairs))
${indented(written)}
    return {name: float(value) for name, value in figures.items()}`;
}

/** One epoch. */
function training(parts: ScriptParts): string {
  const { augmentation, schedule, clip, optimizer, accumulate, average } = parts;
  const mixes = augmentation.mixed !== null;
  const lossOf = parts.mixedLoss ? "loss_of_mixed" : "loss_of";
  const forward = (x: string, y: string) => [
    ...(augmentation.augment === null ? [] : [mixes ? `${x}, share = augment(${x})` : `${x} = augment(${x})`]),
    `loss = ${mixes ? `${lossOf}(model(${x}), mixed(${y}, share))` : `loss_of(model(${x}), ${y})`}`,
  ];
  const penalized = (loss: string) =>
    parts.penalty === null ? `${loss}.backward()` : `(${loss} + penalty()).backward()`;
  const after = [
    ...(clip.norm === undefined
      ? []
      : [
          `nn.utils.clip_grad_norm_(model.parameters(), ${clip.norm}${clip.normType === undefined || clip.normType === 2 ? "" : `, norm_type=${python(clip.normType === "inf" ? Infinity : clip.normType)}`})`,
        ]),
    ...(clip.value === undefined ? [] : [`nn.utils.clip_grad_value_(model.parameters(), ${clip.value})`]),
    ...(schedule !== null && "momentum" in schedule && schedule.momentum !== null
      ? momentumLines(schedule.momentum)
      : []),
    "optimizer.step()",
    ...(parts.limits.length > 0 ? ["keep_limits()"] : []),
    ...(schedule !== null && ("rates" in schedule || (schedule.per === "step" && schedule.monitor === undefined))
      ? ["scheduler.step()"]
      : []),
    ...(average?.per === "step" ? stepAverage(average) : []),
  ];
  const whole =
    accumulate === 1
      ? ["optimizer.zero_grad()", ...forward("x", "y"), penalized("loss"), ...after, "total += loss.item() * len(x)"]
      : [
          "optimizer.zero_grad()",
          "for part_x, part_y in zip(x.split(BATCH_SIZE), y.split(BATCH_SIZE)):",
          ...indented(
            [
              ...forward("part_x", "part_y"),
              "loss = loss * (len(part_x) / len(x))  # the mean over all of them",
              "loss.backward()",
              "total += loss.item() * len(x)",
            ].join("\n"),
          ).split("\n"),
          ...(parts.penalty === null ? [] : ["penalty().backward()"]),
          ...after,
        ];
  const counts = countsSteps(parts);
  if (optimizer.takes) {
    const objective = parts.penalty === null ? "loss" : "loss + penalty()";
    const closure = [
      "def closure():",
      ...indented(
        [
          ...(optimizer.takes === "gradient" ? ["optimizer.zero_grad()"] : []),
          ...forward("x", "y"),
          ...(optimizer.takes === "gradient" ? [penalized("loss")] : []),
          `return ${objective}`,
        ].join("\n"),
      ).split("\n"),
    ];
    return `def train_epoch():
    """One step over the whole training part, as methods that search along lines want it."""
    model.train()
    x, y = (torch.cat(parts).to(device) for parts in zip(*train))

${indented(closure.join("\n"))}

    return optimizer.step(closure).item()`;
  }
  return `def train_epoch(${counts ? "step" : ""}):
    """One pass over the training part; gives the mean loss of its batches${counts ? " and the steps done" : ""}."""
    model.train()
    total, count = 0.0, 0
    for x, y in train:
        x, y = x.to(device), y.to(device)
${indented(whole.join("\n"), 2)}
        count += len(x)
${counts ? "        step += 1\n" : ""}    return total / count${counts ? ", step" : ""}`;
}

/** Whether what a step does depends on its number. */
const countsSteps = ({ average, schedule }: ScriptParts): boolean =>
  (average?.per === "step" && stepAverage(average).length > 1) ||
  (schedule !== null && "momentum" in schedule && schedule.momentum !== null);

/** A schedule that moves momentum too. */
const momentumLines = (name: string): string[] => [
  "for group in optimizer.param_groups:",
  name === "betas"
    ? '    group["betas"] = (float(momenta[step]), group["betas"][1])'
    : `    group["${name}"] = float(momenta[step])`,
];

function stepAverage({ start, every }: NonNullable<ScriptParts["average"]>): string[] {
  const first = start === 0 ? every : start;
  const takes =
    every === 1
      ? first <= 1
        ? null
        : `step + 1 >= ${first}`
      : `step + 1 >= ${first} and (step + 1 - ${first}) % ${every} == 0`;
  return takes === null
    ? ["averaged.update_parameters(model)"]
    : [`if ${takes}:`, "    averaged.update_parameters(model)"];
}

function main(parts: ScriptParts, watched: string): string {
  const { schedule, average, stopping, sets } = parts;
  const counts = countsSteps(parts);
  const monitor = schedule !== null && "call" in schedule ? schedule.monitor : undefined;
  const trainFigures = monitor?.training && monitor.name !== "loss";
  const lines = [
    ...(counts ? ["step = 0"] : []),
    ...(stopping ? [`best, waited, kept = ${stopping.higher ? "-" : ""}float("inf"), 0, None`] : []),
    `report("start", evaluate(model, ${watched}))`,
    "for epoch in range(1, EPOCHS + 1):",
    counts ? "    train_loss, step = train_epoch(step)" : "    train_loss = train_epoch()",
    ...(schedule !== null && "call" in schedule && schedule.per === "epoch" && !monitor
      ? ["    scheduler.step()"]
      : []),
    ...(average?.per === "epoch" ? epochAverage(average) : []),
    `    figures = evaluate(model, ${watched})`,
    `    shown = {f"${watched} {name}": value for name, value in figures.items()}`,
    '    report(f"epoch {epoch}/{EPOCHS}", {"train loss": train_loss, **shown})',
    ...(monitor
      ? [
          `    scheduler.step(${monitor.training ? (trainFigures ? `evaluate(model, train)[${python(monitor.name)}]` : "train_loss") : `figures[${python(monitor.name)}]`})`,
        ]
      : []),
    ...(stopping ? stoppingLines(stopping) : []),
    ...(stopping?.restoreBest ? ["if kept is not None:", "    model.load_state_dict(kept)"] : []),
    ...(sets.includes("test") ? ['report("test", evaluate(model, test))'] : []),
    ...(average
      ? [
          ...(parts.running ? ["update_bn(train, averaged, device=device)  # running statistics do not average"] : []),
          `report("averaged", evaluate(averaged, ${sets.includes("test") ? "test" : watched}))`,
        ]
      : []),
  ];
  return `def main():\n${indented(lines.join("\n"))}`;
}

function stoppingLines({ monitor, higher, patience, minDelta }: NonNullable<ScriptParts["stopping"]>): string[] {
  const figure = `figures[${python(monitor)}]`;
  const bound = minDelta === 0 ? "best" : `best ${higher ? "+" : "-"} ${minDelta}`;
  return [
    `    if ${figure} ${higher ? ">" : "<"} ${bound}:`,
    `        best, waited, kept = ${figure}, 0, copy.deepcopy(model.state_dict())`,
    "    else:",
    "        waited += 1",
    `    if waited >= ${patience}:`,
    `        print("stopped early: no better ${monitor} in ${patience} epoch${patience === 1 ? "" : "s"}")`,
    "        break",
  ];
}

function epochAverage({ start, every }: NonNullable<ScriptParts["average"]>): string[] {
  const first = start === 0 ? every : start;
  const takes =
    every === 1
      ? first <= 1
        ? null
        : `epoch >= ${first}`
      : `epoch >= ${first} and (epoch - ${first}) % ${every} == 0`;
  return takes === null
    ? ["    averaged.update_parameters(model)"]
    : [`    if ${takes}:`, "        averaged.update_parameters(model)"];
}
