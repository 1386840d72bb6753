import { type Checked, choice, type Definition, type Instance, int, type Params } from "../params/index.ts";

/** An average of the weights over the steps of a run, kept beside them: average <- average + weight (p - average). */
export interface AverageDefinition<P extends Params = Params> extends Definition<P> {
  /** Never set: what it makes. */
  readonly made?: Average;
  /** Of new weights in an average of `count` before them; 1 for the first, which are copied. */
  weight(count: number, options: Checked<P>): number;
}

export interface Average extends Instance<AverageDefinition> {}

interface When {
  readonly start: number;
  readonly every: number;
  readonly per: "step" | "epoch";
}

const when = (per: When["per"]) => ({
  start: int(0, "[0, inf)", "Steps or epochs, as `per` says, after which the first weights are taken."),
  every: int(1, "[1, inf)", "Takes weights every so many of them."),
  per: choice(per, ["step", "epoch"], "What start and every count: optimizer steps or epochs."),
});

/** Declares an average, which counts steps or epochs unless told otherwise. Its name is the one it is exported under in all.ts. */
export function defineAverage<const P extends Params>(
  per: When["per"],
  definition: AverageDefinition<P>,
): AverageDefinition<P & ReturnType<typeof when>> {
  return { ...definition, params: { ...definition.params, ...when(per) } } as unknown as AverageDefinition<
    P & ReturnType<typeof when>
  >;
}

/** How many weights an average holds after `step` steps. */
export function countAt({ options }: Average, { step, stepsPerEpoch }: Place): number {
  const { start, every, per } = options as unknown as When;
  const t = per === "epoch" ? Math.floor(step / stepsPerEpoch) : step;
  const first = start === 0 ? every : start;
  return t < first ? 0 : Math.floor((t - first) / every) + 1;
}

/** Steps done, and how many an epoch has. */
interface Place {
  readonly step: number;
  readonly stepsPerEpoch: number;
}

/** The weight in the average of what the step makes of the parameters that follows after `step` of them; 0 when it is not taken. */
export function weightAt(average: Average, { step, stepsPerEpoch }: Place): number {
  const before = countAt(average, { step, stepsPerEpoch });
  if (countAt(average, { step: step + 1, stepsPerEpoch }) === before) return 0;
  return average.definition.weight(before, average.options);
}
