/** One class per thing a caller may treat differently; messages are built where they are thrown. */

/** Base of every error that names a mistake in the user's input rather than a fault of ours. */
export class UserError extends Error {
  override name = "UserError";
  /** What an editor that marks mistakes must know of this one; the message says the same in words. */
  declare fault: Fault | undefined;

  constructor(message: string, { fault, ...options }: { readonly fault?: Fault | undefined } & ErrorOptions = {}) {
    super(message, options);
    // printing an error shows what can be enumerated
    Object.defineProperty(this, "fault", { value: fault, writable: true, configurable: true });
  }
}

/** Which part of what was given is at fault, and what could stand there instead. */
export interface Fault {
  readonly kind: FaultKind;
  /** What the options were given to, as it stands first in the message: `adamw`, `clip`. */
  readonly where?: string;
  /** The option, with a place in it where it is a list: `lr`, `betas[0]`. */
  readonly option?: string;
  /** The layer, loss, metric or augmentation whose it is, and the layers around it, innermost first. */
  readonly layers?: readonly object[];
  /** The word at fault, where the option is a list of them. */
  readonly given?: string;
  /** An interval that a number must lie in. */
  readonly range?: string;
  /** Words that could stand in its place: choices, names of options or entries. */
  readonly names?: readonly string[];
  /** TypeScript texts that would be right in its place, best first. */
  readonly instead?: readonly string[];
  /** TypeScript text that would be right before it: a layer, with the comma behind it. */
  readonly before?: string;
  /** The TypeScript type of what is missing. */
  readonly type?: string;
}

/**
 * `range`, `choice`: a value of the right kind that is not among those that may be; `option`: no such option; `name`: no such
 * entry; `type`: another kind of value; `missing`: not given; `arguments`: too many; `conflict`: each right, not together; `shape`: sizes.
 */
export type FaultKind =
  | "data"
  | "range"
  | "choice"
  | "option"
  | "name"
  | "type"
  | "missing"
  | "arguments"
  | "conflict"
  | "shape";

/** Sizes or dtypes that do not fit together. */
export class ShapeError extends UserError {
  override name = "ShapeError";
}

/** An option that is unknown, missing or outside its range. */
export class ConfigError extends UserError {
  override name = "ConfigError";
}

/** Data that cannot be read or does not say what it should. */
export class DataError extends UserError {
  override name = "DataError";
}

/** A checkpoint that is damaged or from another model. */
export class CheckpointError extends UserError {
  override name = "CheckpointError";
}

/** A loss or gradient that is NaN or infinite. */
export class NonFiniteError extends UserError {
  override name = "NonFiniteError";
}

/** The user pressed stop. */
export class Interrupted extends UserError {
  override name = "Interrupted";
}

/** A backend that is not there, lost its device or ran out of memory. */
export class BackendError extends UserError {
  override name = "BackendError";
}

/** What `work` gives; errors of it that do not say what they are of are those of an option, others of `value`'s own options. */
export function located<T>(option: string, work: () => T, value?: object): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UserError) {
      if (value && error.fault?.option !== undefined) error.fault = { layers: [value], ...error.fault };
      error.fault ??= { kind: error instanceof ShapeError ? "shape" : "conflict", option };
    }
    throw error;
  }
}

/** The disk does not take, or no longer has, what a run keeps. */
export class StorageError extends UserError {
  override name = "StorageError";
}

/** Why a file cannot be written, in words. */
export function whyUnwritten(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "its folder is read-only";
    case "EIO":
      return "the disk fails";
    default:
      return message;
  }
}

/** Shorter words are parts of many. */
const LEAST_PART = 4;

/**
 * The name in `names` closest to `given` when it is close enough to be a slip, for "did you mean"; or else the only one that
 * has it for a part: `layers` is `numLayers`.
 */
export function closest(given: string, names: Iterable<string>): string | undefined {
  const all = [...names];
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const name of all) {
    const d = editDistance(given.toLowerCase(), name.toLowerCase());
    if (d < bestDistance) {
      best = name;
      bestDistance = d;
    }
  }
  if (best !== undefined || given.length < LEAST_PART) return best;
  const parts = all.filter((name) => name.toLowerCase().includes(given.toLowerCase()));
  return parts.length === 1 ? parts[0] : undefined;
}

/** Longer lists of names are cut: a table may have thousands of columns. */
const MOST_NAMES = 20;

/** `unknown option "lrr"; did you mean "lr"?`, or the list of what there is when nothing is close. */
export function didYouMean(given: string, names: Iterable<string>): string {
  const all = [...names];
  const near = closest(given, all);
  if (near !== undefined) return `; did you mean "${near}"?`;
  const shown = all.slice(0, MOST_NAMES).map((n) => `"${n}"`);
  if (all.length > MOST_NAMES) shown.push(`... (${all.length} in all)`);
  return all.length ? `; there is ${shown.join(", ")}` : "";
}

/** Insertions, deletions, replacements and swaps of neighbours that turn a into b. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
