import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { plain } from "../../../src/language/plain.ts";
import { type Suggestion, suggest } from "../../../src/language/suggest.ts";
import { accepted, snippets } from "../../support/snippets.ts";

const reference = JSON.parse(readFileSync(new URL("../../../snippets/library.json", import.meta.url), "utf8"));

/** What is offered at `|` in a cell. */
function offered(cell: string) {
  const at = cell.indexOf("|");
  return suggest(snippets, reference, cell.replace("|", ""), at);
}
const names = (cell: string) => offered(cell).suggestions.map(({ name }) => name);

describe("while one types", () => {
  test.each([
    ["sched-onecycle|", "schedule.oneCycle"],
    ["sched-one-cycle|", "schedule.oneCycle"],
    ["sched-reduce|", "schedule.plateau"],
    ["init-he|", "init.kaimingNormal"],
    ["init-kaiming|", "init.kaimingUniform"],
    ["init-glorot|", "init.xavierUniform"],
    ["xavier_uniform|", "init.xavierUniform"],
    ["optim-adamw|", "optim.adamw"],
    ["const o = Optim-AdamW|", "optim.adamw"],
    ["layer-conv2d|", "nn.conv2d"],
    ["layer-dense|", "nn.linear"],
    ["nn-batchnorm2d|", "nn.batchNorm"],
    ["nn-batch-norm2d|", "nn.batchNorm"],
    ["loss-ce|", "loss.crossEntropy"],
    ["loss-crossentropy|", "loss.crossEntropy"],
    ["aug-flip|", "augment.hflip"],
    ["find-lr|", "findLearningRate"],
    ["metric-f1|", "metrics.f1"],
  ])("%s offers %s", (cell, name) => {
    expect(names(cell)).toContain(name);
  });

  test("each snippet is offered once, under the name that was typed of", () => {
    const { suggestions, start } = offered("a;\nsched-|");
    expect(start).toBe(3);
    expect(new Set(suggestions.map(({ name }) => name)).size).toBe(suggestions.length);
    expect(suggestions.length).toBe(Object.keys(snippets).filter((name) => name.startsWith("schedule.")).length);
    expect(suggestions.every(({ label }) => label.startsWith("sched-"))).toBe(true);
  });

  test.each([
    ["exp.fit({ schedule: | })", "schedule."],
    ["exp.fit({ epochs: 3, schedule: co| })", "schedule."],
    ["experiment({ optimizer: | })", "optim."],
    ["experiment({ loss: mse(1), augment: [augment.hflip(), | ] })", "augment."],
    ["experiment({ metrics: [|", "metrics."],
    ["nn.linear(10, { weight: | })", "init."],
    ["schedule.warmup({ length: 5, inner: | })", "schedule."],
  ])("the value of an option is offered at once: %s", (cell, maker) => {
    const { suggestions } = offered(cell);
    const expected = suggestions.filter(({ expected }) => expected);
    expect(expected.length).toBeGreaterThan(1);
    expect(expected.every(({ name }) => name.startsWith(maker))).toBe(true);
  });

  test("after a maker's dot a name brings its arguments, and takes nothing that was there away", () => {
    const { start, suggestions } = offered("const s = schedule.one|");
    expect(start).toBe("const s = schedule.".length);
    expect(suggestions.map(({ name, label }) => [name, label])).toEqual([["schedule.oneCycle", "oneCycle"]]);
    expect(suggestions[0]?.body).toMatch(/^oneCycle\(/);
  });

  test.each([
    ["'sched-one|'"],
    ['"sched-one|'],
    ["// sched-one|"],
    ["/* sched-one|"],
    ["`sched-one|`"],
    ["const |"],
    ["|"],
    ["exp.fit|"],
    ["foo.bar.one|"],
    ["3 - 1|"],
    ["x-|"],
    ["const|"],
    ["return|"],
    ["function|"],
    ["console|"],
    ["Math|"],
    ["await|"],
    ["for|"],
    ["let|"],
    ["import|"],
    ["number|"],
    ["string|"],
    ["const ada|"],
    ["let { fit|"],
    ["function train|"],
    ["import { fit|"],
    ["const a = 1, fit|"],
    ["optim.adam({ fit|"],
    ["optim.adam({ lr: 1, fit|"],
    ["return { fit|"],
  ])("nothing is offered at %s", (cell) => {
    expect(names(cell)).toEqual([]);
  });

  test.each([
    ["nn.Dense|", "nn.linear"],
    ["schedule.reduce|", "schedule.plateau"],
    ["init.he|", "init.kaimingNormal"],
    ["init.kaiming_normal_|", "init.kaimingNormal"],
  ])("%s finds what others call by that name", (cell, name) => {
    expect(names(cell)).toContain(name);
  });

  test("a call without arguments is the language's own to offer after a dot", () => {
    expect(names("nn.rel|")).not.toContain("nn.relu");
    expect(names("layer-rel|")).toContain("nn.relu");
  });

  test("a block is no object of options", () => {
    expect(names("if (done) { fit|")).toContain("fit");
  });

  // an editor that asks again while one types accepts what it showed before: `optim.adam(` for `optim.adamw(`
  test.each(["optim.adamw", "nn.conv2d", "f(adamw", "experiment", "exp.fit({ schedule: cosine"])(
    "what is offered at each letter of %s is among what was offered at the one before, by what is typed",
    (text) => {
      const begin = text.search(/\w+$/);
      let before: readonly Suggestion[] | null = null;
      for (let end = begin + 1; end <= text.length; end++) {
        const { suggestions, complete } = offered(`${text.slice(0, end)}|`);
        expect(complete).toBe(true);
        const known = new Map(before?.map((one) => [one.name, one]));
        for (const one of suggestions) {
          const typed = text.slice(begin, end).toLowerCase();
          if (before)
            expect(known.get(one.name)?.names.some((name) => name.toLowerCase().startsWith(typed))).toBe(true);
        }
        before = suggestions;
      }
      expect(before?.length).toBeGreaterThan(0);
    },
  );

  test("within an expression nothing is offered that only stands by itself", () => {
    expect(names("f(data-csv|")).not.toContain("data.csv");
    expect(names("data-csv|")).toContain("data.csv");
  });
});

test.each(Object.entries(snippets))("the code that %s is shown as is the code that it puts there", (_, snippet) => {
  expect(plain(snippet.body.join("\n"))).toBe(accepted(snippet).replaceAll("\t", "  "));
});
