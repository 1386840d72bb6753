import { nameOf } from "../../metrics/index.ts";
import * as ops from "../../ops/index.ts";
import { input, scalar } from "../../ops/index.ts";
import { type BuiltPlan, buildPlan } from "../../plan/index.ts";
import { bufferWords, dataWords, pass } from "../../session/forward.ts";
import { Tally, tallyRows } from "../../session/tally.ts";
import type { Objective } from "../curvature/objective.ts";
import { inSubmits } from "../curvature/submits.ts";

/** A place in the plane: weights + a direction1 + b direction2. */
export interface Place {
  readonly a: number;
  readonly b: number;
}

/** What the objective is at a place. */
export interface Height {
  readonly loss: number;
  /** Of each metric of the experiment, sum over count; empty without metrics. */
  readonly metrics: readonly number[];
}

/** Directions in weight space, flat as the parameters. */
export interface Directions {
  readonly first: Float32Array;
  readonly second?: Float32Array;
  /** Running statistics move along `first` too: by these, flat as they are. */
  readonly running?: Float32Array;
}

/** Places are told in blocks that take about so long, of so many at most. */
const BLOCK_MS = 250;
const MOST_PLACES = 1024;

/**
 * The objective at `places`, in their order. The weights of every place are made on the device from two scalars. Stops
 * between submits: what is done by then has been told to `take`. Returns how many places are done.
 */
export async function heights(
  objective: Objective,
  directions: Directions,
  places: readonly Place[],
  { stopped, take }: { stopped: () => boolean; take: (index: number, height: Height) => void },
): Promise<number> {
  const { device, batches } = objective;
  device.write("direction 1", directions.first);
  device.write("direction 2", directions.second ?? new Float32Array(directions.first.length));
  if (directions.running) device.write("running direction", directions.running);
  const sizes = [...new Set(batches.map(({ batch }) => batch))];
  const programs = new Map(
    await Promise.all(
      sizes.map(async (batch) => {
        const key = `height ${objective.data.name} ${objective.training} ${directions.running !== undefined} ${batch}`;
        const plan = (max: number) => heightPlan(objective, batch, directions.running !== undefined, max);
        return [batch, await device.program(key, plan)] as const;
      }),
    ),
  );
  const pace = { size: 1 };
  // batches of one size after the other over a block of places, so that what is done is done for whole places
  let block = 1;
  for (let from = 0; from < places.length; ) {
    const began = performance.now();
    const some = places.slice(from, from + block);
    const tallies = some.map(() => new Tally(device.config));
    for (const [batch, program] of programs) {
      const own = batches.filter((b) => b.batch === batch);
      const scalars = some.flatMap(({ a, b }) => own.map(({ cursor }) => objective.scalars(cursor, { a, b })));
      const done = await inSubmits(program, scalars, {
        stopped,
        pace,
        take: (rows, first, count) => {
          for (let i = 0; i < count; i++) {
            tallies[Math.floor((first + i) / own.length)]?.add(rows, count, i, i + 1);
          }
        },
      });
      if (done < scalars.length) return from;
    }
    for (const [i, { figures }] of tallies.entries()) {
      const metrics = device.config.metrics.map((metric) => figures[nameOf(metric)] as number);
      take(from + i, { loss: figures.loss as number, metrics });
    }
    from += some.length;
    const ms = Math.max(1, performance.now() - began);
    block = Math.max(1, Math.min(MOST_PLACES, 4 * block, Math.round((some.length * BLOCK_MS) / ms)));
  }
  return places.length;
}

/** Makes the point of scalars a and b, then loss and metrics there. */
function heightPlan(
  { device, data, training }: Objective,
  batch: number,
  movesRunning: boolean,
  maxBuffersPerLaunch: number,
): BuiltPlan {
  const { config } = device;
  const { model } = config;
  const { words } = model.parameters;
  const forward = pass(config, data, batch, { training, ordered: false });
  const { places } = forward;
  const flat = (name: string, size: number) => {
    places[name] = { buffer: name, offset: 0 };
    return input(name, [size]);
  };
  const along = (x: ops.Tensor, direction: ops.Tensor, by: string) => ops.add(x, ops.mul(direction, scalar(by)));
  const point = along(
    along(flat("parameters", words), flat("direction 1", words), "a"),
    flat("direction 2", words),
    "b",
  );
  for (const { name, offset } of model.parameters.slices) places[`parameter ${name}`] = { buffer: "point", offset };
  const running = model.running.slices.filter(({ dtype }) => movesRunning && dtype === "f32");
  const moved = running.map(({ name, shape, offset }) => {
    const from = (buffer: string) => {
      places[`${buffer} ${name} here`] = { buffer, offset };
      return input(`${buffer} ${name} here`, shape);
    };
    places[`running ${name}`] = { buffer: "running point", offset };
    return { value: along(from("running"), from("running direction"), "a"), buffer: "running point", offset };
  });
  return buildPlan({
    label: `height, batch ${batch}`,
    buffers: {
      ...bufferWords(config),
      ...dataWords(data),
      "direction 1": words,
      "direction 2": words,
      point: words,
      ...(movesRunning && { "running direction": model.running.words, "running point": model.running.words }),
    },
    inputs: places,
    stages: [
      { stores: [{ value: point, buffer: "point", offset: 0 }, ...moved] },
      { rows: tallyRows(config, forward, "evaluation") },
    ],
    maxBuffersPerLaunch,
  });
}
