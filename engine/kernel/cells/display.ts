import { inspect } from "node:util";
import type { OutputItem } from "../../protocol/index.ts";

/** A value with a method of this name shows itself: it returns the items, richest first. */
export const DISPLAY = Symbol.for("dlnb.display");

const MAX_TEXT = 100_000;

/** How a value is shown under a cell. Richer items first, text/plain always there. Throws what the value's own method throws. */
export async function displayItems(value: unknown): Promise<OutputItem[]> {
  const items = isDisplayable(value) ? [...(await value[DISPLAY]())] : [];
  if (!items.some(({ mime }) => mime === "text/plain")) items.push({ mime: "text/plain", data: plainText(value) });
  return items;
}

function plainText(value: unknown): string {
  const text = inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT)}\n… ${text.length - MAX_TEXT} more characters`;
}

const isDisplayable = (value: unknown): value is Record<typeof DISPLAY, () => OutputItem[] | Promise<OutputItem[]>> =>
  typeof value === "object" && value !== null && DISPLAY in value && typeof value[DISPLAY] === "function";
