import { maybeContext } from "../context/index.ts";
import { Interrupted } from "../errors/index.ts";

const PROGRESS_MS = 200;

/** Called with how much is done, as often as one likes; throws Interrupted when the cell is to stop. */
export type Reporter = (done: number) => void;

/** Tells the cell how far reading `what` is, a few times a second, and throws Interrupted when it is to stop. */
export function reporter(what: string, total: number | null, unit = "bytes"): Reporter {
  const context = maybeContext();
  let last = performance.now();
  return (done) => {
    if (context?.signal.aborted) throw new Interrupted(`interrupted while reading ${what}`);
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    context?.emit({ event: "progress", done, total, unit, message: `reading ${what}`, run: null });
  };
}
