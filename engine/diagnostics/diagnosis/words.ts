import { hyperparameters } from "../../optim/index.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Try } from "./rule.ts";

/** Three significant digits; very large and small ones by powers of ten. */
export function num(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "-infinity" : "infinity";
  const size = Math.abs(value);
  if (value !== 0 && (size >= 1e5 || size < 1e-3)) return value.toExponential(1).replace(".0e", "e").replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

/** "97 %". */
export const percent = (share: number): string => {
  const value = 100 * share;
  return `${Math.abs(value) >= 10 || value === 0 || Number.isInteger(value) ? Math.round(value) : Number(value.toPrecision(2))} %`;
};

/** "layer 3", "layers 3, 5 and 2 more". */
export function layersText(paths: readonly string[]): string {
  const [first, second, ...more] = paths;
  if (first === undefined) return "no layer";
  if (second === undefined) return `layer ${first}`;
  return more.length === 0 ? `layers ${first} and ${second}` : `layers ${first}, ${second} and ${more.length} more`;
}

/** A rate of two digits that is easy to read. */
export const rounded = (rate: number): number => Number(rate.toPrecision(2));

/** "set the learning rate to 0.001", with the action that does it in the user's cell. */
export function setRate({ experiment, ran }: Evidence, rate: number, text?: string): Try {
  const value = rounded(rate);
  return {
    text: text ?? `set the learning rate to ${num(value)} in place of ${num(ran?.lr ?? lrOf(experiment))}`,
    action: {
      label: `Set lr to ${num(value)}`,
      title: `Puts ${num(value)} where the experiment gives its learning rate`,
      do: {
        kind: "set-option",
        options: ran?.lrVaries ? ["maxLr", "lr"] : ["lr"],
        value,
        experiment: experiment.options.name || null,
      },
    },
  };
}

export const lrOf = (experiment: Evidence["experiment"]): number =>
  hyperparameters(experiment.config.optimizer).lr ?? Number.NaN;

/** Optimizers whose steps have one size whatever the gradient's. */
const ADAPTIVE: readonly string[] = ["adam", "adamw", "adamax", "radam", "rmsprop", "adagrad", "adadelta", "lion"];

/** The advice to take such an optimizer, for those who have none. */
export const scaledSteps = ({ experiment }: Evidence): readonly Try[] =>
  ADAPTIVE.includes(experiment.config.optimizer.type)
    ? []
    : [{ text: "take an optimizer that scales its own steps: optim.adamw({ lr: 1e-3 })" }];

/** A new cell with `code` below this one. */
export const insertCell = (text: string, label: string, code: string): Try => ({
  text,
  action: { label, title: "Inserts a cell below that does it", do: { kind: "insert-cell", text: code } },
});

export const findRate: Try = insertCell(
  "look for the rate with exp.findLearningRate()",
  "Find the learning rate",
  "await exp.findLearningRate()",
);

export const inspectInitialization: Try = insertCell(
  "look at all layers before the first step with exp.inspect.initialization()",
  "Inspect the initialization",
  "await exp.inspect.initialization()",
);
