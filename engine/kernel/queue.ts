/** Runs jobs one after the other. */
export class Queue<T> {
  readonly #waiting: { job: T; run: () => Promise<void>; drop: () => void }[] = [];
  #busy = false;
  readonly #onIdle: () => void;

  constructor(onIdle: () => void) {
    this.#onIdle = onIdle;
  }

  get waiting(): readonly T[] {
    return this.#waiting.map(({ job }) => job);
  }

  /** `run` is called in its turn; `drop` instead when the queue is emptied before. */
  add(job: T, run: () => Promise<void>, drop: () => void): void {
    this.#waiting.push({ job, run, drop });
    if (!this.#busy) void this.#work();
  }

  /** Drops what waits, and says what that was. */
  clear(): T[] {
    const waiting = this.#waiting.splice(0);
    for (const { drop } of waiting) drop();
    return waiting.map(({ job }) => job);
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next.run();
    this.#busy = false;
    this.#onIdle();
  }
}
