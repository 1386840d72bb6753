import { type Comparison, differenceOfExamples } from "../../compare/index.ts";
import type { Dataset } from "../../data/index.ts";
import type { Run } from "../../session/index.ts";

/** Examples that are compared number by number, at most, to find out whether two sets are one. */
const MOST_NUMBERS = 2e7;

/**
 * The comparison with what is known when best and second are single runs whose accuracies are of the same examples: both predict them
 * again, and those that one alone gets right say more than two shares do. As it was where that cannot be. `runOf`: the first run of a group.
 */
export async function onSameExamples(
  found: Comparison,
  runOf: (label: string) => Run | undefined,
): Promise<Comparison> {
  const { figure, groups } = found;
  const [best, second] = groups;
  if (!best || !second || best.runs.length > 1 || second.runs.length > 1) return found;
  if (figure.part !== "valid" || figure.key !== "accuracy" || figure.examples === null) return found;
  const [first, other] = [runOf(best.label), runOf(second.label)];
  if (!first || !other || !sameSets(first.experiment.splits.valid, other.experiment.splits.valid)) return found;
  const [right, wrong] = [await rightOf(first), await rightOf(other)];
  if (right === null || wrong === null || right.length !== wrong.length) return found;
  const count = (test: (i: number) => boolean) => right.reduce((sum, _, i) => sum + Number(test(i)), 0);
  const difference = differenceOfExamples({
    examples: right.length,
    onlyFirst: count((i) => right[i] === true && !wrong[i]),
    onlySecond: count((i) => !right[i] && wrong[i] === true),
  });
  const others = groups.slice(2);
  // of more than two the interval of the pair is one of many: see compareGroups
  return {
    ...found,
    difference,
    groups: [best, others.length > 0 ? second : { ...second, behind: difference }, ...others],
  };
}

/** Which validation examples a run gets right; null where that is not the accuracy that it ended with. */
async function rightOf(run: Run): Promise<boolean[] | null> {
  const { valid } = run.experiment.splits;
  if (valid?.y.rank !== 1 || valid.classes === undefined || !run.held) return null;
  const out = await run.predict(valid);
  const [examples = 0, classes = 0] = out.shape;
  if (out.rank !== 2 || classes < 2 || examples !== valid.y.size) return null;
  const right = Array.from({ length: examples }, (_, i) => {
    const scores = out.data.subarray(i * classes, (i + 1) * classes);
    return scores.indexOf(Math.max(...scores)) === valid.y.data[i];
  });
  const share = right.filter(Boolean).length / examples;
  return Math.abs(share - (run.final.validAccuracy ?? Number.NaN)) < 0.5 / examples ? right : null;
}

function sameSets(a: Dataset | undefined, b: Dataset | undefined): boolean {
  if (!a || !b) return false;
  const equal = (x: Dataset["x"], y: Dataset["x"]): boolean => {
    if (x === y) return true;
    if (x.size !== y.size || x.size > MOST_NUMBERS) return false;
    const [one, other] = [x.data, y.data];
    return one.every((value, i) => value === other[i]);
  };
  return a === b || (equal(a.y, b.y) && equal(a.x, b.x));
}
