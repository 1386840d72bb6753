const HEADER = "content-length:";
const MAX_BYTES = 256 * 2 ** 20;

export type Frame = { text: string } | { garbage: string };

/**
 * Cuts a byte stream into the bodies of messages framed by `Content-Length: n`, blank line, n bytes. What is no frame
 * is skipped up to the next header and reported, so that one bad writer does not end the conversation.
 */
export class FrameReader {
  #buffer = Buffer.alloc(0);

  push(chunk: Buffer): Frame[] {
    this.#buffer = Buffer.concat([this.#buffer, chunk]);
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | undefined {
    const head = this.#buffer.toString("latin1", 0, Math.min(this.#buffer.length, 4096));
    const lower = head.toLowerCase();
    if (!lower.startsWith(HEADER) && !HEADER.startsWith(lower)) {
      // other headers may stand before Content-Length
      const named = /^[\w-]+: [^\r\n]*\r\n/.exec(head);
      if (named?.[0].toLowerCase().startsWith("content-type:")) return this.#skip(named[0].length);
      const next = lower.indexOf(HEADER, 1);
      if (next > 0) return this.#garbage(next);
      // the header may be arriving piece by piece at the end
      const keep = partialHeader(lower);
      return head.length > keep && /[\r\n]/.test(head) ? this.#garbage(head.length - keep) : undefined;
    }
    const end = head.indexOf("\r\n\r\n");
    if (end < 0) return head.length >= 4096 ? this.#garbage(HEADER.length) : undefined;
    const size = Number(/^content-length:[ \t]*(\d+)[ \t]*\r\n/i.exec(head)?.[1] ?? Number.NaN);
    if (!(size <= MAX_BYTES)) return this.#garbage(end + 4);
    const start = end + 4;
    if (this.#buffer.length < start + size) return undefined;
    const text = this.#buffer.toString("utf8", start, start + size);
    this.#buffer = this.#buffer.subarray(start + size);
    return { text };
  }

  #skip(bytes: number): Frame | undefined {
    this.#buffer = this.#buffer.subarray(bytes);
    return this.#next();
  }

  #garbage(bytes: number): Frame {
    const garbage = this.#buffer.toString("utf8", 0, Math.min(bytes, 200));
    this.#buffer = this.#buffer.subarray(bytes);
    return { garbage };
  }
}

/** Length of the longest end of `text` that begins a header. */
function partialHeader(text: string): number {
  for (let length = Math.min(HEADER.length, text.length); length > 0; length--)
    if (HEADER.startsWith(text.slice(-length))) return length;
  return 0;
}
