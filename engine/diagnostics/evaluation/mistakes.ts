import type { RunContext } from "../../context/index.ts";
import { ConfigError } from "../../errors/index.ts";
import { choice, int } from "../../params/index.ts";
import { count as counted, percent, significant } from "../../plots/format.ts";
import { defineDiagnostic } from "../definition.ts";
import { measured, showGallery } from "../showing.ts";
import { onParam } from "./parts.ts";
import { example, extent, imageShapeParam, type PictureShape, pictureShape, pixelsOf } from "./pictures.ts";
import { type ClassScores, classLosses, classScores, labelParam } from "./scores.ts";
import { showTable } from "./table.ts";

export interface Mistake {
  /** Row of the part that was evaluated, from 0. */
  readonly row: number;
  readonly truth: string;
  readonly predicted: string;
  /** Probability of the predicted class, and of the true one. */
  readonly confidence: number;
  readonly probabilityOfTruth: number;
  /** -ln(probabilityOfTruth). */
  readonly loss: number;
}

export interface Mistakes {
  readonly part: string;
  readonly examples: number;
  /** How many examples are wrong in all. */
  readonly wrong: number;
  readonly mistakes: readonly Mistake[];
}

export const mistakes = defineDiagnostic({
  summary: "The examples that a run gets most wrong, or is surest of though wrong, as pictures or rows.",
  params: {
    on: onParam,
    label: labelParam,
    count: int(24, "[1, 500]", "Examples that are shown."),
    by: choice(
      "loss",
      ["loss", "confidence"],
      "loss: the true class has the least probability; confidence: wrong, and the wrong class has the highest.",
    ),
    imageShape: imageShapeParam,
  },
  of: ["run"],
  inspects: true,
  cost: "a forward pass over the part that is evaluated",
  measure: async (subject, { on, label, count, by, imageShape }, context): Promise<Mistakes> => {
    const scores = await classScores(subject, on, context, "inspect.mistakes", label);
    const { part, set, labels, predicted } = scores;
    if (labels.length !== set.size) {
      throw new ConfigError(
        `inspect.mistakes: ${set.name} has ${labels.length / set.size} labels for every example; it shows sets with one`,
      );
    }
    const shape = pictureShape(set, imageShape, "inspect.mistakes");
    const wrong = labels.reduce((n, label, i) => n + Number(label !== predicted[i]), 0);
    const found: Mistakes = { part, examples: set.size, wrong, mistakes: worst(scores, by, count) };
    const title = titleOf(found, by);
    if (found.mistakes.length > 0) {
      if (shape) showPictures(context, scores, found, shape, title);
      else showRows(context, scores, found, title);
    }
    const lines = found.mistakes.map((m) => `  row ${m.row}: ${words(m)}`);
    return measured(found, [title, ...lines].join("\n"));
  },
});

function worst(scores: ClassScores, by: "loss" | "confidence", count: number): Mistake[] {
  const { labels, predicted, confidence, classes, probs } = scores;
  const losses = classLosses(scores);
  const key = by === "loss" ? losses : confidence;
  return Array.from(labels, (_, i) => i)
    .filter((i) => labels[i] !== predicted[i])
    .sort((a, b) => (key[b] as number) - (key[a] as number) || a - b)
    .slice(0, count)
    .map((row) => ({
      row,
      truth: classes[labels[row] as number] as string,
      predicted: classes[predicted[row] as number] as string,
      confidence: confidence[row] as number,
      probabilityOfTruth: probs[row * classes.length + (labels[row] as number)] as number,
      loss: losses[row] as number,
    }));
}

function titleOf({ part, examples, wrong, mistakes }: Mistakes, by: "loss" | "confidence"): string {
  const [first] = mistakes;
  if (!first) return `All ${counted(examples, `${part} example`)} are right`;
  const which = by === "loss" ? "with the highest loss" : "it was surest of";
  const shown = mistakes.length < wrong ? `, the ${mistakes.length} ${which} shown` : `, those ${which} first`;
  return `${wrong} of ${counted(examples, `${part} example`)} wrong (${percent(wrong / examples)})${shown}`;
}

const words = (m: Mistake): string =>
  `${m.truth}, taken for ${m.predicted} with ${percent(m.confidence)}; ${m.truth} had ${percent(m.probabilityOfTruth)}, loss ${significant(m.loss)}`;

function showPictures(
  context: RunContext,
  { set }: ClassScores,
  { mistakes }: Mistakes,
  shape: PictureShape,
  title: string,
): void {
  const range = extent(set.x.data);
  showGallery(context, {
    title,
    text: mistakes.map(words).slice(0, 12).join("; "),
    pictures: mistakes.map((m) => ({
      caption: `${m.truth}, not ${m.predicted}: ${percent(m.confidence)}`,
      detail: `row ${m.row}: ${words(m)}`,
      ...pixelsOf(example(set, m.row), shape, range),
    })),
  });
}

/** Columns of features in the table at most. */
const MOST_COLUMNS = 10;

function showRows(context: RunContext, { set }: ClassScores, { mistakes }: Mistakes, title: string): void {
  const names = set.featureNames.length === set.x.size / set.size ? set.featureNames.slice(0, MOST_COLUMNS) : [];
  const left = set.x.size / set.size - names.length;
  showTable(context, {
    title: left > 0 ? `${title}; ${counted(left, "more feature")} of each` : title,
    columns: ["row", "true", "predicted", "probability", "of the true class", ...names],
    rows: mistakes.map((m) => [
      String(m.row),
      m.truth,
      m.predicted,
      percent(m.confidence),
      percent(m.probabilityOfTruth),
      ...names.map((_, f) => significant(example(set, m.row)[f])),
    ]),
  });
}
