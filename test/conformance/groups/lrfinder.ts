import { findLearningRate } from "../../../engine/diagnostics/learningRate/findLearningRate.ts";
import { type RangeCurve, ruleNames, rules } from "../../../engine/diagnostics/learningRate/rules.ts";
import { Subject } from "../../../engine/diagnostics/subject.ts";
import { nn } from "../../../engine/nn/index.ts";
import type { Optimizer } from "../../../engine/optim/index.ts";
import { check } from "../../../engine/params/index.ts";
import { Experiment } from "../../../engine/session/index.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { type Case, type Config, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";
import { dataset, lossOf, weightsOf } from "../subject.ts";
import { parseCall, torchLayer, torchOptimizer } from "../torch.ts";
import { contextOf } from "./e2e.ts";

/** Range tests from recorded weights, by `findLearningRate` itself; and its rules on given curves. */
export const lrFinderGroup: Runner = async (c, bench) => {
  if (c.op === "lr_suggestion") return suggestions(c);
  if (c.op === "lr_range_test") return await rangeTest(c, bench);
  throw new Unsupported(`op ${c.op}`);
};

function suggestions({ inputs, config }: Case): Given {
  const [lr, loss] = [inputs.lr, inputs.loss] as [Numbers, Numbers];
  return named(suggested({ lr: [...lr.data], loss: [...loss.data] }, config.trim));
}

/** What the rules say of the part "[10:-5]" of a curve. */
function suggested(curve: RangeCurve, trim: string | undefined): Record<string, number | null> {
  const [, from = "0", to = ""] = /\[(-?\d*):(-?\d*)\]/.exec(trim ?? "") ?? [];
  const cut = (values: readonly number[]) => values.slice(Number(from), to === "" ? undefined : Number(to));
  const part = { lr: cut(curve.lr), loss: cut(curve.loss) };
  return Object.fromEntries(ruleNames.map((name) => [name, rules[name](part)]));
}

const named = (found: Readonly<Record<string, number | null>>): Given =>
  Object.fromEntries(Object.entries(found).map(([name, rate]) => [`suggest.${name}`, [rate ?? Number.NaN]]));

async function rangeTest(c: Case, bench: Bench): Promise<Given> {
  const { config } = c;
  const experiment = await trained(c, bench);
  const weights = weightsOf(c, experiment, "param");
  const subject = new (class extends Subject {
    override weights = () => weights;
  })(experiment, null);
  const steps = (config.num_it ?? config.steps) as number;
  const options = check(
    findLearningRate.params,
    {
      startLr: config.start_lr,
      endLr: config.end_lr,
      steps,
      mode: /\^|\*\*|exp/.test(config.schedule ?? "^") ? "exponential" : "linear",
      smoothing: Number(config.smoothing ?? config.beta ?? 0.98),
      stopFactor: Number(/> *([\d.]+) *\*/.exec(config.stop ?? "")?.[1] ?? Number.MAX_VALUE),
    },
    "findLearningRate",
  );
  const found = await findLearningRate.measure(subject, options, contextOf(bench));
  const { lr, loss, smoothed } = found;
  // where nothing is recommended the rules, which as in fastai always give a rate, are asked by themselves
  const usual =
    found.suggestion !== null &&
    (config.trim === undefined || String(config.trim).includes(`[${Math.floor(steps / 10)}:-5]`));
  return {
    lr,
    loss,
    smoothed,
    recorded: [loss.length],
    ...named(usual ? found.suggestions : suggested({ lr, loss: smoothed }, config.trim)),
  };
}

/** The experiment of a case: "digits x/16, batches of 64 in order", trained on its training rows where it has such. */
async function trained({ config }: Case, bench: Bench): Promise<Experiment> {
  const [, what = "", size, whole] =
    /^(.+?),? *(?:batches of (\d+)|(full batch|all rows every step))/.exec(config.dataset) ?? [];
  if (size === undefined && whole === undefined) throw new Unsupported(`data ${config.dataset}`);
  let train = await dataset(
    /^digits\b/.test(what) && !/rows|examples/.test(what) ? `${what}, all training rows` : what,
    config.input_shape,
    bench,
  );
  const divisor = /^y\/(\d+)$/.exec(config.target ?? "y/1")?.[1];
  if (divisor === undefined) throw new Unsupported(`target ${config.target}`);
  if (train.task === "regression") {
    const scaled = Float32Array.from(train.y.data, (v) => v / Number(divisor));
    train = train.with({ y: new HostTensor(train.y.shape, "f32", scaled) });
  }
  const layers = (config.layers as string[]).map((name) => [name, torchLayer(parseCall(config.architecture[name]))]);
  return new Experiment({
    data: train,
    model: nn.sequential(Object.fromEntries(layers)),
    loss: lossOf(config.loss, train),
    optimizer: optimizerOf(config.optimizer),
    batchSize: Number(size ?? train.size),
    shuffle: false,
    dropLast: true,
    clip: config.clip_grad_norm ? { norm: config.clip_grad_norm } : null,
  });
}

/** "SGD momentum 0.9 nesterov", "AdamW weight_decay=0.01" or "SGD(momentum=0.9)". */
function optimizerOf(text: string): Optimizer {
  const { name, named: options } = parseCall(/^\w+\(/.test(text) ? text : asCall(text));
  const { lr: _, ...others } = options as Config;
  return torchOptimizer(name, others, []);
}

const OPTION = /([a-z_]\w*)\s*=?\s*(\([^)]*\)|\[[^\]]*\]|True|False|-?[\d.]+(?:e-?\d+)?)?/gi;

function asCall(text: string): string {
  const [, name = text, rest = ""] = /^(\w+)\s*([\s\S]*)$/.exec(text) ?? [];
  const options = [...rest.matchAll(OPTION)].map(([, key, value = "True"]) => `${key}=${value}`);
  return `${name}(${options.join(", ")})`;
}
