import * as vscode from "vscode";

/** A rate in a few digits: `3e-4`, `0.012`. */
export function rateText(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded !== 0 && Math.abs(rounded) < 0.01 ? rounded.toExponential() : String(rounded);
}

/** What somebody typed as a rate, or a sentence that says why it is none. */
export function readRate(text: string): number | string {
  const trimmed = text.trim();
  const value = Number(trimmed.replace(",", "."));
  if (trimmed === "" || Number.isNaN(value)) {
    return vscode.l10n.t("{0} is not a number; write one such as 3e-4", JSON.stringify(trimmed));
  }
  return value > 0 && value < Infinity ? value : vscode.l10n.t("a learning rate is a number above 0");
}
