import fc from "fast-check";
import { expect, test } from "vitest";
import { type Frame, FrameReader } from "../../../engine/kernel/frames.ts";

const frame = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const read = (bytes: Buffer, cuts: readonly number[] = []) => {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  let from = 0;
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]) {
    frames.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return frames;
};

test("messages come out whole however the bytes are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary" })), fc.array(fc.nat()), (bodies, cuts) => {
      const bytes = Buffer.from(bodies.map((body) => frame(Buffer.from(body).toString())).join(""));
      expect(read(bytes, cuts)).toEqual(bodies.map((body) => ({ text: Buffer.from(body).toString() })));
    }),
  );
});

test.each([
  "hello\n",
  "GET / HTTP/1.1\r\n\r\n",
  "Content-Length: many\r\n\r\n",
  "\u0000\u0001\r\n",
  "Content-Length: -3\r\n\r\n",
])("%j is reported as garbage and the message after it is read", (garbage) => {
  const frames = read(Buffer.from(garbage + frame('{"a":1}')));
  expect(frames.at(-1)).toEqual({ text: '{"a":1}' });
  expect(frames.length).toBeGreaterThan(1);
  for (const f of frames.slice(0, -1)) expect(f).toHaveProperty("garbage");
});

test("a second header is no garbage", () => {
  const body = "{}";
  expect(read(Buffer.from(`Content-Type: application/json\r\nContent-Length: 2\r\n\r\n${body}`))).toEqual([
    { text: body },
  ]);
  expect(read(Buffer.from(`Content-Length: 2\r\nContent-Type: application/json\r\n\r\n${body}`))).toEqual([
    { text: body },
  ]);
});
