import { defineRule, type Verdict } from "../rule.ts";
import { num, percent } from "../words.ts";

/** Natural data has some examples twice (iris has one pair): so many, in number, share and against the rest, are no accident. */
const FEW = 3;
const SHARE = 0.05;
const OVER_WITHIN = 3;

export const leakage = defineRule({
  name: "leakage",
  title: "the data gives the answer away",
  summary:
    "A single feature that orders or marks the labels with at most 1 % of exceptions, or validation and test examples that are in the training part: at least 3, over 5 % of the part, and three times the rate within the training part unless two features take so many values (ten pairs of them for each example) that equal examples must be copies.",
  why: "Figures on validation and test data then say nothing about new data: the network needs to learn no more than to copy or to remember.",
  paper: "Kaufman, Rosset & Perlich 2011, Leakage in Data Mining",
  explains: ["overfitting", "noisy-validation", "loss-metric-divergence"],
  judge: ({ data: { leak, duplicates } }): Verdict | null => {
    const shared = duplicates.shared.filter(
      ({ count, of }) =>
        count >= FEW && count / of > Math.max(SHARE, duplicates.copies ? 0 : OVER_WITHIN * duplicates.within),
    );
    if (leak) {
      const what = {
        label: `feature ${leak.feature} alone says the label: sorted by it, the classes of ${percent(leak.strength)} of the examples lie apart`,
        class: `feature ${leak.feature} alone says whether an example is of one class, for ${percent(leak.strength)} of them`,
        value: `feature ${leak.feature} ranks the examples as the target does (correlation of ranks ${num(leak.strength)})`,
      }[leak.kind];
      return {
        severity: "error",
        title: "a feature gives the label away",
        saw: what,
        tries: [
          {
            text: `leave ${leak.feature} out of the features (columns of data.csv) unless it will be known for new examples`,
          },
          {
            text: "find out how the column came about: an id given in the order of the classes, or a value known only afterwards",
          },
        ],
      };
    }
    if (shared.length === 0) return null;
    return {
      severity: "error",
      title: "examples of one part are in another",
      saw: shared
        .map(({ part, count, of }) => `${count} of ${of} ${part} examples are also training examples`)
        .join("; "),
      tries: [
        { text: "split once, after removing duplicates: data.split({ valid, test }) puts every row into one part" },
        { text: "where rows belong to one source (a person, a picture and its copies), keep them in one part" },
      ],
    };
  },
});
