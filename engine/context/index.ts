import { AsyncLocalStorage } from "node:async_hooks";
import type { Backend } from "../backends/backend.ts";
import { UserError } from "../errors/index.ts";
import type { KernelEvent, RestOfPlan, RunControl } from "../protocol/index.ts";

export { folderMoved, placeNow } from "./places.ts";

type WithoutCell<E> = E extends { cell: string } ? Omit<E, "cell"> : never;

/** What code called by a cell may tell the client; the context adds the cell. */
export type CellEvent = WithoutCell<Exclude<KernelEvent, { event: "state" }>>;

/**
 * What the code called by a cell knows about where it runs. The kernel makes one for each run of a cell; tests and
 * scripts make their own.
 */
export interface RunContext {
  readonly cell: string;
  /** SHA-256 of the cell's text. */
  readonly textHash?: string;
  /** Version of dlnb. */
  readonly version?: string | undefined;
  /** The top-level name by which the notebook's cells know a value; null when they have none for it. */
  nameOf?(value: object): string | null;
  /** Aborted by the user's interrupt, with an `Interrupted` as its reason. */
  readonly signal: AbortSignal;
  /** Events reach the client in the order of the calls; text written before an event arrives before it. */
  emit(event: CellEvent): void;
  /** A line for the kernel log, not for the cell. */
  log(level: "info" | "warning" | "error", text: string): void;
  /** An id for an output or chart that no other has in this notebook; begins with `prefix`. */
  freshId(prefix: string): string;
  /** Folder of this notebook's run log and checkpoints, made on the first write; null: nothing is kept. */
  readonly runFolder: string | null;
  /** Relative data paths start here. */
  readonly notebookFolder: string;
  /** The chosen backend, opened by the first call and shared by later ones. Throws BackendError when there is none. */
  backend(): Promise<Backend>;
  /** All backends that a training run may choose from, that of `backend()` first; absent where there is no choice. */
  rivals?(): Promise<readonly Backend[]>;
  /**
   * Keeps an interrupt from giving up on `work`: a cell's `await` that an interrupt finds under way is abandoned after
   * a short wait, unless shielded work has still to reach a good state (finish the submit, write a checkpoint).
   * Settles as `work` does.
   */
  shield<T>(work: Promise<T>): Promise<T>;
  /** Takes note of a run that can be changed while it trains, until what it returns is called; absent: nobody changes one. */
  steered?(run: Steered): () => void;
  /** Set while a notebook is only tried out. */
  readonly rehearsal?: Rehearsal | undefined;
}

/** A run under way, as those see it who change it by hand: see `control` in engine/protocol. */
export interface Steered {
  readonly id: string;
  readonly name: string;
  /** Refuses by a sentence in `why`, whatever it is given. */
  control(change: RunControl): { readonly applied: boolean; readonly step: number; readonly why: string };
  readonly rest: RestOfPlan;
}

/** What `fit` does when a notebook is only tried out, as `dlnb profile` does. */
export interface Rehearsal {
  /** Optimizer updates of a fit at most. */
  readonly steps: number;
  /** Called with the experiment once a fit has ended. */
  fitted(experiment: object): Promise<void>;
}

const contexts = new AsyncLocalStorage<RunContext>();

/** The context of the cell that called us, also after `await`, in timers and callbacks. Throws UserError outside of one. */
export function currentContext(): RunContext {
  const context = contexts.getStore();
  if (!context) throw new UserError("this runs in a notebook cell only: there is no current cell here");
  return context;
}

/** As `currentContext`, but undefined outside of a cell. */
export const maybeContext = (): RunContext | undefined => contexts.getStore();

/** Calls `work` with `context` as the current one. */
export const inContext = <T>(context: RunContext, work: () => T): T => contexts.run(context, work);
