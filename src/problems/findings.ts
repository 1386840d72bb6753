import { type Action, FINDINGS_MIME, type Finding } from "../../engine/protocol/index.ts";

/** Metadata of outputs that an earlier text of the cell left: they stay to be read and claim nothing. */
export const STALE = { dlnbStale: true } as const;

/** What counts as a problem among an output's findings; nothing for data that is not as it should be. */
export function problemsIn(items: readonly { readonly mime: string; readonly data: Uint8Array }[]): Finding[] {
  return items
    .filter(({ mime }) => mime === FINDINGS_MIME)
    .flatMap(({ data }) => {
      try {
        const { findings } = JSON.parse(new TextDecoder().decode(data)) as { findings?: unknown };
        return Array.isArray(findings) ? findings.filter(isProblem) : [];
      } catch {
        return [];
      }
    });
}

function isProblem(value: unknown): value is Finding {
  if (typeof value !== "object" || value === null) return false;
  const { rule, severity, title, saw, tries } = value as Partial<Record<keyof Finding, unknown>>;
  return (
    (severity === "error" || severity === "warning") &&
    [rule, title, saw].every((text) => typeof text === "string") &&
    Array.isArray(tries)
  );
}

/** What an editor can do about a finding, best first. */
export function remedies({ tries }: Finding): Action[] {
  return tries.flatMap(({ action }) => (action === undefined ? [] : [action]));
}
