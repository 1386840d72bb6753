type Stream = "stdout" | "stderr";

const BATCH_MS = 16;
/** Characters of one cell's text that are sent; then only the end is kept, to be sent when the cell ends. */
const MAX_CHARS = 500_000;
const END_CHARS = 4_000;

/** What a cell prints, in order, in few and bounded messages. */
export class TextSink {
  readonly #send: (stream: Stream, text: string) => void;
  #stream: Stream = "stdout";
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;
  #sentAt = 0;
  #chars = 0;
  #dropped = 0;
  #end = "";

  constructor(send: (stream: Stream, text: string) => void) {
    this.#send = send;
  }

  write(stream: Stream, text: string): void {
    const room = Math.max(0, MAX_CHARS - this.#chars);
    this.#chars += text.length;
    if (text.length > room) this.#drop(text.slice(room));
    if (room === 0) return;
    if (stream !== this.#stream) this.#push();
    this.#stream = stream;
    this.#waiting += text.slice(0, room);
    // a cell that does not yield leaves timers no turn
    if (performance.now() - this.#sentAt > BATCH_MS) this.#push();
    else this.#timer ??= setTimeout(() => this.#push(), BATCH_MS);
  }

  /** Sends what waits. */
  flush(): void {
    this.#push();
  }

  /** Sends what waits, and what is to be said of text that was dropped. */
  finish(): void {
    this.#push();
    if (this.#dropped === 0) return;
    const gone = this.#dropped - this.#end.length;
    const said = gone > 0 ? `\n… ${gone.toLocaleString("en")} characters of output were dropped …\n` : "";
    this.#send(this.#stream, said + this.#end);
    this.#dropped = 0;
    this.#end = "";
  }

  #drop(text: string): void {
    this.#dropped += text.length;
    this.#end = (this.#end + text).slice(-END_CHARS);
  }

  #push(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === "") return;
    const text = this.#waiting;
    this.#waiting = "";
    this.#sentAt = performance.now();
    this.#send(this.#stream, text);
  }
}
