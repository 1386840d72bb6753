import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { tops } from "../../metrics/exact/index.ts";
import { show } from "../../tensor/index.ts";
import type { Subject } from "../subject.ts";
import { type Outputs, outputsOf } from "./outputs.ts";
import { type On, partOf } from "./parts.ts";

/** Class probabilities of every example of a set beside its label. Where a label belongs to a place (a pixel, a word) each place counts as an example. */
export interface ClassScores {
  /** "validation", "test" or the name of a set. */
  readonly part: string;
  readonly set: Dataset;
  readonly classes: readonly string[];
  readonly count: number;
  readonly labels: Int32Array;
  /** [count, classes], row-major. */
  readonly probs: Float64Array;
  /** The likeliest class and its probability. */
  readonly predicted: Int32Array;
  readonly confidence: Float64Array;
}

/** Evaluates a classifier. Throws ConfigError for a model of values; `what` begins it. */
export async function classScores(subject: Subject, on: On, context: RunContext, what: string): Promise<ClassScores> {
  const { name: part, set } = partOf(subject, on);
  const binary = isBinary(set, subject.config.loss.type);
  if (set.task !== "classification" && !binary) {
    throw new ConfigError(`${what}: is for classes, and ${set.name} has values as targets; use inspect.residuals()`);
  }
  const classes = set.classes ?? ["0", "1"];
  const { type } = subject.config.loss;
  const outputs = await outputsOf(subject, set, context);
  const probs = probabilities(outputs, type, classes.length, what);
  const labels = Int32Array.from(set.y.data);
  const { place, value } = tops(probs, classes.length);
  return { part, set, classes, count: labels.length, labels, probs, predicted: place, confidence: value };
}

/** One value of 0 or 1 per example, for a loss of probabilities. */
const isBinary = ({ y, task }: Dataset, loss: string): boolean =>
  task === "regression" && /^bce/i.test(loss) && y.size === y.shape[0] && y.data.every((v) => v === 0 || v === 1);

/**
 * [places, classes] f64 from what the model puts out: [N, C, ...] scores (log-probabilities for nll), or one number per example, the score or
 * the probability of the second class.
 */
function probabilities({ shape, data }: Outputs, loss: string, classes: number, what: string): Float64Array {
  const [count = 0, width = 1, ...rest] = shape;
  if (classes === 2 && data.length === count) {
    const p = (v: number) => (loss === "bce" ? v : 1 / (1 + Math.exp(-v)));
    return Float64Array.from({ length: 2 * count }, (_, i) => {
      const one = p(data[i >> 1] as number);
      return i % 2 ? one : 1 - one;
    });
  }
  if (width < classes || shape.length < 2) {
    throw new ConfigError(`${what}: an output ${show(shape)} has no score for each of ${classes} classes`);
  }
  const inner = rest.reduce((n, d) => n * d, 1);
  const probs = new Float64Array(count * inner * classes);
  for (let place = 0; place < count * inner; place++) {
    const [n, j] = [Math.floor(place / inner), place % inner];
    const score = (c: number) => data[(n * width + c) * inner + j] as number;
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < width; c++) most = Math.max(most, score(c));
    let sum = 0;
    for (let c = 0; c < width; c++) sum += Math.exp(score(c) - most);
    for (let c = 0; c < classes; c++) probs[place * classes + c] = Math.exp(score(c) - most) / sum;
  }
  return probs;
}

/** -ln of the probability of the right class, for every example. */
export function classLosses({ labels, probs, classes }: ClassScores): Float64Array {
  return Float64Array.from(labels, (label, i) => -Math.log(probs[i * classes.length + label] as number));
}
