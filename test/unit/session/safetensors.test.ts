import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../../../engine/errors/index.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../engine/session/safetensors.ts";
import { HostTensor } from "../../../engine/tensor/index.ts";
import { torchFile } from "../../support/torchModels.ts";

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

  test("numbers of every type are read as the nearest type that the library has", () => {
    const { tensors } = decodeSafetensors(readFileSync(torchFile("types")), "types");
    const read = (name: string) => [
      tensors.get(name)?.dtype,
      tensors.get(name)?.shape,
      [...(tensors.get(name)?.data ?? [])],
    ];
    expect(read("f64")).toEqual(["f32", [2], [1.5, -2.25]]);
    expect(read("f32")).toEqual(["f32", [2], [1.5, -2.25]]);
    expect(read("f16")).toEqual(["f32", [4], [1.5, -2.25, 65504, 2 ** -24]]); // 6e-8 in half precision
    expect(read("bf16")).toEqual(["f32", [3], [1.5, -2.25, Math.fround(3.0040553e38)]]);
    expect(read("i64")).toEqual(["i32", [], [-7]]);
    expect(read("i32")).toEqual(["i32", [1, 2], [1, -2]]);
    expect(read("bool")).toEqual(["bool", [2], [1, 0]]);
  });

  const crafted = (header: unknown, bytes: number): Uint8Array => {
    const text = new TextEncoder().encode(JSON.stringify(header));
    const file = new Uint8Array(8 + text.length + bytes);
    new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
    file.set(text, 8);
    return file;
  };
  const at = (begin: number, end: number, shape = [2], dtype = "F32") => ({ dtype, shape, data_offsets: [begin, end] });

  test.each([
    ["tensors that overlap", crafted({ a: at(0, 8), b: at(4, 12) }, 12), '"b" overlaps the tensor before it'],
    ["a gap", crafted({ a: at(0, 8), b: at(12, 20) }, 20), 'bytes 8 to 12, before "b", belong to no tensor'],
    ["bytes behind the last tensor", crafted({ a: at(0, 8) }, 11), "3 bytes behind the last tensor belong to none"],
    ["offsets outside", crafted({ a: at(8, 16) }, 8), '"a" ends at byte 16 of 8'],
    ["offsets the wrong way round", crafted({ a: at(8, 0) }, 8), "ends before it begins"],
    ["a shape that does not fill its bytes", crafted({ a: at(0, 8, [3]) }, 8), "does not add up"],
    ["a negative length", crafted({ a: at(0, 8, [-2]) }, 8), "has no dtype, shape and data_offsets"],
    ["an unknown type", crafted({ a: at(0, 2, [2], "F8_E4M3") }, 2), "has elements of type F8_E4M3; F64, F32"],
    ["a list for a header", crafted([1], 0), "its header holds no tensors by name"],
    ["metadata that are no texts", crafted({ __metadata__: { a: 1 } }, 0), "its metadata are not texts by name"],
  ])("a file with %s is refused, and says so", (_, file, message) => {
    expect(() => decodeSafetensors(file, "x.safetensors")).toThrow(CheckpointError);
    expect(() => decodeSafetensors(file, "x.safetensors")).toThrow(message);
  });

  test("a header that claims two gigabytes is refused before it is read", () => {
    const file = new Uint8Array(16);
    new DataView(file.buffer).setBigUint64(0, BigInt(2 ** 31), true);
    expect(() => decodeSafetensors(file, "x")).toThrow("a header of 2147483648 bytes in a file of 16");
  });

  test("a whole number that 32 bits do not hold is named", () => {
    const file = crafted({ a: at(0, 8, [1], "I64") }, 8);
    new DataView(file.buffer).setBigInt64(file.length - 8, 2n ** 40n, true);
    expect(() => decodeSafetensors(file, "x")).toThrow('x: "a" holds 1099511627776, which does not fit into 32 bits');
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
