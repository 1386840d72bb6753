import { describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { jsonFilesIn, readCase } from "../../conformance/case.ts";
import { problems } from "../../conformance/compare.ts";
import { layersGroup } from "../../conformance/groups/layers.ts";

const folder = new URL("../../fixtures/", import.meta.url).pathname;
/** A case has ten digits, and weights of an interpolation are f32. */
const exact = { rtol: 1e-7, atol: 1e-7 };

describe.each(["layers", "activations"])("PyTorch's %s, by plain loops in f64", (group) => {
  const cases = [...jsonFilesIn(`${folder}${group}`)].flatMap((file) => readCase(file) ?? []);

  test.each(cases.map((c) => [c.case, c] as const))("%s", async (_name, c) => {
    const given = await layersGroup(c, { backend: undefined as unknown as Backend, plainLoops: true, data: folder });
    expect(problems({ ...c, tolerance: exact }, given)).toEqual([]);
  });
});
