import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { Analyst } from "../../../engine/language/index.ts";
import { computedMs } from "../../../engine/language/values.ts";
import { analyzed, examples, notebooks } from "./analyzed.ts";

const load = `const digits = await data.csv("data/digits.csv", { target: "y" });
const flat = digits.split({ valid: 0.1, seed: 7 });
const rest = { loss: loss.crossEntropy(), optimizer: optim.adam(), batchSize: 64 };`;

const make = "experiment({ data: flat, model: nn.sequential(...layers, nn.linear(10)), ...rest });";

const analyst = new Analyst();
const said = async (...texts: string[]) => (await analyzed(texts, analyst)).flatMap(({ problems }) => problems);

describe("what is not known is not judged", () => {
  test.each([
    ["what a request brings", "const n = (await fetch('http://127.0.0.1:9/')).status;\nnn.linear(n - 1000);"],
    ["what another file exports", "import { width } from './other.ts';\nnn.linear(width);"],
    ["a name of a later cell", "nn.linear(notYetThere);"],
    ["chance", "nn.linear(Math.floor(-10 * Math.random()));"],
    ["the time", "nn.linear(-Date.now());"],
    [
      "what a run measured",
      "const exp = experiment({ data: flat, model: nn.linear(10), ...rest });\nconst run = await exp.fit();\noptim.sgd({ lr: -run.final.trainLoss });",
    ],
    [
      "an experiment that failed",
      "const layers = [nn.linear(-1)];\nconst exp = experiment({ data: flat, model: layers[0], ...rest });\nawait exp.fit({ epochs: -1 });".replace(
        "-1)]",
        "1 - 2)]",
      ),
    ],
    [
      "what is done for one of two reasons",
      `let layers = [nn.linear(3)];\nif (Math.random() > 0.5) layers = [nn.unflatten({ dim: 1, unflattenedSize: [7, 7] })];\n${make}`,
    ],
    [
      "a list that something unknown may have changed",
      `const layers = [nn.unflatten({ dim: 1, unflattenedSize: [7, 7] })];\nif (Math.random() > 0.5) layers.pop();\n${make}`,
    ],
    [
      "a list that an unknown function was given",
      `const layers = [nn.unflatten({ dim: 1, unflattenedSize: [7, 7] })];\nsomething(layers);\n${make}`,
    ],
    [
      "a list that a function of the cell may have changed",
      `const layers = [nn.unflatten({ dim: 1, unflattenedSize: [7, 7] })];\nconst clear = () => { layers.length = 0; };\nif (Math.random() > 0.5) clear();\n${make}`,
    ],
    ["what is tried", "try { nn.linear(-1); } catch (error) { console.log(error); }"],
    [
      "what a loop with an unknown end leaves",
      `const layers = [];\nwhile (Math.random() > 0.1) layers.push(nn.conv2d(3, { kernelSize: 3 }));\n${make}`,
    ],
    [
      "what a switch chooses",
      `let layers;\nswitch (process.platform) { case "linux": layers = []; break; default: layers = [nn.conv2d(3, { kernelSize: 3 })]; }\n${make}`,
    ],
    ["a class", "class Width { n = -1; }\nnn.linear(new Width().n);"],
    ["what a closed member leads to", "nn.linear([].constructor.constructor('return -1')());"],
    [
      "a set that stays in its file",
      `const big = await data.csv("data/digits.csv", { target: "y", stream: true });\nexperiment({ data: big, model: nn.conv2d(3, { kernelSize: 3 }), ...rest });`,
    ],
  ])("%s", async (_, text) => {
    const problems = await said(load, text);
    expect(problems.filter(({ code }) => code !== "range" || !text.includes("1 - 2"))).toEqual([]);
  });

  test("a cell that would never end is given up, and the others are looked at", async () => {
    const started = performance.now();
    const cells = await analyzed(
      ["let steps = 0;\nfor (;;) steps++;", "nn.linear(steps - 1e9);", load, "const layers = [];", make],
      new Analyst(),
    );
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(cells.flatMap(({ problems }) => problems)).toEqual([]);
    expect(cells.at(-1)?.hints.length).toBeGreaterThan(1);
  }, 20_000);

  test("a cell that calls itself without end is given up", async () => {
    expect(await said("const deeper = (n: number): number => deeper(n + 1);\nnn.linear(deeper(-1));")).toEqual([]);
  }, 20_000);

  test("what would take all memory is not made", async () => {
    expect(
      await said(
        "const a = 'x'.repeat(2 ** 29);\nconst b = Array.from({ length: 2 ** 31 });\nconst c = new Array(2 ** 30).fill(0);\nconst d = new Float64Array(2 ** 31);\nconst e = tensor.zeros([1e5, 1e5]);\nconst f = data.moons({ n: 1e9 });",
      ),
    ).toEqual([]);
  });
});

test("a cell that does not parse stands for what it was", async () => {
  const one = new Analyst();
  const cells = (text: string) => analyzed([load, text, make], one);
  const before = await cells("const layers = [nn.linear(3)];");
  const now = await cells("const layers = [nn.linear(3), nn.;");
  expect(now[1]).toMatchObject({ parsed: false, problems: [], hints: [] });
  expect(now[2]).toEqual(before[2]);
});

test("nothing is written, printed or asked of the network", async () => {
  const files = () =>
    readdirSync(examples, { recursive: true, encoding: "utf8" }).map((name) => {
      const { mtimeMs, size } = statSync(join(examples, name));
      return `${name} ${mtimeMs} ${size}`;
    });
  const before = files();
  const print = vi.spyOn(process.stdout, "write");
  const log = vi.spyOn(console, "log");
  const request = vi.spyOn(globalThis, "fetch");
  try {
    for (const { path, cells } of notebooks) await analyst.analyze({ notebook: path, folder: examples, cells });
    await said(
      "console.log(1);\nawait fetch('http://127.0.0.1:9/');\nimport('node:fs').then((fs) => fs.writeFileSync('made.txt', ''));",
    );
    expect(print).not.toHaveBeenCalled();
    expect(log).not.toHaveBeenCalled();
    expect(request).not.toHaveBeenCalled();
  } finally {
    vi.restoreAllMocks();
  }
  expect(files()).toEqual(before);
}, 60_000);

/** A linear congruential generator: the same cuts every time. */
function cuts(seed: number): (n: number) => number {
  let word = seed;
  return (n) => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    return Math.floor((word / 2 ** 32) * n);
  };
}

/** What happens to texts while they are written: a cut, a word that goes, a line that is there twice, another number. */
const edits: readonly ((text: string, below: (n: number) => number) => string)[] = [
  (text, below) => {
    const at = below(text.length);
    return text.slice(0, at) + text.slice(at + below(40));
  },
  (text, below) => {
    const words = text.match(/[\w$]+|\s+|[^\w\s$]/g) ?? [];
    return words.toSpliced(below(words.length), 1).join("");
  },
  (text, below) => {
    const lines = text.split("\n");
    const at = below(lines.length);
    return lines.toSpliced(at, 0, lines[at] ?? "").join("\n");
  },
  (text, below) => {
    const numbers = [...text.matchAll(/\b\d+\b/g)];
    const { index = 0, 0: old = "" } = numbers[below(numbers.length)] ?? {};
    return text.slice(0, index) + ["0", "-1", "7", "1e9"][below(4)] + text.slice(index + old.length);
  },
];

test.each(notebooks)(
  "$name, edited at any places, is looked at in bounded time and without an error",
  async ({ path, cells }) => {
    const below = cuts(cells.length);
    for (let round = 0; round < 6; round++) {
      const cut = cells.map(({ cell, text }) => {
        if (below(3) > 0) return { cell, text };
        return { cell, text: (edits[below(edits.length)] as (typeof edits)[number])(text, below) };
      });
      const started = computedMs();
      const answer = await analyst.analyze({ notebook: path, folder: examples, cells: cut });
      expect(computedMs() - started).toBeLessThan(4000);
      for (const [i, { hints, problems }] of answer.cells.entries()) {
        const length = cut[i]?.text.length ?? 0;
        for (const { start, end } of problems) expect(0 <= start && start < end && end <= length).toBe(true);
        for (const { offset } of hints) expect(offset).toBeLessThanOrEqual(length);
      }
    }
  },
  120_000,
);
