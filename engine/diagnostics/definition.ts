import type { RunContext } from "../context/index.ts";
import type { Checked, Definition, Params } from "../params/index.ts";
import type { Subject } from "./subject.ts";

/** What a diagnostic can be asked of. */
export type SubjectKind = "experiment" | "run";

/**
 * A look at an experiment or a run: what it needs, what it costs, what it measures. It shows its charts while it goes on
 * and returns its numbers. It works on a copy: weights, optimizer state, running statistics and random numbers of what it
 * looks at are the same bits after it, however it ends.
 */
export interface DiagnosticDefinition<
  P extends Params = Params,
  R = unknown,
  S extends SubjectKind = SubjectKind,
  I extends boolean = boolean,
> extends Definition<P> {
  /** Whose method it is. */
  readonly of: readonly S[];
  /** Stands behind `inspect`, as in `exp.inspect.initialization()`; otherwise as in `exp.preflight()`. */
  readonly inspects: I;
  /** For people who plan: "a forward and a backward pass over 256 examples". */
  readonly cost: string;
  /** Throws ConfigError when the subject lacks what it needs, Interrupted when it is stopped with nothing to show. */
  measure(subject: Subject, options: Checked<P>, context: RunContext): Promise<R>;
}

/** Declares a diagnostic. Its name is the one it is exported under in all.ts. */
export function defineDiagnostic<
  const P extends Params,
  R,
  S extends SubjectKind,
  I extends boolean,
  const M extends { readonly positional?: Extract<keyof P, string> },
>(definition: DiagnosticDefinition<P, R, S, I> & M): DiagnosticDefinition<P, R, S, I> & M {
  return definition;
}
