import { check } from "../params/index.ts";
import { type CheckpointOptions, checkpointParams } from "./options.ts";

/** Share of the time of a run that goes to checkpoints which nobody asked for. */
const SHARE = 0.03;

/** A checkpoint of an epoch. */
export interface Kept {
  readonly file: string;
  readonly epoch: number;
  readonly step: number;
}

/**
 * Which epochs leave a checkpoint to go back to: spread evenly over the run however long it becomes. When there are more than are
 * kept, every other one goes, and from then on half as many are written: some 4 to 8 at a time, and few more in all.
 */
export class KeptCheckpoints {
  readonly #most: number;
  readonly #asked: boolean;
  #every: number;
  #kept: Kept[] = [];
  #spentMs = 0;

  /** `bytes`: the size of one. Throws ConfigError for an unknown option. */
  constructor(given: unknown, bytes: number) {
    const options: CheckpointOptions = check(checkpointParams, given, "checkpoints");
    const room = Math.floor((options.megabytes * 1e6) / Math.max(1, bytes));
    this.#most = Math.min(options.keep, room);
    this.#asked = options.every !== null;
    this.#every = options.every ?? 1;
  }

  /** Whether `epoch`, from 1, leaves one, `ranMs` after the run began. */
  due(epoch: number, ranMs: number): boolean {
    return this.#most > 0 && epoch % this.#every === 0 && (this.#asked || this.#spentMs <= SHARE * ranMs);
  }

  /** One was written, which took `ms`. Returns those that are to go. */
  wrote(one: Kept, ms: number): readonly Kept[] {
    this.#spentMs += ms;
    this.#kept.push(one);
    const gone: Kept[] = [];
    while (this.#kept.length > this.#most) {
      this.#every *= 2;
      const { yes: stay = [], no = [] } = Object.groupBy(this.#kept, ({ epoch }) =>
        epoch % this.#every === 0 ? "yes" : "no",
      );
      this.#kept = stay;
      gone.push(...no);
    }
    return gone;
  }
}
