import type { Given, Options, Params } from "../params/index.ts";
import type * as all from "./all.ts";
import type { Schedule, Unit } from "./definition.ts";

/** The schedules as cells call them. What one counts is in the type of what it returns: `Schedule<"epoch">`. */
export type Calls = Omit<{ readonly [K in keyof typeof all]: Call<(typeof all)[K]> }, keyof OfParts> & OfParts;

/** Those that take over the unit of what they are made of; parts that count differently fit no overload. */
type OfParts = {
  readonly chain: {
    (schedules: readonly Schedule<"step">[]): Schedule<"step">;
    (schedules: readonly Schedule<"epoch">[]): Schedule<"epoch">;
  };
  readonly concat: {
    (schedules: readonly Schedule<"step">[], options: Milestones): Schedule<"step">;
    (schedules: readonly Schedule<"epoch">[], options: Milestones): Schedule<"epoch">;
  };
  readonly warmup: <U extends Unit>(
    length: number,
    inner: Schedule<U>,
    options?: { readonly startFactor?: number },
  ) => Schedule<U>;
  readonly plateau: (options?: Options<(typeof all)["plateau"]["params"]>) => Schedule<"epoch">;
};

type Milestones = { readonly milestones: readonly number[] };

type Call<D extends { readonly params: Params }> = OwnCall<
  Omit<D["params"], "per">,
  D["params"] extends { readonly per: { readonly default: infer U extends Unit } } ? U : "step",
  D extends { readonly positional: infer N extends string } ? N : never
>;

type OwnCall<P extends Params, Default extends Unit, N extends string> = [N] extends [never]
  ? Record<never, never> extends Options<P>
    ? <const U extends Unit = Default>(options?: Options<P> & Per<U>) => Schedule<NoInfer<U>>
    : <const U extends Unit = Default>(options: Options<P> & Per<U>) => Schedule<NoInfer<U>>
  : {
      <const U extends Unit = Default>(
        value: Given<P[N & keyof P]>,
        options?: Options<Omit<P, N>> & Per<U>,
      ): Schedule<NoInfer<U>>;
      <const U extends Unit = Default>(options: Options<P> & Per<U>): Schedule<NoInfer<U>>;
    };

type Per<U extends Unit> = { readonly per?: U | undefined };
