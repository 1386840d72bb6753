import type { RunHistory } from "./messages.ts";

/** A run as it is compared: what a kernel or a run log knows of it, as plain JSON. */
export interface RunFacts {
  /** Tells it from all others. */
  readonly key: string;
  readonly name: string;
  /** What the experiment's `describe()` says, and of the fit `schedule`, `epochs`, `earlyStopping` where they are known. */
  readonly config: Readonly<Record<string, unknown>>;
  /** It may still change. */
  readonly live: boolean;
  /** Its loss or gradient was not finite: it ended with nothing that counts. */
  readonly broken: boolean;
  readonly steps: number;
  readonly epochs: number;
  readonly seconds: number;
  /** `trainLoss`, `validAccuracy` ... */
  readonly final: Readonly<Record<string, number>>;
  readonly history: RunHistory;
}
