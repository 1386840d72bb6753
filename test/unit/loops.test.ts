import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { globals } from "../../engine/library.ts";
import { optimizers } from "../../engine/optim/index.ts";
import { referenceOptimizer } from "../support/optimizer.ts";
import { accepted, snippets } from "../support/snippets.ts";

const evaluated = (code: string) => new Function(...Object.keys(globals), code)(...Object.values(globals));
const loops = Object.entries(snippets).filter(([name]) => name.startsWith("loop."));

describe("the update rule as a loop", () => {
  test.each(loops)("%s walks as its optimizer does", (_, snippet) => {
    const code = accepted(snippet)
      .replace(/: typeof p|: number/g, "")
      .replace("console.log(p)", "return p");
    const walked = evaluated(code) as { data: Float32Array };
    const [call] = /optim\.\w+\(\{.*\}\)/.exec(snippet.description) ?? [];
    const rule = referenceOptimizer(evaluated(`return ${call}`), 2);
    let p: Float64Array = Float64Array.of(-5, 2);
    // the gradient of p[0]^2 / 2 + 5 p[1]^2
    for (let step = 0; step < 100; step++) p = rule.step(p, Float64Array.of(p[0] as number, 10 * (p[1] as number)));
    expect(walked.data).toBeAllclose(p, { rtol: 1e-3, atol: 2e-3 });
    expect(Math.hypot(...p)).toBeLessThan(Math.hypot(-5, 2));
  });

  test("is in the hover of every optimizer that takes steps", () => {
    const library = JSON.parse(readFileSync(new URL("../../snippets/library.json", import.meta.url), "utf8"));
    for (const name of Object.keys(optimizers)) expect(library[`optim.${name}`], name).toHaveProperty("loop");
    expect(library["optim.sgd"].loop.join("\n")).toContain("nesterov: true");
  });
});
