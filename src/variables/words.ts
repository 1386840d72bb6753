import * as vscode from "vscode";
import type { DescribedValue, KernelStatus } from "../../engine/protocol/index.ts";

/** "412 B", "1.2 kB", "34 MB". */
export function bytesInWords(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  const units = ["kB", "MB", "GB", "TB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[power - 1]}`;
}

function memory({ bytes, atLeast }: DescribedValue): string {
  const size = bytesInWords(bytes);
  return atLeast ? vscode.l10n.t("{0} or more", size) : size;
}

/** Behind a name: what it is, what it takes where that is something, and its value. */
export function lineOf(value: DescribedValue): string {
  const { type, summary, bytes } = value;
  if (type === "statistic") return summary;
  return [type, bytes >= 1000 ? memory(value) : "", summary === type ? "" : summary]
    .filter((part) => part !== "")
    .join(" · ");
}

export function tooltipOf(name: string, value: DescribedValue): string {
  return [`${name}: ${value.type}`, value.summary, vscode.l10n.t("{0} of host memory", memory(value))].join("\n");
}

/** Of the whole kernel. */
export function kernelMemory({ rssBytes, deviceBytes }: KernelStatus["memory"]): string {
  return deviceBytes > 0
    ? vscode.l10n.t("kernel {0}, device {1}", bytesInWords(rssBytes), bytesInWords(deviceBytes))
    : vscode.l10n.t("kernel {0}", bytesInWords(rssBytes));
}

/** An icon of the editor's own. */
export function iconOf({ type }: DescribedValue): vscode.ThemeIcon {
  const icons: readonly (readonly [RegExp, string])[] = [
    [/^Experiment$/, "beaker"],
    [/^Run$/, "graph-line"],
    [/^(Dataset|Splits)/, "database"],
    [/^(Tensor|Symbolic tensor)/, "symbol-array"],
    [/^(Array|Map|Set|\w+Array) /, "symbol-array"],
    [/^(number|bigint)$/, "symbol-number"],
    [/^string$/, "symbol-string"],
    [/^boolean$/, "symbol-boolean"],
    [/^(function|class)$/, "symbol-method"],
    [/^statistic$/, "symbol-ruler"],
    [/^(null|undefined|symbol|getter|proxy)$/, "symbol-misc"],
  ];
  return new vscode.ThemeIcon(icons.find(([fits]) => fits.test(type))?.[1] ?? "symbol-object");
}
