import { ts } from "@ts-morph/common";
import { readCell } from "../../../src/tsplugin/cellText.ts";

/** What closes a cell's text. */
export const closingOf = (text: string): string => readCell(ts, "cell.ts", text).closing;
