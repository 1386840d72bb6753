import { inspect } from "node:util";
import type { OutputItem } from "../../protocol/index.ts";

/** A value with a method of this name shows itself: it returns the items, richest first. */
export const DISPLAY = Symbol.for("dlnb.display");

const MAX_TEXT = 100_000;

type Items = readonly OutputItem[];

/**
 * How a value is shown under a cell. Richer items first, text/plain always there; a promise only where the value's own
 * method gives one. Throws what that method throws.
 */
export function displayItems(value: unknown): Items | Promise<Items> {
  const own = isDisplayable(value) ? value[DISPLAY]() : [];
  return own instanceof Promise ? own.then((items) => withText(items, value)) : withText(own, value);
}

const withText = (items: Items, value: unknown): Items =>
  items.some(({ mime }) => mime === "text/plain") ? items : [...items, { mime: "text/plain", data: plainText(value) }];

function plainText(value: unknown): string {
  const text = inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
  if (text.length <= MAX_TEXT) return text;
  return `${text.slice(0, MAX_TEXT)}\n… ${text.length - MAX_TEXT} more characters`;
}

const isDisplayable = (value: unknown): value is Record<typeof DISPLAY, () => Items | Promise<Items>> =>
  typeof value === "object" && value !== null && DISPLAY in value && typeof value[DISPLAY] === "function";
