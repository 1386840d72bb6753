import { type Action, FINDINGS_MIME, type Finding } from "../../engine/protocol/index.ts";
import { readFindings } from "../outputs/read.ts";

/** Metadata of outputs that an earlier text of the cell left: they stay to be read and claim nothing. */
export const STALE = { dlnbStale: true } as const;

/** What counts as a problem among an output's findings; nothing for data that is not as it should be. */
export function problemsIn(items: readonly { readonly mime: string; readonly data: Uint8Array }[]): Finding[] {
  return items
    .filter(({ mime }) => mime === FINDINGS_MIME)
    .flatMap(({ data }) => readFindings(parsed(data))?.findings ?? [])
    .filter(({ severity }) => severity === "error" || severity === "warning");
}

function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return null;
  }
}

/** What an editor can do about a finding, best first. */
export function remedies({ tries }: Finding): Action[] {
  return tries.flatMap(({ action }) => (action === undefined ? [] : [action]));
}
