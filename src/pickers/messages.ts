import { isRecord } from "../outputs/read.ts";
import type { FieldValues, Pick } from "./entries.ts";

/** What the picker's page is sent; media/picker/payload.ts mirrors it, and a type-level test holds the two equal. */
export type ToPicker =
  | {
      type: "picks";
      kind: "schedule" | "init";
      picks: readonly Pick[];
      /** What is chosen at first. */
      chosen: string;
      /** Where the call will stand, in words. */
      where: string;
      /** Why curves are not drawn anew as options change; empty when they are. */
      still: string;
    }
  | {
      type: "preview";
      serial: number;
      call: string;
      /** What the call would do; null when there is a problem or nobody to ask. */
      drawing: Pick["drawing"];
      problem: string;
    };

export type FromPicker =
  | { type: "ready" }
  | { type: "preview"; serial: number; name: string; values: FieldValues }
  | { type: "insert"; name: string; values: FieldValues }
  | { type: "cancel" };

const MOST_TEXT = 10_000;

/** A message of the page; null for anything else. */
export function readPicked(message: unknown): FromPicker | null {
  if (!isRecord(message)) return null;
  const { type, serial, name, values } = message;
  if (type === "ready" || type === "cancel") return { type };
  if ((type !== "preview" && type !== "insert") || typeof name !== "string" || !isRecord(values)) return null;
  const read = Object.entries(values).filter(
    (pair): pair is [string, string] => typeof pair[1] === "string" && pair[1].length <= MOST_TEXT,
  );
  if (type === "insert") return { type, name, values: Object.fromEntries(read) };
  return typeof serial === "number" ? { type, serial, name, values: Object.fromEntries(read) } : null;
}
