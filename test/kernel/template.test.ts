import { expect, test } from "vitest";
import { template } from "../../src/commands/template.ts";
import { testKernel } from "../support/kernel.ts";

test("the notebook that New Notebook makes trains as it stands", async () => {
  const { run, value } = await testKernel();
  expect(await run(template.definition)).toMatchObject({ ok: true });
  expect(await run(template.training)).toMatchObject({ ok: true });
  // sin(2x) has mean square 0.5: a model that learnt nothing stays there
  expect(Number(await value("run.final.validLoss"))).toBeLessThan(0.05);
});
