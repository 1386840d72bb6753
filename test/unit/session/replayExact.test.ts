import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import type { Steered } from "../../../engine/context/index.ts";
import { globals } from "../../../engine/library.ts";
import type { RunControl } from "../../../engine/protocol/index.ts";
import { words } from "../../../engine/random/index.ts";
import { schedules } from "../../../engine/schedules/index.ts";
import { inContext, type Run } from "../../../engine/session/index.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const { nn, loss, optim, schedule, experiment } = globals;

const STEPS_PER_EPOCH = 10;
const EPOCHS = 8;
const STEPS = STEPS_PER_EPOCH * EPOCHS;

/** Schedules whose options have no defaults for all that they need. */
const GIVEN: Readonly<Record<string, () => unknown>> = {
  chain: () => schedule.chain([schedule.cosine({ per: "step" }), schedule.exponential({ gamma: 0.97, per: "step" })]),
  concat: () =>
    schedule.concat([schedule.constant({ per: "step" }), schedule.cosine({ per: "step" })], { milestones: [20] }),
  constant: () => schedule.constant({ factor: 0.5, totalIters: 4 }),
  cyclic: () => schedule.cyclic({ baseLr: 1e-3, maxLr: 1e-2, stepSizeUp: 12 }),
  exponential: () => schedule.exponential({ gamma: 0.8 }),
  lambda: () => schedule.lambda((t: number) => 1 / (1 + t / 10)),
  multiplicative: () => schedule.multiplicative(() => 0.95),
  multiStep: () => schedule.multiStep({ milestones: [2, 5] }),
  oneCycle: () => schedule.oneCycle({ maxLr: 2e-2 }),
  plateau: () => schedule.plateau({ patience: 0, threshold: 0.5 }),
  step: () => schedule.step({ stepSize: 2 }),
  warmRestarts: () => schedule.warmRestarts({ t0: 3 }),
  warmup: () => schedule.warmup(3, schedule.cosine()),
};

/** A schedule that is added without what it needs here fails when it is made. */
const made = (name: string): unknown =>
  (GIVEN[name] ?? (schedule as unknown as Record<string, () => unknown>)[name])?.();

let backends: Readonly<Record<string, Backend>>;
let folder: string;
beforeAll(async () => {
  const log = () => {};
  backends = {
    wasm: await wasmProvider.open({ threads: 2, log }),
    webgpu: await webgpuProvider.open({ threads: 0, log }),
  };
  folder = mkdtempSync(join(tmpdir(), "dlnb-replay-"));
});
afterAll(async () => {
  for (const backend of Object.values(backends)) await backend.close();
  rmSync(folder, { recursive: true, force: true });
});

const make = () =>
  experiment({
    data: blobs(8 * STEPS_PER_EPOCH - 3).split({ valid: 20, seed: 1 }),
    model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.dropout(0.2), nn.linear(3)),
    loss: loss.crossEntropy(),
    optimizer: optim.adamw({ lr: 1e-2 }),
    batchSize: 6,
    seed: 3,
  });

/** Changes drawn from a key: some at one step, some that cannot be made there. */
function drawn(key: number): readonly (readonly [step: number, change: RunControl])[] {
  const draws = [...words(41, key, 0, 64)].map((word) => word / 2 ** 32);
  const next = () => draws.pop() as number;
  const count = 2 + Math.floor(5 * next());
  const changes = Array.from({ length: count }, (): readonly [number, RunControl] => {
    const step = Math.floor(next() * (STEPS - 12));
    const rate = 10 ** (-4 + 2.5 * next());
    const kind = Math.floor(7 * next());
    if (kind < 2) return [step, { do: "set-lr", value: rate }];
    if (kind === 2) return [step, { do: "scale-lr", factor: 0.3 + 2 * next() }];
    if (kind === 3)
      return [
        step,
        {
          do: "set-schedule",
          points: [
            [step + 8, rate],
            [STEPS, rate / 5],
          ],
        },
      ];
    if (kind === 4) return [step, { do: "follow-plan" }];
    return kind === 5 ? [step, { do: "pause" }] : [step, { do: "keep-going" }];
  });
  return changes.sort(([a], [b]) => a - b);
}

/** Trains on a backend; changes are made as their steps come, or refused, and what is paused goes on. */
async function train(backend: Backend, options: object, changes: ReturnType<typeof drawn> = []): Promise<Run> {
  const left = [...changes];
  let steered: Steered | undefined;
  const context = Object.assign(testContext(backend, { folder }), {
    steered: (run: Steered) => {
      steered = run;
      return () => {
        steered = undefined;
      };
    },
  });
  const exp = make();
  exp.onSteps = ({ from, loss: { length } }) => {
    while (steered && left[0] && left[0][0] <= from + length - 1) {
      const run = steered;
      const [[, change]] = left.splice(0, 1) as [(typeof left)[number]];
      const { applied } = run.control(change);
      if (applied && change.do === "pause") setTimeout(() => run.control({ do: "resume" }), 5);
    }
  };
  return await inContext(context, () => exp.fit(options));
}

const weights = (run: Run): number[] => Object.values(run.stateDict()).flatMap((t) => [...t.data]);

function expectSame(a: Run, b: Run): void {
  expect(weights(a)).toEqual(weights(b));
  expect(a.checkpoint.state).toEqual(b.checkpoint.state);
  expect(a.history.lr).toEqual(b.history.lr);
  expect(a.history.trainLoss).toEqual(b.history.trainLoss);
  expect(a.final).toEqual(b.final);
}

describe.each(["wasm", "webgpu"])("on %s", (on) => {
  test.each(Object.keys(schedules).map((name, i) => [name, i] as const))(
    "changes at random steps of %s are replayed to the bits, also from a checkpoint between",
    async (name, i) => {
      const backend = backends[on] as Backend;
      const plan = { epochs: EPOCHS, schedule: made(name), checkpoints: { every: 1, keep: 20 } };
      const run = await train(backend, plan, drawn(100 * i + (on === "wasm" ? 0 : 1)));
      expect(run.steps).toBe(STEPS);
      expectSame(await train(backend, { ...plan, replay: run }), run);
      // from an epoch between, with the changes that came after it
      const files = readdirSync(join(run.folder as string, "checkpoints")).filter((file) => file.startsWith("step-"));
      const file = files[i % files.length] as string;
      const resume = join(run.folder as string, "checkpoints", file);
      const again = await train(backend, { ...plan, resume, replay: run });
      expect(weights(again)).toEqual(weights(run));
      expect(again.history.lr).toEqual(run.history.lr.slice(-again.history.lr.length));
      expect(again.final).toEqual(run.final);
    },
  );
});
