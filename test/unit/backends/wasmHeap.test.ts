import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap } from "../../../engine/backends/wasm/heap.ts";

test("blocks are aligned, zeroed and apart, whatever is taken and given back; in the end nothing is held", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ bytes: fc.nat({ max: 5000 }), free: fc.boolean(), which: fc.nat() }), { maxLength: 60 }),
      (actions) => {
        const heap = new Heap(4096);
        const held: { at: number; bytes: number }[] = [];
        for (const { bytes, free, which } of actions) {
          if (free && held.length > 0) {
            const [block] = held.splice(which % held.length, 1) as [(typeof held)[0]];
            heap.free(block.at, block.bytes);
            continue;
          }
          const at = heap.alloc(bytes, "block");
          const words = new Uint8Array(heap.memory.buffer, at, bytes);
          expect(at % 64).toBe(0);
          expect(at).toBeGreaterThanOrEqual(4096);
          expect(words.every((b) => b === 0)).toBe(true);
          for (const other of held) expect(at + bytes <= other.at || other.at + other.bytes <= at).toBe(true);
          words.fill(255);
          held.push({ at, bytes });
        }
        for (const { at, bytes } of held) heap.free(at, bytes);
        expect(heap.used).toBe(0);
        expect(heap.alloc(64, "again")).toBe(4096);
      },
    ),
    { numRuns: 60 },
  );
});
