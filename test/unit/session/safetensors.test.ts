import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../../../engine/errors/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";

const one = () =>
  encodeSafetensors({
    tensors: new Map([["w", new HostTensor([2], "f32", Float32Array.of(1, -2.5))]]),
    metadata: { dlnb: "{}" },
  });

describe("safetensors", () => {
  test("a tensor may have any name", () => {
    const tensors = new Map(
      ["__proto__", "toString", "7"].map((n) => [n, new HostTensor([1], "f32", Float32Array.of(1))]),
    );
    const back = decodeSafetensors(encodeSafetensors({ tensors, metadata: {} }), "file");
    expect(new Set(back.tensors.keys())).toEqual(new Set(tensors.keys()));
  });

  test("what is written is read back, to the bit", () => {
    const tensor = fc
      .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.constantFrom("f32" as const, "i32" as const, "bool" as const))
      .map(([shape, dtype]) => {
        const size = shape.reduce((n, d) => n * d, 1);
        const values = Array.from({ length: size }, (_, i) => (dtype === "bool" ? i % 2 : i * 1.5 - 2));
        const data =
          dtype === "f32"
            ? Float32Array.from(values)
            : dtype === "i32"
              ? Int32Array.from(values)
              : Uint32Array.from(values);
        return new HostTensor(shape, dtype, data);
      });
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((n) => n !== "__metadata__"),
          tensor,
        ),
        fc.string(),
        (named, note) => {
          const tensors = new Map(Object.entries(named));
          const back = decodeSafetensors(encodeSafetensors({ tensors, metadata: { note } }), "file");
          expect(back.metadata).toEqual({ note });
          expect([...back.tensors.keys()].sort()).toEqual([...tensors.keys()].sort());
          for (const [name, t] of tensors) expect(back.tensors.get(name)).toEqual(t);
        },
      ),
    );
  });

  test("the header is as the format says: length, JSON, then little-endian words", () => {
    const file = one();
    const length = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
    expect(header).toEqual({
      __metadata__: { dlnb: "{}" },
      w: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    });
    expect(length % 8).toBe(0);
    expect([...new Float32Array(file.slice(8 + length).buffer)]).toEqual([1, -2.5]);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["half of it", one().subarray(0, 40)],
    ["all but the last byte", one().subarray(0, -1)],
    ["text", new TextEncoder().encode("this is no checkpoint at all")],
    ["a header that is no JSON", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 123, 33)],
  ])("a file with %s in it is refused by name", (_, file) => {
    expect(() => decodeSafetensors(file, "checkpoint x.safetensors")).toThrow(CheckpointError);
    expect(() => decodeSafetensors(file, "checkpoint x.safetensors")).toThrow(/^checkpoint x\.safetensors: /);
  });
});
