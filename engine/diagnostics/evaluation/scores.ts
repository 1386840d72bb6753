import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { ConfigError, NonFiniteError } from "../../errors/index.ts";
import { axisOfClasses } from "../../losses/index.ts";
import { tops } from "../../metrics/exact/index.ts";
import { show, sizeOf } from "../../tensor/index.ts";
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
  const { classes } = set;
  if (!classes) {
    throw new ConfigError(`${what}: is for classes, and ${set.name} has values as targets; use inspect.residuals()`);
  }
  const outputs = await outputsOf(subject, set, context);
  const { dim = null } = subject.config.loss.options as { readonly dim?: number | null };
  const axis = outputs.shape.length < 2 ? 1 : axisOfClasses(what, outputs.shape, set.y.shape, dim);
  const probs = probabilities(outputs, axis, classes.length, what);
  const broken = probs.findIndex(Number.isNaN);
  if (broken >= 0) {
    const row = Math.floor(broken / classes.length);
    throw new NonFiniteError(
      `${what}: the output for example ${row} of ${part} data is not finite; the run's weights are of no use`,
    );
  }
  const labels = Int32Array.from(set.y.data);
  const { place, value } = tops(probs, classes.length);
  return { part, set, classes, count: labels.length, labels, probs, predicted: place, confidence: value };
}

/** Softmax of scores along `axis`, or of log-probabilities, which it leaves as they are: [places, classes] f64. */
function probabilities({ shape, data }: Outputs, axis: number, classes: number, what: string): Float64Array {
  const width = shape[axis] ?? 1;
  if (width < classes) {
    throw new ConfigError(`${what}: an output ${show(shape)} has no score for each of ${classes} classes`);
  }
  const count = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
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
