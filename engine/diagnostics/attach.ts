import { currentContext } from "../context/index.ts";
import { type Checked, check, type Given, type Options, optionsOf, type Params, strict } from "../params/index.ts";
import { Experiment } from "../session/experiment.ts";
import { Run } from "../session/run.ts";
import * as all from "./all.ts";
import type { DiagnosticDefinition, SubjectKind } from "./definition.ts";
import { Subject } from "./subject.ts";

type All = typeof all;

type Method<D> =
  D extends DiagnosticDefinition<infer P, infer R>
    ? D extends { readonly positional: infer N extends keyof P }
      ? {
          (given?: Options<P>): Promise<R>;
          (given: Given<P[N]>, options?: Options<Omit<P, N>>): Promise<R>;
        }
      : Record<never, never> extends Options<P>
        ? (options?: Options<P>) => Promise<R>
        : (options: Options<P>) => Promise<R>
    : never;

/** The diagnostics of a kind of subject, as methods. */
export type Diagnostics<S extends SubjectKind, I extends boolean> = {
  readonly [K in keyof All as All[K] extends { of: readonly (infer T)[]; inspects: I }
    ? S extends T
      ? K
      : never
    : never]: Method<All[K]>;
};

declare module "../session/experiment.ts" {
  interface Experiment extends Diagnostics<"experiment", false> {
    readonly inspect: Diagnostics<"experiment", true>;
  }
}

declare module "../session/run.ts" {
  interface Run extends Diagnostics<"run", false> {
    readonly inspect: Diagnostics<"run", true>;
  }
}

/** `definition` with its options checked, asked of a subject inside a cell; an interrupt lets it end well. */
function ask(
  name: string,
  definition: DiagnosticDefinition,
  subject: Subject,
  given: readonly unknown[],
): Promise<unknown> {
  const options = check(definition.params, optionsOf(name, definition, given), name) as Checked<Params>;
  definition.validate?.(options, name);
  const context = currentContext();
  return context.shield(definition.measure(subject, options, context));
}

function attach(kind: SubjectKind, prototype: object, subjectOf: (self: never) => Subject): void {
  const own = Object.entries<DiagnosticDefinition>(all as never).filter(([, { of }]) => of.includes(kind));
  for (const [name, definition] of own) {
    if (definition.inspects) continue;
    Object.defineProperty(prototype, name, {
      async value(this: never, ...given: unknown[]) {
        return await ask(name, definition, subjectOf(this), given);
      },
    });
  }
  Object.defineProperty(prototype, "inspect", {
    get(this: never) {
      const subject = subjectOf(this);
      const methods = own
        .filter(([, { inspects }]) => inspects)
        .map(([name, definition]) => [
          name,
          async (...given: unknown[]) => await ask(`inspect.${name}`, definition, subject, given),
        ]);
      return strict("inspection", Object.freeze(Object.fromEntries(methods)));
    },
  });
}

attach("experiment", Experiment.prototype, (self: Experiment) => new Subject(self, null));
attach("run", Run.prototype, (self: Run) => new Subject(self.experiment, self));
