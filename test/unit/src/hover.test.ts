import { readFileSync } from "node:fs";
import MarkdownIt from "markdown-it";
import { describe, expect, test } from "vitest";
import { registries } from "../../../engine/library.ts";
import { meant, wordsFor } from "../../../src/language/hover.ts";
import { readable } from "../../../src/language/maths.ts";
import { placeAt } from "../../../src/language/place.ts";
import type { Reference } from "../../../src/language/reference.ts";
import { type Drawings, pictureOf, svgOf } from "../../../src/language/thumbnail.ts";

const reference: Reference = JSON.parse(
  readFileSync(new URL("../../../snippets/library.json", import.meta.url), "utf8"),
);

const drawings: Drawings = JSON.parse(
  readFileSync(new URL("../../../snippets/thumbnails.json", import.meta.url), "utf8"),
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
    expect(said).toContain("optim.adam({ ... })");
    expect(said).toContain("| `lr` | `0.001` | Step size; a schedule may drive it. |");
    expect(said).toContain("Kingma & Ba 2015");
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
    ["const exp = experi|ment({})", "experiment({", "nouns", "| `data` | *required* |"],
    ["data.cs|v('a.csv')", "data.csv(", ""],
    [
      "await exp.exportPy|Torch('a.py')",
      "exportPyTorch(path: string, { ... }): Promise<string>",
      "| `epochs` |",
      "first weights",
    ],
    ["await exp.exportPyTorch('a.py', { ep|ochs: 3 })", "(option of exportPyTorch) epochs?: number", "10"],
    [
      "await run.exportOn|nx('a.onnx')",
      "exportOnnx(path: string",
      'await run.exportOnnx("model.onnx");',
      "| `opset` |",
    ],
    ["const y = await run.pre|dict(sets)", "predict(given: Dataset | HostTensor)", "in evaluation mode"],
    ["const { train } = set.spl|it({ valid: 0.1 })", "split({ ... }): Splits", "| `valid` |"],
    ["schedule.pre|view(schedule.cosine(), { steps: 10 })", "schedule.preview(", "| `stepsPerEpoch` |"],
    ["schedule.preview(schedule.cosine(), { st|eps: 10 })", "(option of schedule.preview) steps?"],
    ["nn.sequen|tial(nn.relu())", "nn.sequential(", "Layers one after the other"],
    ["tensor.lin|space(0, 1)", "tensor.linspace(start: number, end: number, steps = 100): HostTensor"],
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

/** What a reader sees of Markdown: its words, the cells of its tables by row, where its links lead. */
function rendered(markdown: string): { text: string; rows: number[]; links: string[] } {
  const html = new MarkdownIt({ html: true }).render(markdown);
  const text = html
    .replace(/<[^>]*>/g, "")
    .replace(
      /&(amp|lt|gt|quot);/g,
      (_, name: "amp" | "lt" | "gt" | "quot") => ({ amp: "&", lt: "<", gt: ">", quot: '"' })[name],
    );
  const rows = [...html.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = ""]) => row.match(/<t[hd]\b/g)?.length ?? 0);
  return { text, rows, links: [...html.matchAll(/href="([^"]*)"/g)].map(([, to = ""]) => to) };
}

describe("the Markdown of a hover", () => {
  test.each(Object.entries(reference))("of %s shows what is said, in a table that is one", (name, entry) => {
    const { text, rows, links } = rendered(wordsFor(reference, { chain: name, optionOf: null }) ?? "");
    // code within a sentence is drawn as code
    const words = (said: string) => said.replace(/`/g, "").replace(/\s+/g, " ");
    expect(words(text)).toContain(words(entry.summary));
    const options = Object.values(entry.options);
    for (const { doc, default: value } of options) {
      expect(words(text)).toContain(words(doc));
      if (value !== undefined) expect(words(text)).toContain(words(value));
    }
    expect(rows).toEqual(options.length === 0 ? [] : [3, ...options.map(() => 3)]);
    for (const link of links) expect(new URL(link).protocol).toBe("https:");
    expect(text).not.toMatch(/\\[`*_{}]|\]\(|undefined|\[object/);
  });
});

describe("a drawing", () => {
  test("is there for every schedule, initializer and optimizer, and for activations and losses of one number", () => {
    const titles = ["Schedules", "Initializers", "Optimizers"];
    for (const { global, all } of registries.filter(({ title }) => titles.includes(title)))
      for (const name of Object.keys(all))
        expect(drawings, "run: npm run generate").toHaveProperty([`${global}.${name}`]);
    const others = ["nn.relu", "nn.gelu", "nn.selu", "nn.softsign", "loss.mse", "loss.huber", "loss.bceWithLogits"];
    for (const name of others) expect(drawings).toHaveProperty([name]);
    expect(drawings).not.toHaveProperty(["nn.softmax"]);
    expect(drawings).not.toHaveProperty(["nn.dropout"]);
  });

  test("is what the engine computed: one cycle rises to its top and ends at nothing", () => {
    const points = drawings["schedule.oneCycle"]?.paths[0]?.split(" ").map((at) => at.split(",").map(Number)) ?? [];
    const top = points.find(([, y]) => y === 0);
    expect(top?.[0]).toBeGreaterThan(0.28 * 480);
    expect(top?.[0]).toBeLessThan(0.32 * 480);
    expect(points.at(-1)).toEqual([480, 160]);
  });

  test("takes little room in all", () => {
    expect(JSON.stringify(drawings).length).toBeLessThan(60_000);
  });

  test.each(Object.entries(drawings))(
    "%s is a picture in every kind of theme, and says in words what it shows",
    (_, one) => {
      const pictures = (["light", "dark", "contrast", "contrastLight"] as const).map((kind) => svgOf(one, kind));
      expect(new Set(pictures).size).toBe(4);
      for (const svg of pictures) {
        expect(svg).toMatch(/^<svg xmlns[^>]*>.*<\/svg>$/);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
      }
      expect(pictureOf(one, "dark")).toMatch(
        /^!\[[^\n]{5,}\]\(data:image\/svg\+xml;base64,[\w+/=]+\|width=300,height=124\)$/,
      );
    },
  );
});

test.each([
  ["schedule.consta|nt()", "not fulfilled, the sum of the squares diverges"],
  ["schedule.inverseS|qrt()", "not fulfilled"],
  ["schedule.cos|ine()", "not applicable, it spans the run"],
  ["schedule.plat|eau()", "not applicable, it waits for figures"],
])("%s says whether gradient descent is sure to arrive: %s", (cell, said) => {
  expect(hover(cell)).toContain(`Conditions of Robbins and Monro: ${said}`);
});

test("papers with a number lead to them", () => {
  expect(hover("optim.ad|amw()")).toContain("[arXiv:1711.05101](https://arxiv.org/abs/1711.05101)");
});

test.each([
  ["nu <- beta2 nu + (1 - beta2) g^2", "ν ← β₂ ν + (1 - β₂) g²"],
  ["p <- p - lr mu / (1 - beta1^t) / (sqrt(nu) + eps)", "p ← p - lr μ / (1 - β₁ᵗ) / (√ν + ε)"],
  ["lr_t = lr gamma^floor(t / stepSize)", "lrₜ = lr γ^floor(t / stepSize)"],
  ["y = x W^T + b", "y = x Wᵀ + b"],
  ["number -> sum_c", "number → Σ_c"],
])("the formula %s reads %s", (written, read) => {
  expect(readable(written)).toBe(read);
});

test("a name taken out of its maker is known", () => {
  expect(meant("const { adamw, sgd } = optim;\nadamw()", "adamw")).toBe("optim.adamw");
  expect(meant("const { a } = optim;", "adamw")).toBe("adamw");
  expect(meant("const { adamw } = f(optim);", "adamw")).toBe("adamw");
});
