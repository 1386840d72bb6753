import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import type { CellEvent, RunContext, Steered } from "../../../engine/context/index.ts";
import { Splits } from "../../../engine/data/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { metrics } from "../../../engine/metrics/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import type { Controlled, RunControl } from "../../../engine/protocol/index.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const splits = () => new Splits({ train: blobs(103), valid: blobs(40, 1000), test: blobs(30, 2000) });

const make = (over: object = {}) =>
  new Experiment({
    data: splits(),
    model: nn.sequential(nn.linear(16), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    metrics: [metrics.accuracy()],
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 4,
    seed: 3,
    ...over,
  });

let backend: Backend;
let folder: string;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  folder = mkdtempSync(join(tmpdir(), "dlnb-steering-"));
});
afterAll(async () => {
  await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

type Told = (run: Steered, step: number) => void;

/** Trains; `told` is called with the run that can be changed after every submit. */
async function train(
  experiment: Experiment,
  options: object,
  told?: Told,
  { on = backend, stop }: { on?: Backend; stop?: AbortController } = {},
): Promise<Run & { events: readonly CellEvent[] }> {
  let steered: Steered | undefined;
  const context: RunContext & { events: CellEvent[] } = Object.assign(
    testContext(on, { folder, ...(stop && { signal: stop.signal }) }),
    {
      steered: (run: Steered) => {
        steered = run;
        return () => {
          steered = undefined;
        };
      },
    },
  );
  experiment.onSteps = ({ from, loss: { length } }) => {
    if (steered) told?.(steered, from + length - 1);
  };
  const run = await inContext(context, () => experiment.fit(options));
  return Object.assign(run, { events: context.events });
}

/** Makes each change once its step is done. */
const at = (changes: readonly (readonly [step: number, change: RunControl])[]): Told => {
  const left = [...changes];
  return (run, step) => {
    while (left[0] && left[0][0] <= step) {
      const [[, change]] = left.splice(0, 1) as [(typeof left)[number]];
      expect(run.control(change)).toMatchObject({ applied: true, why: "" });
    }
  };
};

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

function expectSame(a: Run, b: Run): void {
  expect(weights(a)).toEqual(weights(b));
  expect(a.history).toEqual(b.history);
  expect(a.final).toEqual(b.final);
}

describe("a run that is changed by hand", () => {
  const plan = { epochs: 20, schedule: schedule.oneCycle({ maxLr: 2e-2 }) };

  test("is replayed to the bits", async () => {
    const changed = await train(
      make(),
      plan,
      at([
        [5, { do: "set-lr", value: 3e-3 }],
        [
          130,
          {
            do: "set-schedule",
            points: [
              [200, 1e-2],
              [400, 1e-4],
            ],
          },
        ],
        [300, { do: "set-lr", value: 5e-3 }],
        [430, { do: "follow-plan" }],
      ]),
    );
    expect(changed.controls.map(({ change }) => change.do)).toEqual([
      "set-lr",
      "set-schedule",
      "set-lr",
      "follow-plan",
    ]);
    expect(changed.history.lr).not.toEqual((await train(make(), plan)).history.lr);
    expectSame(await train(make(), { ...plan, replay: changed.controls }), changed);
    expectSame(await train(make(), { ...plan, replay: changed }), changed);
  });

  test("has in its history the rates that were in force", async () => {
    const still = { epochs: 6 };
    const changed = await train(make(), still, at([[20, { do: "set-lr", value: 5e-3 }]]));
    const [{ step }] = changed.controls as [Controlled];
    expect(changed.history.lr.slice(0, step)).toEqual(Array(step).fill(1e-2));
    expect(changed.history.lr.slice(step)).toEqual(Array(156 - step).fill(5e-3));
  });
});
