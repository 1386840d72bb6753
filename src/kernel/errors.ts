/** A kernel process that ended, or could not be started. */
export class KernelExited extends Error {
  override name = "KernelExited";
  /** The last lines it wrote to stderr. */
  readonly lastOutput: string;

  constructor(message: string, lastOutput = "") {
    super(message);
    this.lastOutput = lastOutput;
  }
}

/** How a process ended: "exited (code 134)", "was killed (SIGKILL)". */
export const howEnded = (code: number | null, signal: string | null): string =>
  signal === null ? `exited (code ${code})` : `was killed (${signal})`;
