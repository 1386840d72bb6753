import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testKernel } from "../support/kernel.ts";
import { load, mistakes } from "../support/mistakes.ts";

const examples = join(import.meta.dirname, "../../examples");

test("a cell with a mistake fails with the sentence that it is marked with", { timeout: 120_000 }, async () => {
  const names = ["digits.csv", "diabetes.csv", "penguins.csv"];
  const { process, run, folder } = await testKernel({
    files: Object.fromEntries(names.map((name) => [name, readFileSync(join(examples, "data", name), "utf8")])),
  });
  const here = (text: string) => text.replaceAll("data/", "");
  const first = here(load);
  expect((await run(first)).error?.message).toBeUndefined();
  const apart: string[] = [];
  for (const { text: marked, severity } of mistakes) {
    const text = here(marked.replace(/[«»]/g, ""));
    const { cells } = await process.request("analyze", {
      notebook: join(folder, "test.dlnb"),
      folder,
      cells: [
        { cell: "a", text: first },
        { cell: "b", text },
      ],
    });
    const said = cells.flatMap(({ problems }) => problems.map(({ message }) => message)).join();
    const { error } = await run(text);
    const ran = severity === "warning" ? (error?.message ?? said) : error?.message;
    if (ran !== said) apart.push(`${text}\n  marked: ${said}\n  ran: ${ran}`);
  }
  expect(apart).toEqual([]);
});
