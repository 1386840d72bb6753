import type { Backend, DeviceBuffer } from "../../../engine/backends/backend.ts";
import { type InterpretOptions, interpret } from "../../../engine/backends/interpret.ts";
import { ROW_SLOT } from "../../../engine/backends/launch.ts";
import { BackendError } from "../../../engine/errors/index.ts";

/** A `Backend` that runs plans through the interpreter, in this process. It calls itself "wasm" for want of a name. */
export function interpretBackend(options: InterpretOptions = {}): Backend {
  const memory = new Map<DeviceBuffer, Uint32Array>();
  const wordsOf = (buffer: DeviceBuffer): Uint32Array => {
    const words = memory.get(buffer);
    if (!words) throw new BackendError("the buffer was disposed");
    return words;
  };
  return {
    name: "wasm",
    adapter: "interpreter",
    maxBuffersPerLaunch: 8,
    room: { free: Number.POSITIVE_INFINITY, largest: Number.POSITIVE_INFINITY },
    get deviceBytes() {
      return [...memory.keys()].reduce((sum, buffer) => sum + buffer.words * 4, 0);
    },
    alloc(words) {
      const buffer: DeviceBuffer = { words, dispose: () => void memory.delete(buffer) };
      memory.set(buffer, new Uint32Array(words));
      return buffer;
    },
    write(buffer, data, offsetWords = 0) {
      wordsOf(buffer).set(new Uint32Array(data.buffer, data.byteOffset, data.length), offsetWords);
    },
    async read(buffer, offsetWords = 0, words = buffer.words - offsetWords) {
      return wordsOf(buffer).slice(offsetWords, offsetWords + words);
    },
    async compile(plan, named) {
      const buffers = plan.buffers.map(({ name, words }) => {
        if (name === undefined) return new Uint32Array(words);
        const buffer = named[name];
        if (!buffer || buffer.words < words)
          throw new BackendError(`${plan.label}: no buffer "${name}" of ${words} words`);
        return wordsOf(buffer);
      });
      return {
        async submit(scalars, count) {
          for (let step = 0; step < count; step++) {
            const block = scalars.slice(step * plan.scalarWords, (step + 1) * plan.scalarWords);
            block[ROW_SLOT] = step;
            interpret(plan, buffers, block, options);
          }
          return (buffers[plan.rows] ?? new Uint32Array(0)).slice(0, count * plan.rowWords);
        },
        profile: () => Promise.reject(new BackendError("the interpreter measures nothing")),
        dispose() {},
      };
    },
    peaks: () => Promise.reject(new BackendError("the interpreter measures nothing")),
    lost: new Promise(() => {}),
    async close() {
      memory.clear();
    },
  };
}
