import * as vscode from "vscode";
import { count, digits, duration } from "../status/summary.ts";
import { summary } from "./config.ts";
import { isLive, type RunEntry, type RunState } from "./entry.ts";
import { extentWords, figureName, metricWords, sparkline, statusSentence, statusWord, timeWords } from "./words.ts";

/** By what a status is seen: a shape and a colour of the theme, so that nothing is told by colour alone. */
const ICONS: Readonly<Record<RunState, readonly [icon: string, colour: string]>> = {
  running: ["sync~spin", "charts.blue"],
  paused: ["debug-pause", "charts.yellow"],
  finished: ["pass", "testing.iconPassed"],
  early: ["pass-filled", "testing.iconPassed"],
  interrupted: ["stop-circle", "descriptionForeground"],
  "non-finite": ["warning", "problemsWarningIcon.foreground"],
  failed: ["error", "problemsErrorIcon.foreground"],
  lost: ["circle-slash", "disabledForeground"],
};

export function iconOf({ status }: Pick<RunEntry, "status">): vscode.ThemeIcon {
  const [icon, colour] = ICONS[status];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(colour));
}

/** A run's line in the Runs view. */
export function itemOf(entry: RunEntry): vscode.TreeItem {
  const item = new vscode.TreeItem(`${entry.name} · ${timeWords(entry.startedAt)}`);
  const words = [metricWords(entry), ...(isLive(entry) ? [extentWords(entry)] : []), statusWord(entry.status)];
  const said = words.filter((word) => word !== "");
  const curve = entry.spark.length > 1 ? sparkline(entry.spark) : "";
  item.id = entry.key;
  // what one looks for comes first: a narrow side bar cuts the rest, and the icon tells the status
  const [first = "", ...others] = said;
  item.description = [first, curve, others.join(" · ")].filter((part) => part !== "").join("  ");
  item.iconPath = iconOf(entry);
  item.contextValue = entry.status === "running" || entry.status === "paused" ? `run-${entry.status}` : "run-ended";
  item.tooltip = tooltipOf(entry);
  item.accessibilityInformation = { label: [entry.name, timeWords(entry.startedAt), ...said, trend(entry)].join(", ") };
  // without arguments, which the editor forgets when it draws the line anew: the line that was clicked is the selected one
  item.command = { command: "dlnb.openRun", title: vscode.l10n.t("Open Run") };
  return item;
}

/** What a sparkline shows, for those who do not see it. */
function trend({ spark }: RunEntry): string {
  const finite = spark.filter(Number.isFinite);
  const [first, last] = [finite[0], finite.at(-1)];
  if (first === undefined || last === undefined || finite.length < 2) return "";
  return vscode.l10n.t("loss from {0} to {1}", digits(first), digits(last));
}

/** Whatever a run calls itself is text here, never Markdown. */
function tooltipOf(entry: RunEntry): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const row = (name: string, value: string) => {
    text.appendMarkdown("- ");
    text.appendText(`${name}: ${value}`);
    text.appendMarkdown("\n");
  };
  text.appendMarkdown("**");
  text.appendText(entry.name);
  text.appendMarkdown("** · ");
  text.appendText(statusWord(entry.status));
  text.appendMarkdown("\n\n");
  const sentence = statusSentence(entry);
  if (sentence !== "") {
    text.appendText(sentence);
    text.appendMarkdown("\n\n");
  }
  for (const [name, value] of Object.entries(entry.final).slice(0, 12)) row(figureName(name), digits(value));
  text.appendMarkdown("\n---\n\n");
  row(vscode.l10n.t("started"), new Date(entry.startedAt).toLocaleString(vscode.env.language));
  row(vscode.l10n.t("length"), extentWords(entry));
  if (isLive(entry)) row(vscode.l10n.t("time"), duration(entry.seconds));
  if (entry.backend !== "") row(vscode.l10n.t("backend"), entry.backend);
  if (entry.parameters > 0) row(vscode.l10n.t("parameters"), count(entry.parameters));
  for (const { name, text: value } of summary(entry.config)) row(name, value);
  return text;
}
