import { hyperparameters } from "../../optim/index.ts";
import { significant } from "../../plots/format.ts";
import type { Subject } from "../subject.ts";

/** The learning rate that a run ended with, or that its optimizer begins with; NaN when it has none. */
export function rateOf(subject: Subject): number {
  const last = subject.run?.history.lr.at(-1);
  return last !== undefined && last > 0 ? last : (hyperparameters(subject.config.optimizer).lr ?? Number.NaN);
}

/** What curvature an optimizer bears at a rate. */
export interface Bound {
  /** Above this curvature its steps grow from one to the next along that direction. */
  readonly value: number;
  /** How it comes about: "2 / lr". */
  readonly formula: string;
  /** False where steps are rescaled per parameter: then it is the bound of plain gradient steps only. */
  readonly exact: boolean;
}

/**
 * 2 / lr for gradient steps; (2 + 2 m) / lr with momentum m, and that over 1 + 2 m with Nesterov's.
 * Cohen et al. 2021, arXiv:2103.00065, section 2 and appendix B.
 */
export function boundOf({ config }: Subject, lr: number): Bound {
  const { type } = config.optimizer;
  if (type !== "sgd") return { value: 2 / lr, formula: "2 / lr", exact: false };
  const { momentum = 0, dampening = 0 } = hyperparameters(config.optimizer);
  const nesterov = (config.optimizer.options as { nesterov?: boolean }).nesterov === true;
  if (momentum === 0) return { value: 2 / lr, formula: "2 / lr", exact: true };
  const heavy = (2 + 2 * momentum) / (lr * (1 - dampening));
  if (nesterov) return { value: heavy / (1 + 2 * momentum), formula: "(2 + 2 m) / (1 + 2 m) / lr", exact: true };
  return { value: heavy, formula: dampening ? "(2 + 2 m) / (1 - dampening) / lr" : "(2 + 2 m) / lr", exact: true };
}

/** Curvature against the rate, in a sentence. */
export function stability({
  top,
  bound,
  lr,
}: {
  readonly top: readonly { readonly value: number }[];
  readonly bound: Bound;
  readonly lr: number;
}): string {
  const value = top[0]?.value ?? Number.NaN;
  const limit = `${bound.formula} = ${significant(bound.value)}`;
  const whose = bound.exact ? "" : " for plain gradient steps; this optimizer rescales each parameter";
  const share = value / bound.value;
  if (share > 1) {
    const edge = share < 1.1 ? ", at the edge of stability" : "";
    return `largest curvature ${significant(value)} is above ${limit}: steps of rate ${significant(lr)} are unstable along it${edge}${whose}`;
  }
  if (share > 0.8)
    return `largest curvature ${significant(value)} is just below ${limit}: the edge of stability${whose}`;
  return `largest curvature ${significant(value)} is below ${limit}: steps of rate ${significant(lr)} are stable${whose}`;
}
