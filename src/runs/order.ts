import * as vscode from "vscode";
import type { RunEntry } from "./entry.ts";

/** Ways in which runs are sorted within their experiment. */
export const ORDERS = ["newest", "name", "metric", "loss", "duration"] as const;
export type Order = (typeof ORDERS)[number];

export const isOrder = (value: unknown): value is Order => ORDERS.some((one) => one === value);

export function orderWord(order: Order): string {
  switch (order) {
    case "newest":
      return vscode.l10n.t("newest first");
    case "name":
      return vscode.l10n.t("by name");
    case "metric":
      return vscode.l10n.t("best metric first");
    case "loss":
      return vscode.l10n.t("lowest loss first");
    case "duration":
      return vscode.l10n.t("longest first");
    default:
      order satisfies never;
      return order;
  }
}

type Key = (entry: RunEntry) => number;

/** Small ones come first; what has no figure comes last. */
const KEYS: Readonly<Record<Exclude<Order, "name">, Key>> = {
  newest: ({ startedAt }) => -startedAt,
  metric: ({ metric }) => (metric === null ? Number.NaN : metric.better === "higher" ? -metric.value : metric.value),
  loss: ({ final }) => final.validLoss ?? final.trainLoss ?? Number.NaN,
  duration: ({ seconds }) => -seconds,
};

const words = new Intl.Collator("en", { numeric: true });

/** In that order, those that are marked first; equal ones stay as they were. */
export function ordered(entries: readonly RunEntry[], order: Order): RunEntry[] {
  const last = (value: number) => (Number.isNaN(value) ? Number.POSITIVE_INFINITY : value);
  const between = (a: RunEntry, b: RunEntry): number => {
    if (order === "name") return words.compare(a.name, b.name);
    const [x, y] = [last(KEYS[order](a)), last(KEYS[order](b))];
    return x === y ? 0 : x - y;
  };
  return [...entries].sort((a, b) => Number(b.starred) - Number(a.starred) || between(a, b));
}

/** Runs of one call in the order in which they were asked for. */
export const inCall = (entries: readonly RunEntry[]): RunEntry[] =>
  [...entries].sort((a, b) => words.compare(a.key, b.key));
