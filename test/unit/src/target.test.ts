import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Kind, targetAt } from "../../../src/pickers/target.ts";

const reference = JSON.parse(readFileSync(new URL("../../../snippets/library.json", import.meta.url), "utf8"));

/** The cell after X was inserted for what is picked at `|`. */
function inserted(kind: Kind, cell: string): string {
  const at = cell.indexOf("|");
  const text = cell.replace("|", "");
  const { start, end, before, after } = targetAt(reference, kind, text, at);
  return `${text.slice(0, start)}${before}X${after}${text.slice(end)}`;
}

describe("a schedule", () => {
  test.each([
    ["const run = await exp.fit({ epochs: 3| });", "const run = await exp.fit({ epochs: 3, schedule: X });"],
    ["await exp.f|it()", "await exp.fit({ schedule: X })"],
    ["await exp.fit({})|", "await exp.fit({ schedule: X })"],
    ["await exp.fit({ epochs: 3, | })", "await exp.fit({ epochs: 3, schedule: X  })"],
    ["await exp.fit({\n  epochs: 3,|\n})", "await exp.fit({\n  epochs: 3,\n  schedule: X,\n})"],
    ["await exp.fit({\n  epochs: 3|\n})", "await exp.fit({\n  epochs: 3,\n  schedule: X\n})"],
    ["exp.fit({ schedule: schedule.step({ stepSize: 3| }), epochs: 2 })", "exp.fit({ schedule: X, epochs: 2 })"],
    ["exp.fit({ ep|ochs: 2, schedule: schedule.cosine() })", "exp.fit({ epochs: 2, schedule: X })"],
    ["exp.fit({ schedule, epochs: 2|})", "exp.fit({ schedule: X, epochs: 2})"],
    ["exp.fit({ schedule: schedule.warmup(5, schedule.cos|ine()) })", "exp.fit({ schedule: X })"],
    ["exp.fit({ schedule: |, epochs: 2 })", "exp.fit({ schedule: X, epochs: 2 })"],
    ["const plan = schedule.co|sine();", "const plan = X;"],
    ["|const a = 1;\nawait exp.fit({ epochs: 2 });", "const a = 1;\nawait exp.fit({ epochs: 2, schedule: X });"],
    ["exp.replicas({ seeds: 3| })", "exp.replicas({ seeds: 3, schedule: X })"],
    ["a.fit({ epochs: 2 }); b.fit({ epochs: 3 });|", "a.fit({ epochs: 2 }); b.fit({ epochs: 3, schedule: X });"],
    ["const x = 1;\n|", "const x = 1;\nX"],
    ["// exp.fit({})\n|", "// exp.fit({})\nX"],
    ["exp.fit({ epochs: 2, name: '})'| })", "exp.fit({ epochs: 2, name: '})', schedule: X })"],
    ["exp.fit({ ...common| })", "exp.fit({ ...common, schedule: X })"],
  ])("%s becomes %s", (cell, after) => {
    expect(inserted("schedule", cell)).toBe(after);
  });

  test("is drawn for the run that the call says", () => {
    const run = (text: string) => targetAt(reference, "schedule", text, text.length - 2).run;
    expect(run("await big.fit({ epochs: 30 })")).toEqual({ experiment: "big", epochs: 30, steps: null });
    expect(run("const epochs = 7;\nawait exp.fit({ epochs })")).toMatchObject({ epochs: 7 });
    expect(run("await exp.fit({ steps: 1_000 })")).toMatchObject({ steps: 1000, epochs: null });
    expect(run("await exp.fit({ epochs: n * 2 })")).toMatchObject({ epochs: null });
  });
});

describe("an initializer", () => {
  test.each([
    ["nn.linear(10|)", "nn.linear(10, { weight: X })"],
    ["nn.line|ar(10, { bias: false })", "nn.linear(10, { bias: false, weight: X })"],
    ["nn.linear(10, { weight: init.z|eros() })", "nn.linear(10, { weight: X })"],
    [
      "nn.linear(10, { weight: init.normal(), bias: init.z|eros() })",
      "nn.linear(10, { weight: init.normal(), bias: X })",
    ],
    [
      "nn.sequential(nn.linear(10), nn.re|lu(), nn.linear(2))",
      "nn.sequential(nn.linear(10), nn.reXlu(), nn.linear(2))",
    ],
    ["nn.sequential(nn.conv2d(8, {| kernelSize: 3 }))", "nn.sequential(nn.conv2d(8, { kernelSize: 3, weight: X }))"],
    ["const weight = init.norm|al({ std: 2 });", "const weight = X;"],
    ["nn.linear({ outFeatures: 3| })", "nn.linear({ outFeatures: 3, weight: X })"],
  ])("%s becomes %s", (cell, after) => {
    expect(inserted("init", cell)).toBe(after);
  });
});

test.each([
  ["await exp.fit(options|)"],
  ["const a = 1;|"],
  ["con|st a = 1;"],
  ["nn.sequential(nn.linear(10), nn.re|lu(), nn.linear(2))"],
])("where no expression can begin it goes into a cell of its own: %s", (cell) => {
  const at = cell.indexOf("|");
  expect(targetAt(reference, "init", cell.replace("|", ""), at)).toMatchObject({ option: null, ownCell: true });
});

test("whatever stands in a cell, there is a place", () => {
  const bits = [
    "exp.fit(",
    "{",
    "}",
    ")",
    "schedule: ",
    "schedule.cosine(",
    ",",
    "'",
    "`",
    "//",
    "\n",
    "nn.linear(",
    "[",
    "é",
  ];
  let seed = 1;
  const pick = () => {
    seed = (seed * 48271) % 2147483647;
    return bits[seed % bits.length] as string;
  };
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: 12 }, pick).join("");
    for (const kind of ["schedule", "init"] as const) {
      const { start, end } = targetAt(reference, kind, text, round % (text.length + 1));
      expect(start).toBeGreaterThanOrEqual(0);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(end).toBeLessThanOrEqual(text.length);
    }
  }
});
