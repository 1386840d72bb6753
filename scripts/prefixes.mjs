// What people type to find something of the library: `sched-one-cycle`, `init-he`, `nn-dense`. One rule, and the other names that things go by.

/** What stands before the name, by global; the first is what a snippet shows itself as. */
const groups = {
  augment: ["aug", "augment"],
  average: ["avg", "average"],
  data: ["data"],
  init: ["init"],
  loss: ["loss"],
  metrics: ["metric", "metrics"],
  nn: ["nn", "layer"],
  optim: ["optim", "opt"],
  regularize: ["reg", "regularize"],
  schedule: ["sched", "schedule"],
  toy: ["toy"],
};

/** Names that the same thing has elsewhere: in papers, in PyTorch, in Keras and scikit-learn. */
const synonyms = {
  "augment.colorJitter": ["jitter"],
  "augment.erasing": ["random-erasing", "cutout"],
  "augment.gaussianBlur": ["blur"],
  "augment.hflip": ["flip", "horizontal-flip", "random-horizontal-flip"],
  "augment.randomCrop": ["crop"],
  "augment.rotation": ["random-rotation", "rotate"],
  "augment.shift": ["translate"],
  "augment.vflip": ["vertical-flip", "random-vertical-flip"],
  "average.ema": ["polyak", "moving-average"],
  "average.swa": ["stochastic-weight-averaging"],
  "data.impute": ["simple-imputer", "fill-missing"],
  "data.minMax": ["min-max-scaler"],
  "data.oneHot": ["one-hot-encoder"],
  "data.standardize": ["standard-scaler", "z-score"],
  "data.gaussianQuantiles": ["make-gaussian-quantiles"],
  "data.blobs": ["make-blobs"],
  "data.circles": ["make-circles"],
  "data.moons": ["make-moons", "two-moons"],
  "init.kaimingNormal": ["he-normal"],
  "init.kaimingUniform": ["he-uniform"],
  "init.truncNormal": ["truncated-normal"],
  "init.xavierNormal": ["glorot-normal"],
  "init.xavierUniform": ["glorot-uniform"],
  "loss.bce": ["binary-cross-entropy"],
  "loss.bceWithLogits": ["bce-logits", "sigmoid-cross-entropy"],
  "loss.crossEntropy": ["ce", "softmax-cross-entropy", "categorical-cross-entropy"],
  "loss.distillation": ["knowledge-distillation"],
  "loss.klDiv": ["kl-divergence", "kullback-leibler"],
  "loss.mae": ["l1"],
  "loss.mse": ["l2", "squared-error"],
  "loss.nll": ["negative-log-likelihood"],
  "loss.tripletMargin": ["triplet-loss"],
  "metrics.auc": ["roc-auc"],
  "metrics.averagePrecision": ["pr-auc"],
  "metrics.ece": ["expected-calibration-error"],
  "metrics.f1": ["f-score"],
  "metrics.kappa": ["cohen-kappa"],
  "metrics.matthews": ["mcc"],
  "nn.batchNorm": ["bn", "batch-norm1d", "batch-norm2d", "batch-norm3d"],
  "nn.layerNorm": ["ln"],
  "nn.linear": ["dense", "fc", "fully-connected"],
  "nn.multiheadAttention": ["mha", "self-attention"],
  "nn.residual": ["skip-connection"],
  "nn.silu": ["swish"],
  "nn.stochasticDepth": ["drop-path"],
  "optim.cg": ["conjugate-gradients"],
  "optim.sgd": ["gradient-descent", "momentum", "nesterov"],
  "regularize.l1": ["lasso"],
  "regularize.l2": ["ridge", "weight-decay"],
  "schedule.cosine": ["cosine-annealing"],
  "schedule.cyclic": ["triangular", "clr"],
  "schedule.inverseSqrt": ["noam"],
  "schedule.lambda": ["function", "custom"],
  "schedule.linearTo": ["linear-decay"],
  "schedule.oneCycle": ["1cycle", "super-convergence"],
  "schedule.plateau": ["reduce-on-plateau", "reduce-lr-on-plateau"],
  "schedule.step": ["step-decay"],
  "schedule.warmRestarts": ["cosine-restarts", "sgdr"],
  checkGradients: ["gradcheck", "gradient-check"],
  compareRuns: ["compare-seeds"],
  findLearningRate: ["find-lr", "lr-finder", "lr-range-test"],
  crossValidate: ["k-fold", "cross-validation"],
  exportOnnx: ["onnx", "to-onnx"],
  exportPyTorch: ["pytorch", "to-pytorch"],
  folds: ["kfold"],
  "inspect.confusion": ["confusion-matrix"],
  "inspect.gradients": ["gradient-flow"],
  "inspect.initialization": ["inspect-init"],
  "inspect.precisionRecall": ["pr-curve"],
  "inspect.roc": ["roc-curve"],
  landscape: ["plot-landscape", "loss-landscape"],
  overfitCheck: ["overfit-one-batch"],
  predict: ["inference"],
  profile: ["profile-step"],
  replicas: ["seeds", "ensemble"],
  save: ["save-model", "export-safetensors"],
  split: ["train-test-split", "data-split"],
  stateDict: ["state_dict"],
};

/** `oneCycle` as `one-cycle`, `inspect.batchNorm` as `inspect-batch-norm`. */
export const kebab = (name) =>
  name
    .replace("PyTorch", "Pytorch")
    .replaceAll(".", "-")
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replace(/^-/, "");

/** PyTorch's `kaiming_normal_` of `init.kaimingNormal`; of one word only where it is called through `init`. */
const torchs = (global, name) => {
  const snake = kebab(name).replaceAll("-", "_");
  return global === "init" ? [snake.includes("_") ? `${snake}_` : `init.${snake}_`] : [];
};

/**
 * All prefixes of an entry of a registry, best first: `sched-one-cycle`, `schedule.oneCycle`, and those by its other names. Whoever looks for
 * them leaves dashes within a name out of account, so that `sched-onecycle` is found too.
 */
export function prefixesOf(global, name) {
  const call = `${global}.${name}`;
  const names = [kebab(name), ...(synonyms[call] ?? [])];
  const [first] = groups[global];
  const all = groups[global].flatMap((group) => names.map((one) => `${group}-${one}`));
  return [...new Set([`${first}-${kebab(name)}`, call, ...all, ...torchs(global, name)])];
}

/** Those of a method: `find-learning-rate`, `findLearningRate`, `find-lr`. */
export const prefixesOfMethod = (path) => [...new Set([kebab(path), path, ...(synonyms[path] ?? [])])];
