import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Backend } from "../../../../engine/backends/backend.ts";
import { wasmProvider } from "../../../../engine/backends/wasm/index.ts";
import { inContext } from "../../../../engine/context/index.ts";
import type { diagnose } from "../../../../engine/diagnostics/all.ts";
import "../../../../engine/diagnostics/index.ts";
import { NonFiniteError } from "../../../../engine/errors/index.ts";
import { Experiment } from "../../../../engine/session/index.ts";
import { testContext } from "../../../support/context.ts";
import { loadSets, type Net, nets } from "./nets.ts";

type Diagnosis = Awaited<ReturnType<typeof diagnose.measure>>;

let backend: Backend;
let sets: Awaited<ReturnType<typeof loadSets>>;

beforeAll(async () => {
  backend = await wasmProvider.open({ threads: 2, log: () => {} });
  sets = await loadSets();
});
afterAll(async () => await backend.close());

/** Trains a net of the matrix, whatever comes of it, and asks for the diagnosis of its experiment. */
async function diagnosed(net: Net, seed = 1): Promise<{ found: Diagnosis; experiment: Experiment }> {
  return await inContext(testContext(backend), async () => {
    const { experiment: options, fit } = net.make(sets, seed);
    const experiment = new Experiment(options);
    try {
      await experiment.fit(fit);
    } catch (error) {
      if (!(error instanceof NonFiniteError)) throw error;
    }
    return { found: await experiment.diagnose(), experiment };
  });
}

const quick = nets.filter(({ quick }) => quick);

describe("the first finding of a sick net names its cause", () => {
  test.each(quick.filter(({ cause }) => cause !== null).map((net) => [net.name, net] as const))(
    "%s",
    async (_, net) => {
      const { found } = await diagnosed(net);
      expect(net.cause).toContain(found.cause);
      expect(found.findings[0]?.tries.length).toBeGreaterThan(0);
      expect(found.findings[0]?.saw).toMatch(/\d/);
    },
  );
});

describe("a sound net has no finding", () => {
  test.each(quick.filter(({ cause }) => cause === null).map((net) => [net.name, net] as const))(
    "%s",
    async (_, net) => {
      const { found } = await diagnosed(net);
      expect(found.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
      expect(found.cause).toBeNull();
    },
  );
});
