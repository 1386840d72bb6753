import { expect, test } from "vitest";
import { diagnostics } from "../../engine/library.ts";
import { testKernel } from "../support/kernel.ts";
import { accepted, snippets } from "../support/snippets.ts";

/** Notebooks as small as they get, with what the diagnostics stand on: one of each kind that some of them are for. */
const notebooks = {
  regression: `const xs = Array.from({ length: 40 }, (_, i) => i / 10 - 2);
const sets = data.tensors({ x: tensor(xs.map((x) => [x, x * x])), y: tensor(xs.map((x) => [x > 0 ? 1 : 0])) });
const dataset = sets;
const exp = experiment({
  data: sets.split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 8, seed: 1,
});
const run = await exp.fit({ epochs: 2, trace: 5 });`,
  pictures: `const xs = Array.from({ length: 40 }, (_, i) => Array.from({ length: 16 }, (_, p) => Math.sin(i * p) + (p % 2 === i % 2 ? 1 : 0)));
const sets = data.tensors({ x: tensor(xs), y: tensor(xs.map((_, i) => i % 2), { dtype: "i32" }) }).reshape([1, 4, 4]);
const exp = experiment({
  data: sets.split({ valid: 0.2, test: 0.2, seed: 1 }),
  model: nn.sequential(nn.conv2d(2, { kernelSize: 3 }), nn.relu(), nn.flatten(), nn.linear(2)), augment: [augment.hflip()],
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()], optimizer: optim.adam({ lr: 1e-2 }), batchSize: 8, seed: 1,
});
const run = await exp.fit({ epochs: 2, trace: 5 });`,
  text: `const sets = await data.text({ text: "to be or not to be, that is the question. ".repeat(9) }, { context: 8 });
const exp = experiment({
  data: sets,
  model: nn.sequential(nn.embedding(17, { embeddingDim: 8 }), nn.transformerEncoderLayer(2, { causal: true }), nn.linear(17)),
  loss: loss.crossEntropy(), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 8, seed: 1,
});
const run = await exp.fit({ epochs: 2 });`,
  pairs: `const sets = data.pairs(Array.from({ length: 40 }, (_, i) => [String(i * 37), String(i * 37).split("").reverse().join("")]));
const tokens = sets.classes.length;
const exp = experiment({
  data: sets,
  model: nn.module({ embed: nn.embedding(tokens, { embeddingDim: 8 }), encoder: nn.gru(8), decoder: nn.gru(8), head: nn.linear(tokens) },
    ({ embed, encoder, decoder, head }, x) => {
      const { h } = encoder.results(embed(x.slice(1, 0, sets.sourceLength)));
      return head(decoder(embed(x.slice(1, sets.sourceLength)), { h }));
    }),
  loss: loss.crossEntropy({ ignoreIndex: 0 }), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 8, seed: 1,
});
const run = await exp.fit({ epochs: 2 });`,
};

const looks = new Set(
  Object.entries(diagnostics as Record<string, { inspects: boolean }>).map(([name, { inspects }]) =>
    inspects ? `inspect.${name}` : name,
  ),
);

const others = Object.keys(snippets).filter((name) => !looks.has(name));
const textOf = (name: string) => {
  const snippet = snippets[name];
  return snippet === undefined ? "" : accepted(snippet);
};

test("every snippet works in a cell as it comes", { timeout: 60_000 }, async () => {
  const { run } = await testKernel();
  await run(notebooks.regression);
  const failed: string[] = [];
  // these make an experiment or a run of their own
  const last = ["experiment", "fit"];
  for (const name of [...others.filter((name) => !last.includes(name)), ...last]) {
    const { ok, error } = await run(textOf(name));
    // sources of data come with paths of files that are not there
    if (!ok && !/^data\.\w+: no (file|folder) /.test(error?.message ?? "")) failed.push(`${name}: ${error?.message}`);
  }
  expect(failed).toEqual([]);
});

test("every diagnostic's snippet works on the notebook's experiment or run", { timeout: 180_000 }, async () => {
  const failed = new Map<string, string>();
  const worked = new Set<string>();
  for (const [kind, notebook] of Object.entries(notebooks)) {
    const { run } = await testKernel();
    expect(await run(notebook)).toMatchObject({ ok: true });
    for (const name of looks) {
      if (worked.has(name)) continue;
      const { ok, error } = await run(textOf(name));
      if (ok) worked.add(name);
      else failed.set(name, `${failed.get(name) ?? name}; ${kind}: ${error?.message}`);
    }
  }
  for (const name of worked) failed.delete(name);
  expect([...failed.values()]).toEqual([]);
});
