import { expect, test } from "vitest";
import { remembered } from "../../../../engine/diagnostics/curvature/remember.ts";

const ask = async (key: string, size: number, interrupted = false) => {
  let computed = false;
  await remembered(key, async () => {
    computed = true;
    return { interrupted, values: new Float64Array(size) };
  });
  return computed ? "computed" : "remembered";
};

test("a result is computed once, unless it is not whole", async () => {
  expect([await ask("a", 10), await ask("a", 10)]).toEqual(["computed", "remembered"]);
  expect([await ask("part", 10, true), await ask("part", 10, true)]).toEqual(["computed", "computed"]);
});

test("results used last stay, up to 64 and to 32 MB in all", async () => {
  for (let k = 0; k < 64; k++) await ask(`k${k}`, 10);
  await ask("k0", 10);
  await ask("new", 10);
  expect(await ask("k0", 10)).toBe("remembered");
  expect(await ask("k1", 10)).toBe("computed");
  await ask("large", 3 * 2 ** 20); // 24 MB
  expect(await ask("large", 3 * 2 ** 20)).toBe("remembered");
  await ask("large too", 3 * 2 ** 20);
  expect(await ask("large", 3 * 2 ** 20)).toBe("computed");
  await ask("larger than all", 5 * 2 ** 20);
  expect(await ask("larger than all", 5 * 2 ** 20)).toBe("computed");
});
