import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { ConfigError, didYouMean, NonFiniteError } from "../../errors/index.ts";
import { axisOfClasses, type Gives } from "../../losses/index.ts";
import { tops } from "../../metrics/exact/index.ts";
import { optional, required, text } from "../../params/index.ts";
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

/** The option that says which of several labels a look at one is about. */
export const labelParam = optional(
  text(required, "Which label, by its name, when any number of labels may hold; no use for classes."),
);

/**
 * Evaluates a classifier. A yes or no, of one output or of one of several labels, is two classes. Throws ConfigError for a
 * model of values; `what` begins it.
 */
export async function classScores(
  subject: Subject,
  on: On,
  context: RunContext,
  what: string,
  label: string | null = null,
): Promise<ClassScores> {
  const { set } = partOf(subject, on);
  if (set.labels) return (await labelScores(subject, on, context, what, [chosen(what, set, label)]))[0] as ClassScores;
  if (label !== null)
    throw new ConfigError(`${what}: ${set.name} has no labels of which any number holds; leave out label`);
  const { name: part } = partOf(subject, on);
  const classes = set.classes ?? yesNo(subject, set);
  if (!classes) {
    throw new ConfigError(`${what}: is for classes, and ${set.name} has values as targets; use inspect.residuals()`);
  }
  const given = await outputsOf(subject, set, context);
  const { dim = null } = subject.config.loss.options as { readonly dim?: number | null };
  const single = given.data.length === set.y.size && classes.length === 2;
  const outputs = single ? { shape: [set.y.size, 2], data: twoScores(given.data, givenBy(subject)) } : given;
  const axis = single || outputs.shape.length < 2 ? 1 : axisOfClasses(what, outputs.shape, set.y.shape, dim);
  const probs = probabilities(outputs, axis, classes.length, what);
  return scored({ part, set, classes, labels: Int32Array.from(set.y.data), probs }, what);
}

/** Every label of a set as a yes or no of its own: all of them, or those of these numbers. */
export async function labelScores(
  subject: Subject,
  on: On,
  context: RunContext,
  what: string,
  which: readonly number[] | null = null,
): Promise<ClassScores[]> {
  const { name: part, set } = partOf(subject, on);
  const names = set.labels ?? [];
  const { data, shape } = await outputsOf(subject, set, context);
  if (data.length !== set.y.size) {
    throw new ConfigError(`${what}: outputs ${show(shape)} do not stand beside labels ${show(set.y.shape)}`);
  }
  return (which ?? names.map((_, k) => k)).map((k) => {
    const own = Float32Array.from({ length: set.size }, (_, n) => data[n * names.length + k] as number);
    const outputs = { shape: [set.size, 2], data: twoScores(own, givenBy(subject)) };
    const labels = Int32Array.from({ length: set.size }, (_, n) => set.y.data[n * names.length + k] as number);
    const classes = [`not ${names[k]}`, names[k] as string];
    return scored({ part, set, classes, labels, probs: probabilities(outputs, 1, 2, what) }, what);
  });
}

/** One score or probability of yes as scores of no and yes, whose softmax is it. */
export function twoScores(output: ArrayLike<number>, gives: Gives): Float32Array {
  return Float32Array.from({ length: 2 * output.length }, (_, i) => {
    const value = output[i >> 1] as number;
    if (gives === "probabilities") return Math.log(i % 2 ? value : 1 - value);
    return i % 2 ? value : 0;
  });
}

const givenBy = ({ config: { loss } }: Subject): Gives => loss.definition.gives(loss.options);

/** Names for targets of 0 and 1 that a loss of labels trains on. */
function yesNo({ config: { loss } }: Subject, { y, size }: Dataset): readonly string[] | undefined {
  const labelled = loss.definition.takes(loss.options).includes("label") && y.size === size;
  return labelled && y.data.every((v) => v === 0 || v === 1) ? ["no", "yes"] : undefined;
}

function chosen(what: string, { name, labels = [] }: Dataset, label: string | null): number {
  const found = label === null ? -1 : labels.indexOf(label);
  if (found >= 0) return found;
  const wrong = label === null ? "" : `no label "${label}"${didYouMean(label, labels)}; `;
  throw new ConfigError(
    `${what}: ${wrong}${name} has ${labels.length} labels, of which any number holds; say which one, as label: "${labels[0]}"`,
  );
}

function scored(given: Pick<ClassScores, "part" | "set" | "classes" | "labels" | "probs">, what: string): ClassScores {
  const { part, classes, labels, probs } = given;
  const broken = probs.findIndex(Number.isNaN);
  if (broken >= 0) {
    const row = Math.floor(broken / classes.length);
    throw new NonFiniteError(
      `${what}: the output for example ${row} of ${part} data is not finite; the run's weights are of no use`,
    );
  }
  const { place, value } = tops(probs, classes.length);
  return { ...given, count: labels.length, predicted: place, confidence: value };
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
