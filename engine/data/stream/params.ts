import { bool, int, optional, required } from "../../params/index.ts";

/** Options of the sources that can leave examples in their file. */
export const streamParams = {
  stream: bool(
    false,
    "Leaves the examples in their file, or an unpacked copy, and reads them as training needs them: for sets larger than memory. Labels are held.",
  ),
  buffer: optional(
    int(
      required,
      "[1, inf)",
      "Examples that are in memory together and shuffled among each other when streaming; about 32 MiB when not given.",
    ),
  ),
};

export interface StreamOptions {
  readonly stream: boolean;
  readonly buffer: number | null;
}
