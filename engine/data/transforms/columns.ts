import { optional, required, value } from "../../params/index.ts";

/** The option of every transform that works column by column. */
export const columnsParam = optional(
  value<readonly string[], typeof required>(
    required,
    {
      type: "readonly string[]",
      noun: "a list of column names",
      accepts: (given) => Array.isArray(given) && given.length > 0 && given.every((name) => typeof name === "string"),
    },
    "Names of the columns that it works on; when not given, all of its kind.",
  ),
);
