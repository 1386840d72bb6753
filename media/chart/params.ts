import type { Drawing } from "./drawing.ts";
import type { Value } from "./table.ts";

export interface ParamsHost {
  /** The drawing that can take values now; null while there is none in sight. */
  drawing(): Drawing | null;
  busy(): boolean;
  draw(drawing: Drawing): void;
}

/** What the reader makes of a spec's parameters: drawn once per frame at most, and one draw after the other. */
export class Params {
  readonly #host: ParamsHost;
  readonly #values = new Map<string, Value | null>();
  #frame = 0;

  constructor(host: ParamsHost) {
    this.#host = host;
  }

  get(param: string): Value | null {
    return this.#values.get(param) ?? null;
  }

  set(param: string, value: Value | null): void {
    if (this.#values.get(param) === value) return;
    this.#values.set(param, value);
    this.schedule();
  }

  /** Gives a drawing all values; returns whether any is new to it. */
  apply(drawing: Drawing): boolean {
    return [...this.#values].filter(([param, value]) => drawing.set(param, value)).length > 0;
  }

  /** Those of a chart out of sight wait until this is called as it comes into it. */
  schedule(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      const drawing = this.#host.drawing();
      if (drawing === null) return;
      if (this.#host.busy()) this.schedule();
      else if (this.apply(drawing)) this.#host.draw(drawing);
    });
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
  }
}
