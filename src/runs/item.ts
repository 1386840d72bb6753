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

/** A run's line in the Runs view; `within` a call, whose line says when it was. */
export function itemOf(entry: RunEntry, within = false): vscode.TreeItem {
  const item = new vscode.TreeItem(`${entry.starred ? "★ " : ""}${entry.name}`);
  const words = [metricWords(entry), ...(isLive(entry) ? [extentWords(entry)] : []), statusWord(entry.status)];
  const said = words.filter((word) => word !== "");
  const curve = entry.spark.length > 1 ? sparkline(entry.spark) : "";
  item.id = entry.key;
  // what one looks for comes first: a narrow side bar cuts the rest, and the icon tells the status
  const [first = "", ...others] = said;
  const more = [...others, ...(within ? [] : [timeWords(entry.startedAt)])].join(" · ");
  item.description = [first, curve, more].filter((part) => part !== "").join("  ");
  item.iconPath = iconOf(entry);
  const phase = entry.status === "running" || entry.status === "paused" ? `run-${entry.status}` : "run-ended";
  item.contextValue = `${phase}${entry.starred ? "-starred" : ""}`;
  item.tooltip = tooltipOf(entry);
  const marked = entry.starred ? [vscode.l10n.t("starred")] : [];
  item.accessibilityInformation = {
    label: [entry.name, ...marked, timeWords(entry.startedAt), ...said, trend(entry)].join(", "),
  };
  // without arguments, which the editor forgets when it draws the line anew: the line that was clicked is the selected one
  item.command = { command: "dlnb.openRun", title: vscode.l10n.t("Open Run") };
  return item;
}

/** The line of the runs of one call: how many there are, and what they came to. */
export function groupItemOf(
  id: string,
  entries: readonly RunEntry[],
  state: vscode.TreeItemCollapsibleState,
): vscode.TreeItem {
  const [first] = entries;
  const { t } = vscode.l10n;
  const startedAt = Math.min(...entries.map((entry) => entry.startedAt));
  const item = new vscode.TreeItem(`${first?.group?.name ?? ""} · ${timeWords(startedAt)}`, state);
  const live = entries.filter(isLive);
  const paused = live.length > 0 && live.every(({ status }) => status === "paused");
  const words = [
    t("{0} runs", entries.length),
    spreadWords(entries),
    ...(live.length > 0 ? [extentWords(live[0] as RunEntry), statusWord(paused ? "paused" : "running")] : []),
  ].filter((word) => word !== "");
  item.id = id;
  item.description = words.join(" · ");
  item.contextValue = live.length === 0 ? "group-ended" : paused ? "group-paused" : "group-running";
  item.iconPath = live.length > 0 ? iconOf({ status: paused ? "paused" : "running" }) : new vscode.ThemeIcon("layers");
  const labels = [...new Set(entries.map(({ group }) => group?.label ?? ""))].filter((label) => label !== "");
  const more = labels.length > 8 ? [t("and {0} more", labels.length - 8)] : [];
  item.tooltip = [words.join(" · "), ...(labels.length > 1 ? [...labels.slice(0, 8), ...more] : [])].join("\n");
  item.accessibilityInformation = { label: [first?.group?.name ?? "", timeWords(startedAt), ...words].join(", ") };
  item.command = { command: "dlnb.openRun", title: t("Compare Runs") };
  return item;
}

/** "accuracy 0.97 ± 0.01" over runs that differ in their seed alone, "accuracy 0.91 to 0.97" over others. */
function spreadWords(entries: readonly RunEntry[]): string {
  const found = entries.flatMap(({ metric }) => (metric !== null && Number.isFinite(metric.value) ? [metric] : []));
  const [first] = found;
  if (first === undefined || found.some(({ name }) => name !== first.name)) return "";
  const values = found.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (found.length === 1 || low === high) return `${first.name} ${digits(low)}`;
  const alike = new Set(entries.map(({ group }) => group?.label)).size === 1;
  if (!alike) return vscode.l10n.t("{0} {1} to {2}", first.name, digits(low), digits(high));
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const std = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return `${first.name} ${digits(mean)} ± ${Number(std.toPrecision(2))}`;
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
