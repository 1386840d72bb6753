/** What the picker and the editor say to each other: mirrors src/pickers; a type-level test holds the two equal. */

export interface Drawing {
  readonly kind: "curve" | "density" | "function" | "walk";
  readonly call?: string;
  readonly note: string;
  readonly x: readonly [string, string];
  readonly y: readonly [string, string];
  readonly zero?: readonly [number, number];
  readonly paths: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly kind: "number" | "boolean" | "choice" | "list" | "code";
  readonly value: string;
  readonly sample: string;
  readonly default: string | null;
  readonly choices: readonly string[];
  readonly range: string;
  readonly doc: string;
}

export interface Pick {
  readonly name: string;
  readonly summary: string;
  readonly rule: readonly string[];
  readonly paper: string;
  readonly drawing: Drawing | null;
  readonly fields: readonly Field[];
}

export type FieldValues = Readonly<Record<string, string>>;

export type ToPicker =
  | {
      type: "picks";
      kind: "schedule" | "init";
      picks: readonly Pick[];
      chosen: string;
      where: string;
      still: string;
    }
  | { type: "preview"; serial: number; call: string; drawing: Drawing | null; problem: string };

export type FromPicker =
  | { type: "ready" }
  | { type: "preview"; serial: number; name: string; values: FieldValues }
  | { type: "insert"; name: string; values: FieldValues }
  | { type: "cancel" };
