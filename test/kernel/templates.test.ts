import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseNotebook } from "../../src/notebook/format.ts";
import { testKernel } from "../support/kernel.ts";

const folder = new URL("../../media/templates/", import.meta.url);
const read = (name: string) => parseNotebook(readFileSync(new URL(name, folder), "utf8"));

test.each(readdirSync(folder))(
  "the template %s runs from top to bottom as it comes",
  { timeout: 120_000 },
  async (name) => {
    const { cells, problems } = read(name);
    expect(problems).toEqual([]);
    // fewer epochs: that it trains is seen, that it gets good is not asked here
    const { run, printed } = await testKernel({ overrides: { epochs: 2 } });
    const code = cells.filter(({ kind }) => kind === "code");
    expect(code.length).toBeGreaterThan(1);
    for (const { text } of code) {
      const { ok, error } = await run(text);
      expect(ok, `${error?.message} in\n${text}`).toBe(true);
    }
    expect(printed()).not.toContain("NaN");
  },
);
