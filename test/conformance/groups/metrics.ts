import {
  type Average,
  accuracyOf,
  area,
  averaged,
  averagePrecision,
  balancedAccuracy,
  binaryCounts,
  binaryFigures,
  bothClasses,
  brier,
  type Confusion,
  calibrationBins,
  calibrationError,
  cascade,
  column,
  confusionMatrix,
  coverageAt,
  coverageError,
  exactMatch,
  fMeasure,
  hammingLoss,
  isClass,
  kappa,
  type LabelAverage,
  labelAverage,
  labelAveragePrecision,
  logLoss,
  matthews,
  multiclassAuc,
  perClass,
  perLabel,
  precisionRecallCurve,
  rankingAveragePrecision,
  rankingLoss,
  regressionFigures,
  riskCoverage,
  rocAuc,
  rocCurve,
  topK,
  tops,
  type Numbers as Values,
} from "../../../engine/metrics/exact/index.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Runner } from "../run.ts";

type Figures = Record<string, ArrayLike<number>>;

/** scikit-learn's metrics in f64 on the host. What a case is about is told by its name and its inputs; every figure that it may ask for is given. */
export const metricsGroup: Runner = async (c) => {
  const asked = `${c.op} ${c.case}`;
  const run = RUNNERS.find(([name]) => name.test(asked))?.[1];
  if (!run) throw new Unsupported(c.op);
  const found = run(c);
  // names differ in case and underscores alone: f1_macro, macro_f1, F1macro
  const plain = new Map(Object.entries(found).map(([name, values]) => [canonical(name), values]));
  return Object.fromEntries(
    Object.keys(c.outputs).flatMap((name) => {
      const values = found[name] ?? plain.get(canonical(name));
      return values === undefined ? [] : [[name, values]];
    }),
  );
};

const canonical = (name: string): string =>
  name
    .toLowerCase()
    .split(/[^a-z0-9.]+/)
    .sort()
    .join(" ");

const RUNNERS: readonly [RegExp, (c: Case) => Figures][] = [
  [/calibration_curve|reliability/i, calibrationCase],
  [/\bece\b|expected calibration|^ece|calibration/i, eceCase],
  [/cascade|two.stage/i, cascadeCase],
  [/coverage|risk/i, coverageCase],
  [/multi.?label|multilabel/i, multilabelCase],
  [/precision_recall_curve|\bpr_curve|average_precision/i, precisionRecallCase],
  [/roc/i, rocCase],
  [/log_loss|brier|probloss/i, probabilityCase],
  [/regress|\br2\b|mse|mae/i, regressionCase],
  [/binary|threshold/i, binaryCase],
  [/multi.?class|confusion|classification|top.?k|kappa/i, multiclassCase],
  [/precision|recall|f.?score|f1|f.?beta|accuracy|matthews|mcc|jaccard|specificity/i, decisionCase],
];

const one = (value: number) => [value];

function input({ inputs }: Case, ...names: string[]): Numbers | undefined {
  return names.map((name) => inputs[name]).find((t) => t !== undefined);
}

function needed(c: Case, ...names: string[]): Numbers {
  const found = input(c, ...names);
  if (!found) throw new Unsupported(`inputs ${Object.keys(c.inputs).join(", ")}`);
  return found;
}

const truth = (c: Case) => needed(c, "y", "y_true", "target", "label", "labels", "true").data;
const scoresOf = (c: Case) =>
  needed(c, "score", "y_score", "scores", "prob", "probs", "proba", "p", "confidence", "logits", "y_prob");
const weights = (c: Case) => input(c, "weight", "sample_weight", "weights")?.data;

/** Rows of probabilities, from one column for two classes or as they are. */
function rowsOf(t: Numbers): { probs: Float64Array; classes: number } {
  if (t.shape.length < 2) return { probs: bothClasses(t.data), classes: 2 };
  return { probs: t.data, classes: t.shape[1] as number };
}

function binaryCase(c: Case): Figures {
  const { config } = c;
  const counts = binaryCounts(truth(c), scoresOf(c).data, config.threshold ?? 0.5, weights(c));
  const figures = binaryFigures(counts, config.zero_division ?? 0);
  const f = (beta: number) => one(fMeasure(figures.precision, figures.recall, beta));
  return {
    ...Object.fromEntries(Object.entries({ ...counts, ...figures }).map(([name, value]) => [name, one(value)])),
    balanced_accuracy: one(figures.balancedAccuracy),
    sensitivity: one(figures.recall),
    f1: f(1),
    f2: f(2),
    f05: f(0.5),
    "f0.5": f(0.5),
    fbeta: f(config.beta ?? 1),
    confusion: [counts.tn, counts.fp, counts.fn, counts.tp],
    confusion_matrix: [counts.tn, counts.fp, counts.fn, counts.tp],
  };
}

function precisionRecallCase(c: Case): Figures {
  const [y, t] = [truth(c), scoresOf(c)];
  if (t.shape.length > 1) return y.length === t.data.length ? multilabelCase(c) : multiclassCase(c);
  return {
    ...precisionRecallCurve(y, t.data, weights(c)),
    average_precision: one(averagePrecision(y, t.data, weights(c))),
  } as Figures;
}

function rocCase(c: Case): Figures {
  const [y, t] = [truth(c), scoresOf(c)];
  if (t.shape.length > 1) return y.length === t.data.length ? multilabelCase(c) : multiclassCase(c);
  const found = rocCurve(y, t.data, weights(c), c.config.drop_intermediate ?? true);
  // scikit-learn of the time wrote the threshold above all scores as the highest one + 1
  const thresholds = found.thresholds.map((v) => (v === Number.POSITIVE_INFINITY ? (found.thresholds[1] ?? 0) + 1 : v));
  const auc = one(area(found.fpr, found.tpr));
  return { fpr: found.fpr, tpr: found.tpr, thresholds, auc, roc_auc: auc };
}

function calibrationCase(c: Case): Figures {
  const { config } = c;
  const bins = calibrationBins(truth(c), scoresOf(c).data, {
    bins: config.n_bins ?? 5,
    strategy: config.strategy ?? "uniform",
  });
  const error = calibrationError(bins);
  return {
    prob_true: bins.map((b) => b.observed),
    prob_pred: bins.map((b) => b.predicted),
    count: bins.map((b) => b.count),
    ece: one(error.expected),
    mce: one(error.maximum),
  };
}

/** Expected calibration error of the predicted class. */
function eceCase(c: Case): Figures {
  const { config } = c;
  const [y, t] = [truth(c), scoresOf(c)];
  const correct = input(c, "correct");
  const several = t.shape.length > 1;
  const { place, value } = tops(t.data, several ? (t.shape[1] as number) : 1);
  const came = correct?.data ?? (several ? y.map((label, i) => Number(label === place[i])) : y);
  const count = config.n_bins ?? config.bins ?? 10;
  const bins = calibrationBins(came, value, { bins: count, strategy: config.strategy ?? "uniform" });
  const { expected, maximum } = calibrationError(bins);
  const full = (of: (b: (typeof bins)[number]) => number) =>
    Array.from({ length: count }, (_, i) => {
      const bin = bins.find((b) => Math.abs(b.from - i / count) < 1e-9);
      return bin ? of(bin) : 0;
    });
  return {
    ece: one(expected),
    mce: one(maximum),
    expected_calibration_error: one(expected),
    maximum_calibration_error: one(maximum),
    bin_count: full((b) => b.count),
    bin_counts: full((b) => b.count),
    bin_accuracy: full((b) => b.observed),
    bin_confidence: full((b) => b.predicted),
    accuracy: one(came.reduce((a, b) => a + b, 0) / came.length),
  };
}

function cascadeCase(c: Case): Figures {
  const { first, second } = c.config as { first: number; second: number };
  const scores = [needed(c, "score1").data, needed(c, "score2").data] as const;
  const found = cascade(truth(c), scores, [first, second]);
  return {
    stage1_recall: one(found.first.recall),
    stage1_precision: one(found.first.precision),
    recall: one(found.both.recall),
    precision: one(found.both.precision),
    second_stage_fraction: one(found.secondShare),
  };
}

function coverageCase(c: Case): Figures {
  const y = truth(c);
  const { probs, classes } = rowsOf(scoresOf(c));
  const risk = riskCoverage(y, probs, classes);
  return {
    ...coverageAt(y, probs, classes, input(c, "thresholds")?.data ?? []),
    risk_coverage_curve: risk,
    aurc: one(risk.reduce((a, b) => a + b, 0) / risk.length),
  };
}

function probabilityCase(c: Case): Figures {
  const y = truth(c);
  const t = scoresOf(c);
  const { probs, classes } = rowsOf(t);
  const squares = () => {
    let sum = 0;
    for (let i = 0; i < probs.length; i++) {
      sum += ((probs[i] as number) - Number(y[Math.floor(i / classes)] === i % classes)) ** 2;
    }
    return sum / y.length;
  };
  return {
    log_loss: one(logLoss(y, probs, classes, weights(c))),
    brier: one(t.shape.length > 1 ? squares() : brier(y, t.data, weights(c))),
  };
}

function multiclassCase(c: Case): Figures {
  const { config } = c;
  const y = truth(c);
  const given = input(c, "pred", "y_pred", "predicted", "prediction");
  const t = input(c, "probs", "proba", "score", "scores", "y_score", "logits", "p");
  const labels = [...y, ...(given?.data ?? [])];
  const classes = Number(config.n_classes ?? config.classes ?? t?.shape[1] ?? Math.max(...labels) + 1);
  const said = given?.data ?? (t ? tops(t.data, classes).place : undefined);
  if (!said) throw new Unsupported(`inputs ${Object.keys(c.inputs).join(", ")}`);
  const matrix = confusionMatrix(y, said, classes, weights(c));
  return {
    ...classFigures(matrix, config.zero_division ?? 0, config.normalize ?? null),
    ...(t ? scoreFigures(y, t.data, classes, config.k ?? config.top_k ?? 2) : {}),
  };
}

/** A figure of decisions by its name alone: of said classes, of rows of scores, or of one score at a threshold. */
function decisionCase(c: Case): Figures {
  const said = input(c, "pred", "y_pred", "predicted", "prediction");
  if (!said && scoresOf(c).shape.length < 2) return binaryCase(c);
  return (said?.shape.length ?? 1) > 1 ? multilabelCase(c) : multiclassCase(c);
}

function classFigures(matrix: Confusion, zeroDivision: number, normalize: "true" | "pred" | "all" | null): Figures {
  const each = perClass(matrix, zeroDivision);
  const rows = matrix.map((row) => row.reduce((a, b) => a + b, 0));
  const columns = matrix.map((_, c) => matrix.reduce((sum, row) => sum + (row[c] as number), 0));
  const all = rows.reduce((a, b) => a + b, 0);
  const averages = (["macro", "weighted", "micro"] as Average[]).flatMap((how) =>
    Object.entries(averaged(each, matrix, how)).map(([name, value]) => [`${name}_${how}`, one(value)] as const),
  );
  // as scikit-learn has it, a class without examples has shares of 0
  const shares = {
    true: matrix.flatMap((row, i) => row.map((v) => v / (rows[i] || 1))),
    pred: matrix.flatMap((row) => row.map((v, j) => v / (columns[j] || 1))),
    all: matrix.flatMap((row) => row.map((v) => v / (all || 1))),
  };
  const asked = normalize === null ? matrix.flat() : shares[normalize];
  return {
    confusion: asked,
    confusion_matrix: asked,
    confusion_normalized: shares[normalize ?? "true"],
    confusion_true: shares.true,
    confusion_pred: shares.pred,
    confusion_all: shares.all,
    precision: each.map((e) => e.precision),
    precision_per_class: each.map((e) => e.precision),
    recall: each.map((e) => e.recall),
    recall_per_class: each.map((e) => e.recall),
    f1: each.map((e) => e.f1),
    f1_per_class: each.map((e) => e.f1),
    support: each.map((e) => e.support),
    ...Object.fromEntries(averages),
    accuracy: one(accuracyOf(matrix)),
    balanced_accuracy: one(balancedAccuracy(matrix)),
    mcc: one(matthews(matrix)),
    kappa: one(kappa(matrix)),
    kappa_linear: one(kappa(matrix, "linear")),
    kappa_quadratic: one(kappa(matrix, "quadratic")),
  };
}

function scoreFigures(y: Values, probs: Values, classes: number, k: number): Figures {
  const of = (figure: (own: Uint8Array, score: Float64Array) => number) =>
    Array.from({ length: classes }, (_, c) => figure(isClass(y, c), column(probs, classes, c)));
  const precisions = of(averagePrecision);
  const areas = of(rocAuc);
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const auc = (against: "ovr" | "ovo", average: "macro" | "weighted") =>
    one(multiclassAuc(y, probs, classes, { against, average }));
  const hot = Array.from(probs, (_, i) => Number(y[Math.floor(i / classes)] === i % classes));
  return {
    log_loss: one(logLoss(y, probs, classes)),
    auc: areas,
    auc_per_class: areas,
    roc_auc_per_class: areas,
    auc_ovr: auc("ovr", "macro"),
    auc_ovo: auc("ovo", "macro"),
    auc_ovr_macro: auc("ovr", "macro"),
    auc_ovr_weighted: auc("ovr", "weighted"),
    auc_ovo_macro: auc("ovo", "macro"),
    auc_ovo_weighted: auc("ovo", "weighted"),
    roc_auc_ovr: auc("ovr", "macro"),
    roc_auc_ovo: auc("ovo", "macro"),
    roc_auc_ovr_macro: auc("ovr", "macro"),
    roc_auc_ovr_weighted: auc("ovr", "weighted"),
    roc_auc_ovo_macro: auc("ovo", "macro"),
    roc_auc_ovo_weighted: auc("ovo", "weighted"),
    auc_micro: one(rocAuc(hot, probs)),
    average_precision: precisions,
    average_precision_per_class: precisions,
    average_precision_macro: one(mean(precisions)),
    average_precision_micro: one(averagePrecision(hot, probs)),
    ...Object.fromEntries(
      [1, 2, 3, 4, 5].flatMap((n) => {
        const value = one(topK(y, probs, classes, n));
        return [`top${n}`, `top${n}_accuracy`, `top_${n}`, `top_${n}_accuracy`].map((name) => [name, value]);
      }),
    ),
    top_k: one(topK(y, probs, classes, k)),
    top_k_accuracy: one(topK(y, probs, classes, k)),
  };
}

function multilabelCase(c: Case): Figures {
  const { config } = c;
  const y = truth(c);
  const t = input(c, "score", "scores", "probs", "proba", "y_score", "prob", "p");
  const given = input(c, "pred", "y_pred", "predicted");
  const labels = (t ?? given)?.shape[1] ?? 1;
  const said = given?.data ?? t?.data.map((v) => Number(v >= (config.threshold ?? 0.5)));
  if (!said) throw new Unsupported(`inputs ${Object.keys(c.inputs).join(", ")}`);
  const zero = config.zero_division ?? 0;
  const each = perLabel(y, said, labels, zero);
  const averages = (["micro", "macro", "weighted", "samples"] as LabelAverage[]).flatMap((how) =>
    Object.entries(labelAverage(y, said, labels, how, zero)).map(
      ([name, value]) => [`${name}_${how}`, one(value)] as const,
    ),
  );
  const exact = one(exactMatch(y, said, labels));
  const hamming = one(hammingLoss(y, said));
  return {
    precision: each.map((e) => e.precision),
    precision_per_label: each.map((e) => e.precision),
    recall: each.map((e) => e.recall),
    recall_per_label: each.map((e) => e.recall),
    f1: each.map((e) => e.f1),
    f1_per_label: each.map((e) => e.f1),
    support: each.map((e) => e.support),
    ...Object.fromEntries(averages),
    exact_match: exact,
    subset_accuracy: exact,
    accuracy: exact,
    hamming,
    hamming_loss: hamming,
    ...(t ? rankingFigures(y, t.data, labels) : {}),
  };
}

function rankingFigures(y: Values, scores: Values, labels: number): Figures {
  const { each, micro } = labelAveragePrecision(y, scores, labels);
  const mean = one(each.reduce((a, b) => a + b, 0) / labels);
  const areas = Array.from({ length: labels }, (_, c) => rocAuc(column(y, labels, c), column(scores, labels, c)));
  const auc = one(areas.reduce((a, b) => a + b, 0) / labels);
  const lrap = one(rankingAveragePrecision(y, scores, labels));
  return {
    average_precision: each,
    average_precision_macro: mean,
    map: mean,
    average_precision_micro: one(micro),
    auc_macro: auc,
    roc_auc_macro: auc,
    auc_micro: one(rocAuc(y, scores)),
    roc_auc_micro: one(rocAuc(y, scores)),
    lrap,
    label_ranking_average_precision: lrap,
    coverage_error: one(coverageError(y, scores, labels)),
    ranking_loss: one(rankingLoss(y, scores, labels)),
    label_ranking_loss: one(rankingLoss(y, scores, labels)),
    average_precision_per_label: each,
    auc_per_label: areas,
  };
}

function regressionCase(c: Case): Figures {
  const y = needed(c, "y", "y_true", "target", "true");
  const said = needed(c, "pred", "y_pred", "predicted", "prediction", "p");
  const width = y.shape[1] ?? 1;
  const each = Array.from({ length: width }, (_, k) =>
    regressionFigures(column(y.data, width, k), column(said.data, width, k), weights(c)),
  );
  const raw = c.config.multioutput === "raw_values";
  const figure = (key: keyof (typeof each)[number]) => {
    const values = each.map((e) => e[key]);
    return raw ? values : one(values.reduce((a, b) => a + b, 0) / width);
  };
  return {
    mse: figure("mse"),
    mean_squared_error: figure("mse"),
    rmse: figure("rmse"),
    mae: figure("mae"),
    mean_absolute_error: figure("mae"),
    median_ae: figure("medianAe"),
    medae: figure("medianAe"),
    median_absolute_error: figure("medianAe"),
    max_error: figure("maxError"),
    r2: figure("r2"),
    r2_score: figure("r2"),
    explained_variance: figure("explainedVariance"),
    explained_variance_score: figure("explainedVariance"),
    mape: figure("mape"),
    mean_absolute_percentage_error: figure("mape"),
    msle: figure("msle"),
    mean_squared_log_error: figure("msle"),
    root_mean_squared_error: figure("rmse"),
    pearson: figure("correlation"),
    correlation: figure("correlation"),
    bias: figure("bias"),
  };
}
