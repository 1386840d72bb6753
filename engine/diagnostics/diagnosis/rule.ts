import type { Action, Finding } from "../../protocol/index.ts";
import type { Evidence } from "./evidence/evidence.ts";

/** A step to take, and an action that does it where an editor can. */
export interface Try {
  readonly text: string;
  readonly action?: Action;
}

/** Where the evidence lies, for a mark on the charts. */
export interface Where {
  /** First and last step. */
  readonly steps?: readonly [number, number];
  /** Paths of layers. */
  readonly layers?: readonly string[];
}

/** What a rule saw when it applies. */
export interface Verdict {
  readonly severity: Exclude<Finding["severity"], "pass">;
  /** In place of the rule's own title. */
  readonly title?: string;
  /** With numbers. */
  readonly saw: string;
  /** By expected gain against cost, best first. */
  readonly tries: readonly Try[];
  readonly where?: Where;
  /** In place of the rule's own. */
  readonly explains?: readonly string[];
}

/** One thing that goes wrong in training. It reads the evidence and nothing else. */
export interface Rule {
  readonly name: string;
  /** The finding in a few words. */
  readonly title: string;
  /** What it looks for, and where its thresholds come from. */
  readonly summary: string;
  readonly why: string;
  readonly paper?: string;
  /** Rules whose findings follow from this one: where both apply this is the cause, they are its symptoms. */
  readonly explains?: readonly string[];
  judge(evidence: Evidence): Verdict | null;
}

export const defineRule = (rule: Rule): Rule => rule;
