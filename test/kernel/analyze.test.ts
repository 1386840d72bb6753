import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { testKernel } from "../support/kernel.ts";

const cells = [
  { cell: "a", text: "const sets = data.moons({ n: 100 }).split({ valid: 0.2, seed: 1 });" },
  {
    cell: "b",
    text: "const exp = experiment({ data: sets, model: nn.linear(2), loss: loss.crossEntropy(), optimizer: optim.sgd({ lr: -1 }) });",
  },
];

describe("an analysis of cells", () => {
  test("is answered by a kernel, which runs nothing and writes nothing", async () => {
    const { process, folder, events, value } = await testKernel();
    const before = readdirSync(folder);
    const [, second] = (await process.request("analyze", { notebook: `${folder}/test.dlnb`, folder, cells })).cells;
    expect(second?.problems).toMatchObject([{ code: "range", message: "sgd: lr = -1 is outside [0, inf)" }]);
    expect(second?.hints.map(({ text }) => text)).toContain("→ 2 · 6");
    expect(await value("typeof sets")).toBe("'undefined'");
    expect(events.filter(({ event }) => event === "text" || event === "run")).toEqual([]);
    expect(readdirSync(folder).filter((name) => !before.includes(name) && name !== ".dlnb")).toEqual([]);
  });

  test("is refused when it is not asked for cells", async () => {
    const { process } = await testKernel();
    const wrong = process.request("analyze", { notebook: null, folder: ".", cells: [{ cell: 1 }] as never });
    await expect(wrong).rejects.toThrow("cells must be a list of { cell, text }");
  });

  test("of what never answers ends with its process, and not before", async () => {
    const { process } = await testKernel();
    const text = "const hangs = /^(a+)+$/.test('a'.repeat(40) + 'b');";
    const asked = process.request("analyze", { notebook: null, folder: ".", cells: [{ cell: "a", text }] });
    const outcome = asked.then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect(await Promise.race([outcome, new Promise((done) => setTimeout(done, 1500, "waits"))])).toBe("waits");
    process.kill();
    expect(await outcome).toMatch(/killed/);
  });
});
