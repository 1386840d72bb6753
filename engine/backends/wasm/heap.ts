import { BackendError } from "../../errors/index.ts";
import { MAX_PAGES } from "./assembler.ts";

const PAGE = 65_536;
/** Blocks start at a cache line. */
const ALIGN = 64;
/** Bytes past the last block: a kernel may read up to this far beyond a buffer. */
const SLACK = 64;

/** First-fit allocation in one shared WebAssembly memory that grows as it is needed. Addresses are in bytes. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Bytes handed out. */
  used = 0;
  #free: { at: number; bytes: number }[] = [];
  #end: number;
  /** Memory from here on was never handed out, and is zero. */
  #fresh: number;
  #capacity: number;
  /** Pages that memory can grow to. */
  #maximum = MAX_PAGES;

  /** The first `reserved` bytes are never handed out. */
  constructor(reserved: number) {
    this.#end = Math.ceil(reserved / ALIGN) * ALIGN;
    this.#fresh = this.#end;
    this.#capacity = Math.ceil((this.#end + SLACK) / PAGE) * PAGE;
    this.memory = this.#reserve(MAX_PAGES);
  }

  /** Shared memory is reserved at its full size at once: less of it where the system limits address space. */
  #reserve(pages: number): WebAssembly.Memory {
    try {
      this.#maximum = pages;
      return new WebAssembly.Memory({ initial: this.#capacity / PAGE, maximum: pages, shared: true });
    } catch (cause) {
      if (pages / 2 > this.#capacity / PAGE) return this.#reserve(pages / 2);
      throw new BackendError(`wasm: no address space for ${megabytes(pages * PAGE)} of shared memory`, { cause });
    }
  }

  /** Bytes that memory can still grow by. */
  get room(): number {
    return this.#maximum * PAGE - SLACK - this.#end;
  }

  /** Address of `bytes` zeroed bytes. Throws BackendError with the sizes when memory cannot grow so far. */
  alloc(bytes: number, label: string): number {
    const size = rounded(bytes);
    const hole = this.#free.findIndex((f) => f.bytes >= size);
    let at: number;
    if (hole >= 0) {
      const block = this.#free[hole] as { at: number; bytes: number };
      at = block.at;
      if (block.bytes === size) this.#free.splice(hole, 1);
      else this.#free[hole] = { at: at + size, bytes: block.bytes - size };
    } else {
      at = this.#end;
      this.#grow(at + size + SLACK, label, bytes);
      this.#end = at + size;
    }
    const used = Math.min(at + size, this.#fresh);
    if (used > at) new Uint8Array(this.memory.buffer, at, used - at).fill(0);
    this.#fresh = Math.max(this.#fresh, this.#end);
    this.used += size;
    return at;
  }

  free(at: number, bytes: number): void {
    const size = rounded(bytes);
    this.used -= size;
    const next = this.#free.findIndex((f) => f.at > at);
    const i = next < 0 ? this.#free.length : next;
    this.#free.splice(i, 0, { at, bytes: size });
    this.#merge(i);
    if (i > 0) this.#merge(i - 1);
    const last = this.#free.at(-1);
    if (last && last.at + last.bytes === this.#end) {
      this.#end = last.at;
      this.#free.pop();
    }
  }

  #merge(i: number): void {
    const block = this.#free[i];
    const next = this.#free[i + 1];
    if (!block || !next || block.at + block.bytes !== next.at) return;
    this.#free.splice(i, 2, { at: block.at, bytes: block.bytes + next.bytes });
  }

  #grow(end: number, label: string, bytes: number): void {
    if (end <= this.#capacity) return;
    // grown by at least a quarter, so that many small buffers do not mean many system calls
    const wanted = Math.ceil(Math.max(end, this.#capacity * 1.25) / PAGE);
    for (const pages of [Math.min(wanted, this.#maximum), Math.ceil(end / PAGE)]) {
      try {
        this.memory.grow(pages - this.#capacity / PAGE);
        this.#capacity = pages * PAGE;
        if (end <= this.#capacity) return;
      } catch {
        // the smaller step may still do
      }
    }
    throw new BackendError(
      `wasm: no room for ${megabytes(bytes)} (${label}): ${megabytes(this.used)} of ${megabytes(this.#maximum * PAGE)} are in use`,
    );
  }
}

const rounded = (bytes: number) => Math.max(Math.ceil(bytes / ALIGN) * ALIGN, ALIGN);
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
