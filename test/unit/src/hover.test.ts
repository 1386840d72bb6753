import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { registries } from "../../../engine/library.ts";
import { wordsFor } from "../../../src/language/hover.ts";
import { placeAt } from "../../../src/language/place.ts";
import type { Reference } from "../../../src/language/reference.ts";

const reference: Reference = JSON.parse(
  readFileSync(new URL("../../../snippets/library.json", import.meta.url), "utf8"),
);

/** The hover at `|` in a cell. */
function hover(cell: string): string | null {
  const at = cell.indexOf("|");
  const place = placeAt(cell.replace("|", ""), at);
  return place && wordsFor(reference, place);
}

describe("a hover", () => {
  test("says what a name of the library is, what it takes and where it comes from", () => {
    const said = hover("const o = optim.ad|am({ lr: 1e-3 });") as string;
    expect(said).toContain("optim.adam({");
    expect(said).toContain("lr?: number, // 0.001");
    expect(said).toContain("Kingma & Ba 2015");
    expect(said).toMatch(/- `eps`: .*\./);
    expect(said).toContain("```text"); // its rule
  });

  test.each([
    ["optim.adam({ l|r: 1e-3 })", "(option of optim.adam) lr?: number", "default `0.001`"],
    ["optim.adam({\n  lr: 1,\n  // betas\n  bet|as: [0.9, 0.99],\n})", "(option of optim.adam) betas?", "`[0, 1)`"],
    ["nn.linear(10, { bi|as: false })", "(option of nn.linear) bias?", "default"],
    ["const run = await exp.fit({ ep|ochs: 3 })", "(option of fit) epochs?", "Passes"],
    ["exp.fit({ earlyStopping: { pati|ence: 3 } })", "(option of earlyStopping) patience?", "10"],
    ["await exp.fit({ lr, sched|ule })", "(option of fit) schedule?", ""],
    ["await run.inspect.batch|Norm()", ".inspect.batchNorm(", "Costs"],
    ["await exp.preflig|ht()", ".preflight", ""],
    ["const exp = experi|ment({})", "experiment({", "nouns"],
    ["data.cs|v('a.csv')", "data.csv(", ""],
    ["nn . relu|()", "nn.relu()", ""],
  ])("%s", (cell, ...parts) => {
    for (const part of parts) expect(hover(cell)).toContain(part);
  });

  test.each([
    ["'optim.ad|am'"],
    ["// optim.ad|am"],
    ["op|tim"],
    ["const l|r = 3"],
    ["f({ l|r: 3 })"],
    ["optim.adam({ lr: valu|e })"],
    ["toStr|ing"],
    ["x.constr|uctor"],
    ["1|2"],
    ["|"],
  ])("is not there for %s", (cell) => {
    expect(hover(cell)).toBeNull();
  });

  test("is there for every entry of every registry and each of its options", () => {
    for (const { global, all } of registries) {
      for (const [name, { params }] of Object.entries(all)) {
        expect(hover(`${global}.${name}|(`), `${global}.${name}`).toContain(`${global}.${name}(`);
        for (const option of Object.keys(params)) {
          expect(hover(`${global}.${name}({ ${option}|: x })`)).toContain(`(option of ${global}.${name}) ${option}`);
        }
      }
    }
  });
});
