/** Questions in a row that Dawn may ask at once: short work is noticed without delay. */
const QUICK = 64;
/** Milliseconds between later ones. */
const PAUSE = 1;

let patched = false;
let asked = 0;

/**
 * While a promise of Dawn's is pending, its Node binding asks for its result in every turn of the event loop, by the
 * global `setImmediate`, and so keeps a core busy, which a software driver or a worker needs. This gives Dawn's
 * callbacks a timer after the first few turns; all other callers of `setImmediate` get what they always did.
 */
export function pausePolling(): void {
  if (patched) return;
  patched = true;
  const immediate = globalThis.setImmediate;
  const paused = (callback: (...args: unknown[]) => void, ...args: unknown[]) => {
    if (!isDawn(callback) || asked++ < QUICK) return immediate(callback, ...args);
    return setTimeout(callback, PAUSE, ...args);
  };
  // with what util.promisify needs
  Object.defineProperties(paused, Object.getOwnPropertyDescriptors(immediate));
  globalThis.setImmediate = paused as unknown as typeof setImmediate;
}

/** To be called with every piece of work: the next questions may come at once again. */
export const expectSoon = (): void => {
  asked = 0;
};

/** A function made by a native addon has no name and no text; a bound one has a name. */
const isDawn = (callback: unknown): boolean =>
  typeof callback === "function" &&
  callback.name === "" &&
  Function.prototype.toString.call(callback) === "function () { [native code] }";
