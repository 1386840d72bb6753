import { describe, expect, test } from "vitest";
import type { Backend } from "../../../engine/backends/backend.ts";
import { casesIn } from "../../conformance/case.ts";
import { problems } from "../../conformance/compare.ts";
import { preprocess } from "../../conformance/groups/preprocess.ts";

const bench = { backend: undefined as unknown as Backend, data: "test/fixtures/data" };

/** scikit-learn's and scipy's figures, and the decks' code. */
describe("a reference case of preparing data", () => {
  test.each(Array.from(casesIn("test/fixtures/preprocess"), (c) => [c.case, c] as const))("%s", async (_, c) => {
    expect(problems(c, await preprocess(c, bench))).toEqual([]);
  });
});
