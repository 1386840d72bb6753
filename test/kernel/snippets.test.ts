import { expect, test } from "vitest";
import { diagnostics } from "../../engine/library.ts";
import { testKernel } from "../support/kernel.ts";
import { accepted, snippets } from "../support/snippets.ts";

/** A notebook as small as it gets, with what the diagnostics stand on. */
const notebook = `const xs = Array.from({ length: 40 }, (_, i) => i / 10 - 2);
const sets = data.tensors({ x: tensor(xs.map((x) => [x, x * x])), y: tensor(xs.map((x) => [x > 0 ? 1 : 0])) });
const exp = experiment({
  data: sets.split({ valid: 0.2, seed: 1 }),
  model: nn.sequential(nn.linear(8), nn.batchNorm(), nn.relu(), nn.linear(1)),
  loss: loss.mse(), optimizer: optim.adam({ lr: 1e-2 }), batchSize: 8, seed: 1,
});
const run = await exp.fit({ epochs: 2 });`;

const looks = new Set(
  Object.entries(diagnostics as Record<string, { inspects: boolean }>).map(([name, { inspects }]) =>
    inspects ? `inspect.${name}` : name,
  ),
);

test("every snippet works in a cell as it comes", { timeout: 180_000 }, async () => {
  const { run } = await testKernel();
  const failed: string[] = [];
  const accept = async (name: string) => {
    const snippet = snippets[name];
    const { ok, error } = await run(snippet ? accepted(snippet) : "");
    if (!ok) failed.push(`${name}: ${error?.message}`);
  };
  const others = Object.keys(snippets).filter((name) => !looks.has(name));
  await run(notebook);
  for (const name of others.filter((name) => name !== "experiment" && name !== "earlyStopping")) await accept(name);
  await accept("experiment");
  await accept("fit");
  expect(await run(notebook)).toMatchObject({ ok: true });
  await accept("earlyStopping");
  for (const name of looks) await accept(name);
  expect(failed).toEqual([]);
});
