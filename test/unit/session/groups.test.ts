import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../engine/backends/wasm/index.ts";
import { webgpuProvider } from "../../../engine/backends/webgpu/index.ts";
import { loss } from "../../../engine/losses/index.ts";
import { nn } from "../../../engine/nn/index.ts";
import { optim } from "../../../engine/optim/index.ts";
import { matches } from "../../../engine/optim/pattern.ts";
import { schedule } from "../../../engine/schedules/index.ts";
import { Experiment, inContext, type Run } from "../../../engine/session/index.ts";
import { decodeSafetensors } from "../../../engine/session/safetensors.ts";
import "../../../engine/diagnostics/index.ts";
import "../../support/allclose.ts";
import { blobs } from "../../support/blobs.ts";
import { testContext } from "../../support/context.ts";

const data = blobs(60);
const model = nn.sequential({
  features: nn.sequential(nn.linear(8), nn.batchNorm(), nn.tanh()),
  hidden: nn.linear(5),
  act: nn.tanh(),
  head: nn.linear(3),
});

const make = (optimizer: unknown, over: object = {}) =>
  new Experiment({ data, model, loss: loss.crossEntropy(), optimizer, batchSize: 16, seed: 2, ...over });

/** Decay on weights alone, a smaller rate for the features, another momentum for the head, a frozen layer. */
const grouped = (over: object = {}) =>
  optim.adamw({
    lr: 0.02,
    weightDecay: 0.1,
    weightDecayOn: "weights",
    groups: [
      { params: "features", lr: 0.005 },
      { params: /^head\./, betas: [0.5, 0.9] },
      { params: "hidden.weight", frozen: true },
    ],
    ...over,
  });

describe("patterns", () => {
  test.each([
    ["features", "features.0.weight", true],
    ["features", "features2.weight", false],
    ["*.bias", "a.b.bias", true],
    ["*.bias", "bias", true],
    ["*.bias", "a.bias2", false],
    ["embed.*", "embed.0.weight", true],
    ["features.*.weight", "features.3.weight", true],
    ["a.b", "axb", false],
    ["/^h.*W/i", "head.weight", true],
    ["head.weight", "head.weight", true],
  ])("%s and %s: %s", (pattern, path, found) => expect(matches(pattern, path)).toBe(found));
});

describe("what does not fit is said when the experiment is made", () => {
  test.each([
    [[{ params: "feature", lr: 1 }], 'adamw: groups[0]: no parameter is in "feature"; did you mean "features"?'],
    [[{ params: "*", frozen: true }], "adamw: groups freeze every parameter; leave some to train"],
    [[{ params: "head", lrr: 1 }], 'adamw: groups[0]: unknown option "lrr"; did you mean "lr"?'],
    [[{ params: "head", lr: -1 }], "adamw: groups[0]: lr = -1 is outside [0, inf)"],
    [[{ params: "head", betas: [0.9, 1] }], "adamw: groups[0]: betas[1] = 1 is outside [0, 1)"],
    [[{ params: "head", frozen: 1 }], "adamw: groups[0]: frozen must be true or false, not 1"],
    [[{ lr: 1 }], "adamw: groups[0]: params must be a pattern of parameters"],
    [["head"], 'adamw: groups[0] must be an object, not "head"'],
    [{ params: "head" }, "adamw: groups must be a list of groups"],
  ])("%j", (groups, message) => {
    expect(() => make(optim.adamw({ groups } as never))).toThrow(message);
  });

  test("a rate of its own needs one to be in proportion to, and options must go together", () => {
    expect(() => optim.sgd({ lr: 0, groups: [{ params: "head", lr: 1 }] })).toThrow("in proportion");
    expect(() => optim.sgd({ groups: [{ params: "head", nesterov: true }] })).toThrow(
      "sgd: groups[0]: nesterov takes momentum above 0 and dampening 0",
    );
  });
});

describe.each(["wasm", "webgpu"])("on %s", (name) => {
  let backend: Backend;
  let folder: string;

  beforeAll(async () => {
    const provider = { wasm: wasmProvider, webgpu: webgpuProvider }[name] as typeof wasmProvider;
    backend = await provider.open({ threads: 2, log: () => {} });
    folder = mkdtempSync(join(tmpdir(), "dlnb-groups-"));
  });
  afterAll(async () => {
    await backend.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const inside = <T>(work: () => Promise<T>): Promise<T> => inContext(testContext(backend, { folder }), work);
  const train = (experiment: Experiment, options: object): Promise<Run> => inside(() => experiment.fit(options));
  const tensors = (run: Run) => Object.fromEntries(Object.entries(run.stateDict()).map(([k, t]) => [k, [...t.data]]));

  test("frozen parameters keep their bits, have no state, and are said to be frozen", async () => {
    const experiment = make(grouped());
    const before = tensors(await train(experiment, { steps: 1 }));
    const run = await train(experiment, { epochs: 2 });
    const after = tensors(run);
    expect(after["hidden.weight"]).toEqual(before["hidden.weight"]);
    expect(after["hidden.bias"]).not.toEqual(before["hidden.bias"]);
    const path = await inside(async () => run.save("groups.safetensors"));
    const names = [...decodeSafetensors(readFileSync(path), path).tensors.keys()];
    expect(names).toContain("optimizer.mu.hidden.bias");
    expect(names).not.toContain("optimizer.mu.hidden.weight");
    expect(String(experiment)).toMatch(/ {2}hidden\.weight +\[5, 8\] {2}frozen/);
    expect(String(experiment)).toContain("119 parameters, 79 of them trained");
    const cost = await inside(() => experiment.inspect.cost({ steps: 1 }));
    expect([cost.parameters, cost.trained]).toEqual([119, 79]);
  });

  test("groups that change nothing change no bit", async () => {
    const plain = await train(make(optim.adamw({ lr: 0.02 })), { epochs: 2 });
    const same = optim.adamw({ lr: 0.02, groups: [{ params: "head", lr: 0.02 }, { params: "*.bias" }] });
    expect(tensors(await train(make(same), { epochs: 2 }))).toEqual(tensors(plain));
  });

  test("a group trains as a run with its options does while all else is frozen", async () => {
    const others = { params: ["features", "hidden"], frozen: true };
    const own = await train(make(optim.sgd({ lr: 1, groups: [{ params: "head", lr: 0.05, momentum: 0.9 }, others] })), {
      epochs: 2,
    });
    const alone = await train(make(optim.sgd({ lr: 0.05, momentum: 0.9, groups: [others] })), { epochs: 2 });
    expect(tensors(own)).toEqual(tensors(alone));
  });

  test("a run goes on to the bits of an uninterrupted one, from itself and from a file", async () => {
    const options = { epochs: 3, schedule: schedule.cosine({ tMax: 12, per: "step" }) };
    const whole = tensors(await train(make(grouped()), options));
    const half = await train(make(grouped()), { ...options, epochs: null, steps: 5 });
    const path = await inside(async () => half.save("half.safetensors"));
    expect(tensors(await train(make(grouped()), { ...options, resume: half }))).toEqual(whole);
    expect(tensors(await train(make(grouped()), { ...options, resume: path }))).toEqual(whole);
  });

  test("a run of other groups is taken up by the names of its tensors, and not by their places", async () => {
    const run = await train(make(grouped()), { steps: 3 });
    const other = make(
      optim.adamw({ lr: 0, groups: [{ params: "hidden.weight", frozen: true }, { params: "*.bias" }] }),
    );
    const after = tensors(await train(other, { steps: 4, resume: run }));
    for (const name of ["features.0.weight", "head.bias", "hidden.weight"]) {
      expect(after[name]).toEqual(tensors(run)[name]);
    }
    const thawed = make(optim.adamw({ lr: 0.02 }));
    await expect(train(thawed, { steps: 4, resume: run })).rejects.toThrow('"hidden.weight" was frozen there');
  });

  test("replicas with rates and groups of their own are the runs that fit gives", async () => {
    const found = await inside(() =>
      make(grouped()).replicas({ vary: { lr: [0.01, 0.03] }, seeds: 2, epochs: 2, schedule: schedule.cosine() }),
    );
    for (const run of found.runs as Run[]) {
      const again = await train(make(run.experiment.options.optimizer, { seed: run.experiment.options.seed }), {
        epochs: 2,
        schedule: schedule.cosine(),
      });
      expect(again.stateDict()["head.weight"]?.data).toBeAllclose(
        run.stateDict()["head.weight"]?.data as Float32Array,
        {
          rtol: 1e-4,
          atol: 1e-6,
        },
      );
      if (name === "wasm") expect(tensors(again)).toEqual(tensors(run));
    }
  });
});
