import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

/** Who stands above whom inside engine/: a folder imports from rows below its own, and from its row. */
const rows = [
  ["kernel", "language"],
  ["library.ts"],
  ["diagnostics", "session", "plots", "compare", "schedules", "torch", "toys"],
  ["onnx"],
  ["nn", "optim", "average", "init", "losses", "metrics", "regularize", "data", "eager", "augment"],
  ["plan", "context"],
  ["ops"],
  ["backends"],
  ["tensor", "random", "params", "errors", "protocol", "linalg", "search"],
];

const engine = join(import.meta.dirname, "../../engine");
const level = new Map(rows.flatMap((names, i) => names.map((name) => [name, i] as const)));

function* imports(): Generator<{ file: string; from: string; to: string }> {
  for (const file of readdirSync(engine, { recursive: true, encoding: "utf8" })) {
    if (!/\.ts$/.test(file)) continue;
    for (const [, path] of readFileSync(join(engine, file), "utf8").matchAll(
      /\bfrom "(\.[^"]+)"|^import "(\.[^"]+)"/gm,
    )) {
      if (path === undefined) continue;
      const target = relative(engine, join(engine, dirname(file), path));
      // which knows nothing of ours and may be read by everything
      if (/^\.\.[\\/]words\b/.test(target)) continue;
      yield { file, from: file.split(/[\\/]/)[0] as string, to: target.split(/[\\/]/)[0] as string };
    }
  }
}

test("inside the engine, imports point from the kernel towards tensors and never back", () => {
  const wrong = [...imports()].filter(({ from, to }) => {
    const [above, below] = [level.get(from), level.get(to)];
    return above !== undefined && (below === undefined || below < above);
  });
  expect(wrong.map(({ file, to }) => `${file} imports ${to}`)).toEqual([]);
});

test("every folder of the engine has its place in the order, and nothing else has", () => {
  const folders = readdirSync(engine, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect([...level.keys()].filter((name) => name !== "library.ts").sort()).toEqual(
    folders.map(({ name }) => name).sort(),
  );
});
