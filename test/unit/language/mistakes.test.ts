import { describe, expect, test } from "vitest";
import { Analyst } from "../../../engine/language/index.ts";
import { analyzed } from "./analyzed.ts";

const load = `const digits = await data.csv("data/digits.csv", { target: "y" });
const flat = digits.split({ valid: 0.1, test: 0.2, seed: 7 });
const images = digits.reshape([1, 8, 8]).split({ valid: 0.1, seed: 7 });
const diabetes = (await data.csv("data/diabetes.csv", { target: "y", task: "regression" })).split({ valid: 0.1, seed: 1 });
const rest = { loss: loss.crossEntropy(), optimizer: optim.adam(), batchSize: 64 };
const exp = experiment({ data: flat, model: nn.linear(10), metrics: [metrics.accuracy()], ...rest });
const run = await exp.fit({ epochs: 2 });`;

const of = (model: string, set = "flat", more = "") => `experiment({ data: ${set}, model: ${model}, ...rest${more} });`;

interface Mistake {
  /** «What is underlined» stands between marks. */
  readonly text: string;
  readonly code: string;
  readonly message: RegExp;
  /** What the cell is after its first fix, where it has one. */
  readonly mended?: string;
  readonly severity?: "warning";
}

const analyst = new Analyst();

const mistakes: readonly Mistake[] = [
  // ranges
  { text: "nn.linear(«-1»)", code: "range", message: /outFeatures = -1 is outside \[1, inf\)/, mended: "nn.linear(1)" },
  { text: "nn.linear(«0»)", code: "range", message: /outFeatures = 0/, mended: "nn.linear(1)" },
  { text: "nn.dropout(«30»)", code: "range", message: /p = 30 is outside \[0, 1\]/, mended: "nn.dropout(0.3)" },
  { text: "nn.dropout({ p: «1.5» })", code: "range", message: /p = 1.5/, mended: "nn.dropout({ p: 1 })" },
  { text: "optim.adam({ lr: «-0.01» })", code: "range", message: /lr = -0.01/, mended: "optim.adam({ lr: 0.01 })" },
  {
    text: "optim.adam({ betas: [0.9, «1»] })",
    code: "range",
    message: /betas\[1\] = 1 is outside/,
    mended: "optim.adam({ betas: [0.9, 0.999] })",
  },
  {
    text: "const bad = { momentum: «-0.9» };\noptim.sgd({ lr: 0.1, ...bad })",
    code: "range",
    message: /momentum = -0.9/,
    mended: "const bad = { momentum: 0.9 };\noptim.sgd({ lr: 0.1, ...bad })",
  },
  { text: "schedule.oneCycle({ maxLr: «0» })", code: "range", message: /maxLr = 0 is outside \(0, inf\)/ },
  { text: "nn.conv2d(4, { kernelSize: «0» })", code: "range", message: /kernelSize = 0/ },
  { text: "nn.conv2d(4, { kernelSize: [3, «-3»] })", code: "range", message: /kernelSize\[1\] = -3/ },
  { text: "data.moons({ n: «0» })", code: "range", message: /n = 0/ },
  { text: "augment.randomCrop(«0»)", code: "range", message: /size/ },
  { text: "digits.split({ valid: «1.5» })", code: "range", message: /neither a fraction nor a whole number/ },
  { text: of("nn.linear(10)", "flat", ", seed: «-1»"), code: "range", message: /seed = -1/ },
  {
    text: of("nn.linear(10)", "flat", ", batchSize: «5000»"),
    code: "range",
    message: /larger than the 1258 training examples/,
    mended: of("nn.linear(10)", "flat", ", batchSize: 1258"),
  },
  { text: of("nn.linear(10)", "flat", ", clip: { norm: «-1» }"), code: "range", message: /clip: norm = -1/ },
  { text: "exp.fit({ epochs: «0» })", code: "range", message: /epochs = 0/, mended: "exp.fit({ epochs: 1 })" },
  { text: "exp.fit({ earlyStopping: { patience: «0» } })", code: "range", message: /patience = 0/ },
  { text: "exp.inspect.initialization({ examples: «1» })", code: "range", message: /examples = 1/ },
  { text: "run.inspect.mistakes({ count: «0» })", code: "range", message: /count = 0/ },
  // options and names
  {
    text: "optim.adam({ «lrr»: 0.1 })",
    code: "option",
    message: /did you mean "lr"/,
    mended: "optim.adam({ lr: 0.1 })",
  },
  { text: "exp.fit({ «epoch»: 3 })", code: "option", message: /epochs/, mended: "exp.fit({ epochs: 3 })" },
  { text: "exp.findLearningRate({ «stepz»: 10 })", code: "option", message: /steps/ },
  { text: "nn.«dropot»(0.3)", code: "name", message: /did you mean "dropout"/, mended: "nn.dropout(0.3)" },
  { text: "loss.«crossentropy»()", code: "name", message: /crossEntropy/, mended: "loss.crossEntropy()" },
  { text: "init.«kaimingNorml»()", code: "name", message: /kaimingNormal/, mended: "init.kaimingNormal()" },
  // kinds and what is missing
  { text: 'nn.linear(«"10"»)', code: "type", message: /must be a whole number/ },
  { text: "optim.adam({ betas: «[0.9]» })", code: "type", message: /takes 2 numbers, not 1/ },
  {
    text: "«nn.conv2d({ kernelSize: 3 })»",
    code: "missing",
    message: /outChannels is missing/,
    mended: "nn.conv2d({ kernelSize: 3, outChannels: 16 })",
  },
  {
    text: "«schedule.oneCycle()»",
    code: "missing",
    message: /maxLr is missing/,
    mended: "schedule.oneCycle({ maxLr: 0.01 })",
  },
  {
    text: "«experiment»({\n  data: flat, model: nn.linear(10), loss: loss.crossEntropy() })",
    code: "missing",
    message: /optimizer is missing/,
    mended:
      "experiment({\n  data: flat, model: nn.linear(10), loss: loss.crossEntropy(), optimizer: optim.adam({ lr: 1e-3 }) })",
  },
  {
    text: "nn.sequential(nn.linear(3), «nn.relu»)",
    code: "type",
    message: /call it/,
    mended: "nn.sequential(nn.linear(3), nn.relu())",
  },
  // choices
  {
    text: 'loss.crossEntropy({ reduction: «"meen"» })',
    code: "choice",
    message: /is not one of/,
    mended: 'loss.crossEntropy({ reduction: "mean" })',
  },
  {
    text: 'exp.fit({ epochs: 9, earlyStopping: { monitor: «"acuracy"» } })',
    code: "choice",
    message: /no monitor "acuracy"/,
    mended: 'exp.fit({ epochs: 9, earlyStopping: { monitor: "accuracy" } })',
  },
  {
    text: 'exp.fit({ epochs: 9, schedule: schedule.plateau({ monitor: «"los"» }) })',
    code: "choice",
    message: /no monitor "los"/,
    mended: 'exp.fit({ epochs: 9, schedule: schedule.plateau({ monitor: "loss" }) })',
  },
  {
    text: 'toy.surface(«"bealle"»)',
    code: "choice",
    message: /no surface "bealle"/,
    mended: 'toy.surface("beale")',
  },
  // what does not go together
  { text: "exp.fit({ epochs: 3, steps: «10» })", code: "conflict", message: /both given/ },
  { text: "«optim.sgd({ lr: 1, nesterov: true })»", code: "conflict", message: /nesterov takes momentum/ },
  {
    text: of("nn.linear(10)", "flat", ", loss: «loss.mse()»"),
    code: "conflict",
    message: /mse compares values/,
    mended: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy()"),
  },
  {
    text: "experiment({ data: diabetes, model: nn.linear(1), optimizer: optim.adam(), loss: «loss.crossEntropy()» })",
    code: "conflict",
    message: /takes classes and diabetes.csv has values/,
    mended: "experiment({ data: diabetes, model: nn.linear(1), optimizer: optim.adam(), loss: loss.mse() })",
  },
  { text: of("«nn.relu()»"), code: "conflict", message: /no parameters to train/ },
  {
    text: of("nn.linear(10)", "flat", ", augment: [augment.mixup()], loss: «loss.multiMargin()»"),
    code: "conflict",
    message: /mixup mixes targets/,
  },
  // shapes
  {
    text: of("nn.sequential(«nn.conv2d(8, { kernelSize: 3 })», nn.flatten(), nn.linear(10))"),
    code: "shape",
    message: /takes images/,
  },
  {
    text: of("nn.sequential(nn.conv2d(8, { kernelSize: 3 }), «nn.linear(10)»)", "images"),
    code: "shape",
    message: /put nn.flatten\(\) before it/,
    mended: of("nn.sequential(nn.conv2d(8, { kernelSize: 3 }), nn.flatten(), nn.linear(10))", "images"),
  },
  {
    text: of("nn.sequential(nn.linear(8), nn.relu(), nn.linear(«9»))"),
    code: "shape",
    message: /9 outputs for 10 classes/,
    mended: of("nn.sequential(nn.linear(8), nn.relu(), nn.linear(10))"),
  },
  {
    text: of("nn.sequential(nn.linear(8), nn.relu(), nn.linear(«12»))"),
    code: "shape",
    severity: "warning",
    message: /12 outputs for 10 classes/,
    mended: of("nn.sequential(nn.linear(8), nn.relu(), nn.linear(10))"),
  },
  {
    text: of("nn.sequential(«nn.maxPool2d(9)», nn.flatten(), nn.linear(10))", "images"),
    code: "shape",
    message: /window spans 9/,
  },
  {
    text: of("nn.sequential(«nn.residual(nn.linear(5))», nn.linear(10))"),
    code: "shape",
    message: /inner makes \[64, 5\]/,
  },
  {
    text: `const block = (n: number) => [«nn.unflatten({ dim: 1, unflattenedSize: [n, n] })», nn.flatten()];\n${of("nn.sequential(...block(7), nn.linear(10))")}`,
    code: "shape",
    message: /unflatten/,
  },
  {
    text: of("nn.module({ fc: nn.linear(10) }, ({ fc }, x) => «fc(x).matmul(x)»)"),
    code: "shape",
    message: /inner sizes differ/,
  },
  { text: "«tensor([[1, 2]]).matmul(tensor([[1, 2]]))»", code: "shape", message: /inner sizes differ/ },
  // schedules and the run
  {
    text: 'exp.fit({ epochs: 10, schedule: schedule.multiStep({ milestones: [5, «30»], per: "epoch" }) })',
    code: "range",
    severity: "warning",
    message: /past the run, which has 10 epochs/,
    mended: 'exp.fit({ epochs: 10, schedule: schedule.multiStep({ milestones: [5, 10], per: "epoch" }) })',
  },
  {
    text: "exp.fit({ steps: 50, schedule: schedule.oneCycle({ maxLr: 1, totalSteps: «500» }) })",
    code: "range",
    severity: "warning",
    message: /past the run, which has 50 steps/,
    mended: "exp.fit({ steps: 50, schedule: schedule.oneCycle({ maxLr: 1, totalSteps: 50 }) })",
  },
  {
    text: "exp.fit({ epochs: 5, schedule: «schedule.lambda((t) => 1 - t)» })",
    code: "conflict",
    message: /lr = -.* is outside/,
  },
  // data
  {
    text: 'await data.csv(«"data/digit.csv"», { target: "y" })',
    code: "data",
    message: /no file/,
    mended: 'await data.csv("data/digits.csv", { target: "y" })',
  },
  {
    text: 'await data.csv("data/penguins.csv", { target: «"specie"» })',
    code: "data",
    message: /no column "specie"/,
    mended: 'await data.csv("data/penguins.csv", { target: "species" })',
  },
  { text: "«digits.reshape([1, 8, 9])»", code: "data", message: /do not fill/ },
];

describe("a mistake is marked where it is", () => {
  test.each(mistakes)("$text", async ({ text, code, message, mended, severity = "error" }) => {
    const start = text.indexOf("«");
    const end = text.indexOf("»") - 1;
    const cell = text.replace(/[«»]/g, "");
    const [before, after] = await analyzed([load, cell], analyst);
    expect(before?.problems).toEqual([]);
    expect(after?.problems).toEqual([expect.objectContaining({ start, end, code, severity })]);
    const [problem] = after?.problems ?? [];
    expect(problem?.message).toMatch(message);
    if (mended === undefined) return;
    const [edit] = problem?.fixes[0]?.edits ?? [];
    expect(edit?.cell).toBe("c1");
    const fixed = `${cell.slice(0, edit?.start)}${edit?.text}${cell.slice(edit?.end)}`;
    expect(fixed).toBe(mended);
    const [, then] = await analyzed([load, fixed], analyst);
    expect(then?.problems.filter((one) => one.message === problem?.message)).toEqual([]);
  });
});

test("a mistake of a value from another cell is marked and mended there", async () => {
  const [first, second] = await analyzed(["const slow = { lr: -1 };", "const optimizer = optim.sgd(slow);"], analyst);
  expect(first?.problems).toEqual([expect.objectContaining({ start: 19, end: 21, code: "range" })]);
  expect(second?.problems).toEqual([]);
});

test("a name that holds the number is marked in the call, and the number is not touched", async () => {
  const [cell] = await analyzed(["const lr = -1;\nconst optimizer = optim.sgd({ lr });"], analyst);
  expect(cell?.problems).toEqual([expect.objectContaining({ start: 45, end: 47, code: "range", fixes: [] })]);
});

test("names that are imported from the library are the library's", async () => {
  const [cell] = await analyzed(['import { nn as layers } from "dlnb";\nlayers.linear(-1);'], analyst);
  expect(cell?.problems).toEqual([expect.objectContaining({ start: 51, end: 53, code: "range" })]);
});

test("the layers before one that does not fit have their hints", async () => {
  const model = of("nn.sequential(nn.linear(7), nn.conv2d(3, { kernelSize: 3 }), nn.linear(10))");
  const [, cell] = await analyzed([load, model], analyst);
  expect(cell?.hints.map(({ text }) => text)).toEqual(["→ 7 · 455"]);
});
