import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Writes a notebook of code cells; their ids are c1, c2, ... */
export function writeNotebook(folder: string, name: string, cells: readonly string[]): void {
  const fences = cells.map((text, i) => `\`\`\`ts {#c${i + 1}}\n${text.trim()}\n\`\`\`\n`);
  writeFileSync(join(folder, name), `---\ndlnb: 1\n---\n\n${fences.join("\n")}`);
}

/** A small network on the digits that trains for `epochs`; as many cells as a walk needs, one idea each. */
export const digits = (epochs: number) => [
  `const digits = await data.csv("data/digits.csv", { target: "y" });
const sets = digits.split({ valid: 0.1, test: 0.2, seed: 7 }).normalize("standardize");
const exp = experiment({
  data: sets,
  model: nn.sequential(nn.linear(16), nn.relu(), nn.linear(10)),
  loss: loss.crossEntropy(), metrics: [metrics.accuracy()],
  optimizer: optim.adam({ lr: 1e-3 }), batchSize: 64, seed: 1,
});
console.log("defined");`,
  `const run = await exp.fit({ epochs: ${epochs} });`,
  `console.log("steps so far", run.steps);`,
];
