// Mistakes of shape, range and kind, one a row: where each is marked, in which words, and what mends it. What runs them says the same.

/** A cell that makes what mistakes are made with. */
export const load = `const digits = await data.csv("data/digits.csv", { target: "y" });
const flat = digits.split({ valid: 0.1, test: 0.2, seed: 7 });
const images = digits.reshape([1, 8, 8]).split({ valid: 0.1, seed: 7 });
const diabetes = (await data.csv("data/diabetes.csv", { target: "y", task: "regression" })).split({ valid: 0.1, seed: 1 });
const rest = { loss: loss.crossEntropy(), optimizer: optim.adam(), batchSize: 64 };
const exp = experiment({ data: flat, model: nn.linear(10), metrics: [metrics.accuracy()], ...rest });
const run = await exp.fit({ epochs: 2 });
const tokens = data.tensors({ x: tensor([[1, 2], [3, 8], [5, 6], [7, 4]], { dtype: "i32" }), y: tensor([0, 1, 0, 1], { dtype: "i32" }) });`;

export const of = (model: string, set = "flat", more = "") =>
  `experiment({ data: ${set}, model: ${model}, ...rest${more} });`;

export interface Mistake {
  /** «What is underlined» stands between marks. */
  readonly text: string;
  readonly code: string;
  readonly message: RegExp;
  /** What the cell is after its first fix, where it has one. */
  readonly mended?: string;
  readonly severity?: "warning";
}

export const mistakes: readonly Mistake[] = [
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
    text: of("nn.sequential(nn.maxPool2d(«9»), nn.flatten(), nn.linear(10))", "images"),
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
  // what is mixed up, left out or named as elsewhere
  { text: "nn.linear(«2.5»)", code: "type", message: /must be a whole number/ },
  { text: "«nn.linear()»", code: "missing", message: /outFeatures is missing/, mended: "nn.linear(10)" },
  { text: 'nn.linear(10, { bias: «"no"» })', code: "type", message: /bias must be an initializer/ },
  {
    text: 'nn.linear(10, { weight: «"kaimingNormal"» })',
    code: "type",
    message: /weight must be an initializer/,
    mended: "nn.linear(10, { weight: init.kaimingNormal() })",
  },
  {
    text: "nn.linear(10, { weight: «init.kaimingNormal» })",
    code: "type",
    message: /not a function/,
    mended: "nn.linear(10, { weight: init.kaimingNormal() })",
  },
  { text: "nn.conv2d(8, «3»)", code: "arguments", message: /write conv2d/, mended: "nn.conv2d(8, { kernelSize: 3 })" },
  {
    text: "nn.conv2d(8, { kernelSize: 3, stride: «0» })",
    code: "range",
    message: /stride = 0/,
    mended: "nn.conv2d(8, { kernelSize: 3, stride: 1 })",
  },
  { text: "nn.conv2d(8, { kernelSize: 3, groups: «3» })", code: "conflict", message: /does not divide into 3 groups/ },
  { text: "nn.lstm(«0»)", code: "range", message: /hiddenSize = 0/, mended: "nn.lstm(1)" },
  {
    text: "nn.gru(8, { «layers»: 2 })",
    code: "option",
    message: /did you mean "numLayers"/,
    mended: "nn.gru(8, { numLayers: 2 })",
  },
  {
    text: "nn.«multiHeadAttention»(4)",
    code: "name",
    message: /multiheadAttention/,
    mended: "nn.multiheadAttention(4)",
  },
  {
    text: "«nn.embedding(10)»",
    code: "missing",
    message: /embeddingDim is missing/,
    mended: "nn.embedding(10, { embeddingDim: 32 })",
  },
  {
    text: "nn.batchNorm({ momentum: «2» })",
    code: "range",
    message: /momentum = 2/,
    mended: "nn.batchNorm({ momentum: 1 })",
  },
  { text: "nn.sequential(nn.linear(3), «4»)", code: "type", message: /not a layer/ },
  {
    text: "nn.mlp({ sizes: [8, «-1»] })",
    code: "range",
    message: /sizes\[1\] = -1/,
    mended: "nn.mlp({ sizes: [8, 1] })",
  },
  {
    text: 'nn.mlp([8, 4], { activation: «"rellu"» })',
    code: "type",
    message: /activation must be a layer/,
    mended: "nn.mlp([8, 4], { activation: nn.relu() })",
  },
  {
    text: 'init.kaimingNormal({ mode: «"fan_in"» })',
    code: "choice",
    message: /did you mean "fanIn"/,
    mended: 'init.kaimingNormal({ mode: "fanIn" })',
  },
  { text: "init.normal({ std: «-1» })", code: "range", message: /std = -1/, mended: "init.normal({ std: 1 })" },
  {
    text: "optim.adam(«0.001»)",
    code: "arguments",
    message: /options are an object/,
    mended: "optim.adam({ lr: 0.001 })",
  },
  {
    text: "optim.sgd({ momentum: «1» })",
    code: "range",
    message: /momentum = 1 is outside/,
    mended: "optim.sgd({ momentum: 0 })",
  },
  {
    text: "optim.lbfgs({ «history»: 5 })",
    code: "option",
    message: /did you mean "historySize"/,
    mended: "optim.lbfgs({ historySize: 5 })",
  },
  { text: "optim.«adamW»({ lr: 1 })", code: "name", message: /did you mean "adamw"/, mended: "optim.adamw({ lr: 1 })" },
  {
    text: 'optim.adam({ lr: «"1e-3"» })',
    code: "type",
    message: /lr must be a number/,
    mended: "optim.adam({ lr: 1e-3 })",
  },
  {
    text: 'schedule.cosine({ per: «"batch"» })',
    code: "choice",
    message: /per = "batch"/,
    mended: 'schedule.cosine({ per: "step" })',
  },
  {
    text: "schedule.plateau({ factor: «2» })",
    code: "range",
    message: /factor = 2/,
    mended: "schedule.plateau({ factor: 0.1 })",
  },
  {
    text: '«schedule.concat»({ schedules: [schedule.linear({ totalIters: 5 }), schedule.cosine({ per: "step" })], milestones: [5] })',
    code: "conflict",
    message: /counts epochs and cosine counts steps/,
  },
  { text: "loss.huber({ delta: «0» })", code: "range", message: /delta = 0/, mended: "loss.huber({ delta: 1 })" },
  { text: "loss.sum({ terms: «[]» })", code: "type", message: /terms must be a list/ },
  {
    text: 'metrics.f1({ average: «"macroo"» })',
    code: "choice",
    message: /did you mean "macro"/,
    mended: 'metrics.f1({ average: "macro" })',
  },
  { text: "augment.rotation(«-5»)", code: "range", message: /degrees = -5/, mended: "augment.rotation(5)" },
  { text: "data.moons(«100»)", code: "arguments", message: /options are an object/, mended: "data.moons({ n: 100 })" },
  { text: "data.moons({ noise: «-1» })", code: "range", message: /noise = -1/, mended: "data.moons({ noise: 1 })" },
  {
    text: "digits.split(«0.2»)",
    code: "arguments",
    message: /write { valid: 0.2 }/,
    mended: "digits.split({ valid: 0.2 })",
  },
  { text: "digits.split({ valid: «5000» })", code: "conflict", message: /leave none of 1797/ },
  {
    text: 'digits.normalize(«"standardise"»)',
    code: "choice",
    message: /is not "standardize"/,
    mended: 'digits.normalize("standardize")',
  },
  { text: '«data.csv("data/digits.csv")»', code: "missing", message: /target is missing/ },
  {
    text: 'await data.csv("data/digits.csv", { target: "y", task: «"clasification"» })',
    code: "choice",
    message: /did you mean "classification"/,
    mended: 'await data.csv("data/digits.csv", { target: "y", task: "classification" })',
  },
  { text: "«tensor([1, 2, 3]).reshape([2, 2])»", code: "shape", message: /do not fill/ },
  { text: "«tensor([1, 2, 3]).sum(4)»", code: "shape", message: /axis 4 is outside/ },
  { text: "exp.fit(«3»)", code: "arguments", message: /write { epochs: 3 }/, mended: "exp.fit({ epochs: 3 })" },
  {
    text: 'exp.fit({ epochs: «"3"» })',
    code: "type",
    message: /epochs must be a whole number/,
    mended: "exp.fit({ epochs: 3 })",
  },
  { text: "exp.fit({ epochs: 3, schedule: «optim.adam()» })", code: "type", message: /schedule must be a schedule/ },
  { text: "exp.replicas({ seeds: «0» })", code: "type", message: /seeds must be/ },
  // in an experiment
  {
    text: of("nn.sequential(nn.conv2d(8, { kernelSize: «11» }), nn.flatten(), nn.linear(10))", "images"),
    code: "shape",
    message: /the kernel spans 11/,
  },
  {
    text: of(
      "nn.sequential(nn.groupNorm(3), nn.flatten(), nn.linear(10))".replace("nn.groupNorm(3)", "«nn.groupNorm(3)»"),
      "images",
    ),
    code: "shape",
    message: /do not divide into 3 groups/,
  },
  {
    text: of(
      "nn.sequential(nn.reshape([8, 8]), nn.transformerEncoderLayer(«3»), nn.flatten(), nn.linear(10))",
      "images",
    ),
    code: "shape",
    message: /numHeads = 3 does not divide/,
    mended: of(
      "nn.sequential(nn.reshape([8, 8]), nn.transformerEncoderLayer(2), nn.flatten(), nn.linear(10))",
      "images",
    ),
  },
  {
    text: of("«[nn.linear(8), nn.linear(10)]»"),
    code: "type",
    message: /model must be a layer/,
    mended: of("nn.sequential(nn.linear(8), nn.linear(10))"),
  },
  {
    text: of("nn.linear(10)", "flat", ", loss: «[loss.crossEntropy(), loss.mse()]»"),
    code: "type",
    message: /loss must be a loss/,
  },
  {
    text: of("nn.linear(10)", "flat", ", loss: «loss.crossEntropy»"),
    code: "type",
    message: /loss must be a loss/,
    mended: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy()"),
  },
  {
    text: of("nn.linear(10)", "flat", ', loss: «"crossEntropy"»'),
    code: "type",
    message: /loss must be a loss/,
    mended: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy()"),
  },
  {
    text: of("nn.linear(10)", "flat", ', optimizer: «"adam"»'),
    code: "type",
    message: /optimizer must be an optimizer/,
    mended: of("nn.linear(10)", "flat", ", optimizer: optim.adam()"),
  },
  {
    text: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy({ weight: «[1, 2]» })"),
    code: "shape",
    message: /weight has 2 numbers for 10 classes/,
  },
  {
    text: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy({ labelSmoothing: «2» })"),
    code: "range",
    message: /labelSmoothing = 2/,
    mended: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy({ labelSmoothing: 1 })"),
  },
  {
    text: of("nn.linear(10)", "flat", ", loss: «loss.bce()»"),
    code: "conflict",
    message: /takes yes or no/,
    mended: of("nn.linear(10)", "flat", ", loss: loss.crossEntropy()"),
  },
  {
    text: of("nn.linear(10)", "flat", ", metrics: «metrics.accuracy()»"),
    code: "type",
    message: /must be a list of metrics/,
    mended: of("nn.linear(10)", "flat", ", metrics: [metrics.accuracy()]"),
  },
  {
    text: of("nn.linear(10)", "flat", ", metrics: [metrics.accuracy(), «metrics.mae()»]"),
    code: "shape",
    message: /mae: output/,
  },
  {
    text: of("nn.linear(10)", "flat", ", metrics: [metrics.topK(«12»)]"),
    code: "range",
    message: /k = 12 is more than the 10 classes/,
    mended: of("nn.linear(10)", "flat", ", metrics: [metrics.topK(10)]"),
  },
  {
    text: of("nn.linear(10)", "flat", ", augment: [«augment.hflip()»]"),
    code: "shape",
    message: /hflip: takes images/,
  },
  {
    text: of(
      "nn.sequential(nn.flatten(), nn.linear(10))",
      "images",
      ", augment: [augment.hflip(), «augment.randomCrop(12)»]",
    ),
    code: "shape",
    message: /larger than the image/,
  },
  { text: of("nn.linear(10)", "flat", ", clip: «1»"), code: "type", message: /clip must be/ },
  {
    text: of("nn.linear(10)", "flat", ", accumulate: «0»"),
    code: "range",
    message: /accumulate = 0/,
    mended: of("nn.linear(10)", "flat", ", accumulate: 1"),
  },
  {
    text: `experiment({ data: flat, «modle»: nn.linear(10), ...rest });`,
    code: "option",
    message: /did you mean "model"/,
    mended: `experiment({ data: flat, model: nn.linear(10), ...rest });`,
  },
  {
    text: `experiment({ data: tokens, model: nn.sequential(nn.embedding(«8», { embeddingDim: 4 }), nn.flatten(), nn.linear(2)), ...rest, batchSize: 2 });`,
    code: "conflict",
    message: /has token 8/,
    mended: `experiment({ data: tokens, model: nn.sequential(nn.embedding(9, { embeddingDim: 4 }), nn.flatten(), nn.linear(2)), ...rest, batchSize: 2 });`,
  },
  {
    text: `experiment({ data: diabetes, model: nn.linear(2), optimizer: optim.adam(), loss: «loss.mse()» });`,
    code: "shape",
    message: /output \[32, 2\] against targets/,
  },
  {
    text: of("nn.sequential(«nn.embedding(9, { embeddingDim: 4 })», nn.flatten(), nn.linear(10))"),
    code: "shape",
    message: /takes tokens/,
  },
];
