import type { RunContext } from "../../context/index.ts";
import { balancedWeights, classCounts } from "../../data/classWeights.ts";
import type { Dataset, Splits } from "../../data/index.ts";
import { classCountsPlot } from "../../plots/classCounts.ts";
import { count as counted, percent, significant } from "../../plots/format.ts";
import type { Finding } from "../../protocol/index.ts";
import { HostTensor, sizeOf, viewAs } from "../../tensor/index.ts";
import { duplicateFacts } from "../diagnosis/evidence/duplicates.ts";
import { type FeatureFacts, featureFacts, nameOf } from "../diagnosis/evidence/features.ts";
import { labelLeak } from "../diagnosis/evidence/leaks.ts";
import { neighbourFacts } from "../diagnosis/evidence/neighbours.ts";
import { measured, showChart, showFindings } from "../showing.ts";

/** What a check of data returns: a line for each thing that was looked at. */
export interface DataCheck {
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly Finding[];
  /** Training examples of each class; null for values as targets. */
  readonly counts: Readonly<Record<string, number>> | null;
  /** Weights that make every class weigh the same, n / (classes * count); null where a class is missing. */
  readonly balanced: readonly number[] | null;
}

type Parts = Pick<Splits, "train" | "valid" | "test">;

/** Ratios above which classes are told to be unequal, and features to be of different scales. */
const UNEQUAL = 10;
const SCALES = 100;
/** Share of clear neighbourhoods with another label, above which labels are taken to be wrong here and there. */
const ODD = 0.03;

const pass = (rule: string, title: string, saw: string): Finding => ({
  rule,
  severity: "pass",
  title,
  saw,
  why: "",
  tries: [],
});

const listed = (names: readonly string[]): string =>
  names.length > 8 ? `${names.slice(0, 8).join(", ")}, ...` : names.join(", ");

/** Looks at data before anything is trained on them: what is missing, constant, copied, given away, unequal. */
export function checkData(parts: Parts, context: RunContext): DataCheck {
  const { train } = parts;
  const classes = train.task === "classification" && train.y.rank === 1 ? (train.classes ?? []) : null;
  const numbers = numbersOf(train);
  const facts = numbers && featureFacts(numbers);
  const findings = [
    missing(parts),
    ...(classes ? [balance(parts, classes)] : []),
    ...(numbers && facts ? [constant(numbers, facts), scales(numbers, facts)] : []),
    ...copies(parts),
    leak(train),
    ...(numbers && facts && classes ? [labels(numbers, facts)] : []),
  ];
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  const title = `${train.name}: ${counted(errors, "error")} and ${counted(warnings, "warning")} in ${counted(findings.length, "check")} of the data`;
  showFindings(context, title, findings);
  const counts = classes && classCounts(train.y.data, classes.length);
  if (classes && classes.length > 0) {
    const named = [
      ["train", train],
      ["valid", parts.valid],
      ["test", parts.test],
    ] as const;
    const shown = named.flatMap(([part, set]) =>
      set ? [{ part, counts: classCounts(set.y.data, classes.length) }] : [],
    );
    showChart(context, classCountsPlot, { name: train.name, classes, parts: shown });
  }
  const balanced = counts?.every((n) => n > 0) ? balancedWeights(counts) : null;
  const named = classes && counts ? Object.fromEntries(classes.map((name, c) => [name, counts[c] as number])) : null;
  return measured({ errors, warnings, findings, counts: named, balanced }, title);
}

const setsOf = ({ train, valid, test }: Parts): readonly (readonly [string, Dataset])[] =>
  (
    [
      ["training", train],
      ["validation", valid],
      ["test", test],
    ] as const
  ).flatMap(([part, set]) => (set ? [[part, set] as const] : []));

/** The set with its columns of numbers alone; null where it has none. */
function numbersOf(set: Dataset): Dataset | null {
  if (set.x.dtype !== "f32") return null;
  const { columns, x } = set;
  const own = columns.flatMap(({ categories }, c) => (categories ? [] : [c]));
  if (own.length === columns.length) return set;
  if (own.length === 0) return null;
  const data = new Float32Array(set.size * own.length);
  for (let i = 0; i < data.length; i++) {
    data[i] = x.data[Math.floor(i / own.length) * columns.length + (own[i % own.length] as number)] as number;
  }
  const featureNames = own.map((c) => columns[c]?.name as string);
  return set.with({
    x: new HostTensor([set.size, own.length], "f32", data),
    featureNames,
    categories: {},
    prepared: null,
  });
}

function missing(parts: Parts): Finding {
  const found = setsOf(parts).flatMap(([part, set]) => {
    const { data } = set.x;
    const width = sizeOf(set.x.shape.slice(1));
    const counts = new Map<string, number>();
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      const name = nameOf(set, i % width);
      if (set.categories[name]) continue; // a missing category is one of its own
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const total = [...counts.values()].reduce((a, b) => a + b, 0);
    return total > 0
      ? [`${counted(total, `${part} value`)} (${listed([...counts].map(([name, n]) => `${name} ${n}`))})`]
      : [];
  });
  if (found.length === 0)
    return pass("missing-values", "no value is missing", "every feature of every example is a number");
  return {
    rule: "missing-values",
    severity: "error",
    title: "values are missing",
    saw: found.join("; "),
    why: "A value that is not a number makes every output of its example, the loss and all gradients not numbers.",
    tries: [
      { text: 'fill in by the training part: splits.transform(data.impute({ strategy: "median", indicator: true }))' },
      { text: "leave such examples out: set.dropMissing()" },
    ],
  };
}

function balance(parts: Parts, classes: readonly string[]): Finding {
  const absent = setsOf(parts).flatMap(([part, set]) => {
    const counts = classCounts(set.y.data, classes.length);
    const names = classes.filter((_, c) => counts[c] === 0);
    return names.length > 0 ? [{ part, names }] : [];
  });
  const counts = classCounts(parts.train.y.data, classes.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const name = (n: number) => classes[counts.indexOf(n)] as string;
  const spread = `class ${name(least)} has ${counted(least, "training example")}, class ${name(most)} has ${most}`;
  const base = { rule: "class-balance", tries: [{ text: "keep the shares in every part: split({ stratify: true })" }] };
  if (absent.length > 0) {
    return {
      ...base,
      severity: absent[0]?.part === "training" ? "error" : "warning",
      title: "a class is missing",
      saw: absent
        .map(({ part, names }) => `${listed(names)} ${names.length === 1 ? "has" : "have"} no ${part} examples`)
        .join("; "),
      why: "A class that is not trained on is never predicted; one that is not validated has no figure.",
    };
  }
  if (most <= UNEQUAL * least) return pass("class-balance", "classes are of similar size", spread);
  return {
    ...base,
    severity: "warning",
    title: "classes are of very different size",
    saw: `${spread}: ${significant(most / least)} times as many`,
    why: `Predicting ${name(most)} always is right for ${percent(most / parts.train.size)} of them, so accuracy says little.`,
    tries: [
      { text: "weigh each class n / (classes * count), as set.classWeights() gives" },
      { text: "repeat examples of rare classes in the training part: splits.balanced({ seed: 1 })" },
      ...base.tries,
    ],
  };
}

function constant(train: Dataset, { std, mean, count }: FeatureFacts): Finding {
  const names = Array.from(std.keys())
    .filter((f) => !((std[f] as number) > 1e-12 * Math.abs(mean[f] as number)))
    .map((f) => nameOf(train, f));
  if (names.length === 0) return pass("constant-features", "every feature varies", counted(count, "feature"));
  const all = names.length === count;
  return {
    rule: "constant-features",
    severity: all ? "error" : names.length > count / 2 ? "warning" : "info",
    title: all ? "no feature varies" : "features are constant",
    saw: `${names.length} of ${counted(count, "feature")} ${names.length === 1 ? "has" : "have"} one value in all training examples: ${listed(names)}`,
    why: "They tell examples apart in nothing, and whitening cannot divide by their variance.",
    tries: [{ text: "leave them out when reading: data.csv(path, { columns: [...] })" }],
  };
}

function scales(train: Dataset, { ratio, widest, narrowest }: FeatureFacts): Finding {
  const saw = `deviations differ by a factor of ${significant(ratio)}${ratio > 1 ? `: ${widest} against ${narrowest}` : ""}`;
  if (!(ratio > SCALES)) return pass("feature-scale", "features are on similar scales", saw);
  return {
    rule: "feature-scale",
    severity: "warning",
    title: "features are on very different scales",
    saw,
    why: "The loss is steep along wide features and flat along narrow ones: one learning rate cannot suit both.",
    tries: [
      {
        text: `scale by the training part: splits.transform(data.standardize())${train.prepared ? ", after what is there" : ""}`,
      },
    ],
    paper: "LeCun, Bottou, Orr & Mueller 1998, Efficient BackProp, section 4.3",
  };
}

function copies(parts: Parts): Finding[] {
  const { within, copies: areCopies, shared } = duplicateFacts(parts);
  const across = shared.filter(({ count }) => count > 0);
  const repeated = Math.round(within * parts.train.size);
  const found: Finding[] = [];
  if (repeated === 0)
    found.push(pass("duplicates", "no training example occurs twice", counted(parts.train.size, "example")));
  else {
    found.push({
      rule: "duplicates",
      severity: areCopies && within > 0.01 ? "warning" : "info",
      title: "training examples occur more than once",
      saw: `${repeated} of ${counted(parts.train.size, "training example")} (${percent(within)}) have the features of another`,
      why: "Copies weigh more than other examples, and reach other parts when a split draws them apart.",
      tries: [{ text: "split by what they have in common: split({ groups: ... })" }],
    });
  }
  const conflicts = contradictions(parts.train);
  if (conflicts > 0) {
    found.push({
      rule: "contradictions",
      severity: "warning",
      title: "equal examples have different targets",
      saw: `${counted(conflicts, "training example")} ${conflicts === 1 ? "has" : "have"} the features of an earlier one and another target`,
      why: "No model of these features can be right on all of them: labels are wrong, or a feature is missing.",
      tries: [{ text: "look at them, and mend or drop them before the split" }],
    });
  }
  if (shared.length === 0) return found;
  if (across.length === 0) {
    const all = shared.reduce((sum, { of }) => sum + of, 0);
    return [...found, pass("leakage", "no part shares examples with training", `${counted(all, "example")} looked up`)];
  }
  const saw = across.map(({ part, count, of }) => `${count} of ${counted(of, `${part} example`)}`).join(", ");
  return [
    ...found,
    {
      rule: "leakage",
      severity: areCopies ? "error" : "info",
      title: "examples are in training and beside it",
      saw: `${saw} have the features of a training example${areCopies ? "" : "; features take so few values that this may be chance"}`,
      why: "A model that has learnt them by heart looks good on them, and is not.",
      tries: [{ text: "drop the copies before the split, or keep them together: split({ groups: ... })" }],
    },
  ];
}

/** Examples with the very features of an earlier one and another target. */
function contradictions({ x, y, size }: Dataset): number {
  const width = sizeOf(x.shape.slice(1));
  const places = y.size / size;
  const data = viewAs("u32", x.data);
  const targets = new Map<string, string>();
  let count = 0;
  for (let r = 0; r < size; r++) {
    const key = Buffer.from(data.buffer, data.byteOffset + 4 * r * width, 4 * width).toString("latin1");
    const target = String(y.data.subarray(r * places, (r + 1) * places));
    const known = targets.get(key);
    if (known === undefined) targets.set(key, target);
    else if (known !== target) count++;
  }
  return count;
}

function leak(train: Dataset): Finding {
  const found = labelLeak(train);
  if (!found)
    return pass("target-leak", "no feature gives the target away", "none sorts the examples by their targets");
  const how = {
    label: `sorted by it, ${percent(found.strength)} of the examples fall into their classes`,
    class: `it marks one class for ${percent(found.strength)} of its examples`,
    value: `it ranks the examples as the target does, to ${significant(found.strength)}`,
  }[found.kind];
  return {
    rule: "target-leak",
    severity: "warning",
    title: "a feature gives the target away",
    saw: `${found.feature}: ${how}`,
    why: "If it is known only once the target is, a model that uses it is worth nothing later.",
    tries: [{ text: `leave ${found.feature} out, unless it is known when predictions are made` }],
  };
}

function labels(train: Dataset, facts: FeatureFacts): Finding {
  const found = facts.nonFinite > 0 ? null : neighbourFacts(train, facts);
  if (!found)
    return pass(
      "label-noise",
      "too few examples, or too much missing, to doubt labels",
      counted(train.size, "example"),
    );
  const saw = `of ${counted(found.clear, "example")} whose neighbours agree most, ${percent(found.odd)} have another label than these`;
  if (found.odd <= ODD) return pass("label-noise", "labels go with those of neighbours", saw);
  return {
    rule: "label-noise",
    severity: found.odd > 3 * ODD ? "warning" : "info",
    title: "some labels may be wrong",
    saw,
    why: "Wrong labels bound what can be reached, and a large network learns them by heart.",
    tries: [{ text: "look at them: run.inspect.mistakes() after training shows the examples with the highest loss" }],
  };
}
