import { readAction } from "../chart/hints.ts";
import type { Finding, Findings } from "../chart/payload.ts";
import { UNREADABLE } from "../chart/words.ts";

const SEVERITIES = ["error", "warning", "info", "pass"] as const;

/** Reads an output item, most severe first; throws when it is none. Parts that cannot be understood are left out. */
export function readFindings(value: unknown): Findings {
  const { id, title, findings } = (value ?? {}) as Partial<Record<keyof Findings, unknown>>;
  if (typeof id !== "string" || typeof title !== "string" || !Array.isArray(findings)) {
    throw new Error(UNREADABLE.findings);
  }
  const read = findings.flatMap((one) => readFinding(one) ?? []);
  return { id, title, findings: read.sort((a, b) => rank(a) - rank(b)) };
}

function rank({ severity }: Finding): number {
  return SEVERITIES.indexOf(severity);
}

function readFinding(value: unknown): Finding | undefined {
  const { rule, severity, title, saw, why, tries, mark, paper } = (value ?? {}) as Partial<
    Record<keyof Finding, unknown>
  >;
  const known = SEVERITIES.find((one) => one === severity);
  if (known === undefined || typeof title !== "string") return undefined;
  const text = (one: unknown) => (typeof one === "string" ? one : "");
  return {
    rule: text(rule),
    severity: known,
    title,
    saw: text(saw),
    why: text(why),
    tries: Array.isArray(tries) ? tries.flatMap(readTry) : [],
    ...(typeof mark === "number" && Number.isFinite(mark) ? { mark } : {}),
    ...(typeof paper === "string" && paper !== "" ? { paper } : {}),
  };
}

function readTry(value: unknown): Finding["tries"][number][] {
  const { text, action } = (value ?? {}) as { text?: unknown; action?: unknown };
  if (typeof text !== "string") return [];
  const read = readAction(action);
  return [{ text, ...(read === undefined ? {} : { action: read }) }];
}
