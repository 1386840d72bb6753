import { expect, onTestFinished, test, vi } from "vitest";
import { WasmBackend } from "../../../engine/backends/wasm/backend.ts";
import { multiplies } from "../../../engine/backends/wasm/check.ts";
import { gemmModule, TILES } from "../../../engine/backends/wasm/gemm.ts";
import * as wide from "../../../engine/backends/wasm/wide.ts";

/** f32x4.relaxed_madd, and in place of it relaxed_nmadd, which subtracts the product. */
const [MADD, NMADD] = [
  [0xfd, 0x85, 0x02],
  [0xfd, 0x86, 0x02],
] as const;

const bytes = gemmModule(TILES.wide);
const madds = [...bytes.keys()].filter((i) => MADD.every((byte, j) => bytes[i + j] === byte));

function withWrong(at: number): WebAssembly.Module {
  const wrong = bytes.slice();
  wrong.set(NMADD, at);
  return new WebAssembly.Module(wrong);
}

test.each(Object.keys(TILES) as (keyof typeof TILES)[])("the %s tiles give the products of plain loops", (name) => {
  expect(multiplies(new WebAssembly.Module(gemmModule(TILES[name])), TILES[name])).toBe(true);
});

test("the check sees it when a single vector of a single tile is wrong", () => {
  const looked = madds.filter((_, i) => i % 41 === 0);
  expect(looked.length).toBeGreaterThan(20);
  for (const at of looked) expect(multiplies(withWrong(at), TILES.wide), `instruction at ${at}`).toBe(false);
});

test("a backend whose widened vectors are wrong opens with narrow ones and says so", async () => {
  const log: string[] = [];
  vi.spyOn(wide, "canWiden").mockReturnValue(true);
  vi.spyOn(wide, "compileWide").mockReturnValue(withWrong(madds[0] as number));
  onTestFinished(() => void vi.restoreAllMocks());
  const backend = await WasmBackend.open(1, TILES.wide, (text) => log.push(text));
  onTestFinished(() => backend.close());
  expect(backend.adapter).toBe("1 thread, relaxed SIMD");
  expect(log).toEqual([expect.stringContaining("those of 128 bits are taken")]);
});
