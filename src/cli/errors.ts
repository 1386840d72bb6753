/** The command line itself is wrong: exit code 2, with a hint at the help. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** Nothing can be run: exit code 1. */
export class CommandError extends Error {
  override name = "CommandError";
}
