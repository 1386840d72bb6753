import type { Chosen } from "./args.ts";
import type { Finish } from "./race.ts";
import { ratioOf, type Spread, spreadOf } from "./statistics.ts";
import type { Size } from "./workload.ts";

/** What a race came to: plain data, as `--json` writes it. */
export interface Outcome {
  readonly workload: string;
  readonly title: string;
  readonly sizes: Readonly<Record<string, Size>>;
  readonly engines: readonly Standing[];
  /** What the project wants at these sizes, whether it is reached; null where it has no goal. */
  readonly goal: Goal | null;
}

export interface Standing {
  readonly engine: string;
  readonly title: string;
  readonly version: string;
  readonly adapter: string;
  /** Why there are no numbers. */
  readonly failed: string | null;
  readonly stepsPerSecond: Spread | null;
  readonly windows: readonly number[];
  /** How many times as fast ours is; null for ours. */
  readonly ratio: Spread | null;
  readonly firstStepMs: number | null;
  readonly firstStepAgainMs: number | null;
  readonly peakBytes: number;
  /** Share of a core used while others were measured. */
  readonly idle: number | null;
  readonly losses: readonly number[];
  readonly launches: number | null;
  readonly flops: number | null;
  readonly bytes: number | null;
}

export interface Goal {
  readonly factor: number;
  /** What the best of those it is measured against is called, and the ratio to it. */
  readonly against: string;
  readonly ratio: number;
  readonly reached: boolean;
}

/** On a WebGPU adapter that is software: times the JavaScript peers on the same adapter. */
const SOFTWARE_GOAL = 3;

export function outcomeOf({ workload, sizes, changed }: Chosen, finishes: readonly Finish[]): Outcome {
  const ours = finishes.find(({ entry }) => entry.engine === "ours");
  const engines = finishes.map((finish) => standingOf(finish, finish === ours ? undefined : ours));
  return {
    workload: workload.id,
    title: workload.title,
    sizes,
    engines,
    goal: ours && workload.goal !== null && changed.length === 0 ? goalOf(ours, engines, workload.goal) : null,
  };
}

function standingOf(finish: Finish, ours: Finish | undefined): Standing {
  const { entry, rates, plan } = finish;
  const known = (value: number) => (Number.isFinite(value) ? value : null);
  return {
    engine: entry.engine,
    title: entry.title,
    version: finish.version,
    adapter: finish.adapter,
    failed: finish.failed ?? null,
    stepsPerSecond: rates.length > 0 ? spreadOf(rates) : null,
    windows: rates,
    ratio: ours && rates.length > 0 && ours.rates.length > 0 ? ratioOf(ours.rates, rates) : null,
    firstStepMs: known(finish.firstMs),
    firstStepAgainMs: known(finish.againMs),
    peakBytes: finish.rssBytes,
    idle: known(finish.idle),
    losses: finish.losses,
    launches: plan?.launches ?? null,
    flops: plan?.flops ?? null,
    bytes: plan?.bytes ?? null,
  };
}

function goalOf(ours: Finish, engines: readonly Standing[], factor: number): Goal | null {
  const webgpu = ours.entry.device === "webgpu";
  if (webgpu && !SOFTWARE_ADAPTER.test(ours.adapter)) return null;
  const against = engines.filter(
    ({ engine, ratio }) => ratio && (webgpu ? engine === "jax-js" || engine === "tfjs" : engine === "torch"),
  );
  const [best] = against.sort((a, b) => (a.ratio as Spread).median - (b.ratio as Spread).median);
  if (!best?.ratio) return null;
  const wanted = webgpu ? SOFTWARE_GOAL : factor;
  return { factor: wanted, against: best.title, ratio: best.ratio.median, reached: best.ratio.median >= wanted };
}

const SOFTWARE_ADAPTER = /swiftshader|llvmpipe|lavapipe/i;
