import * as vscode from "vscode";
import { count, digits, duration } from "../status/summary.ts";
import type { RunEntry, RunState } from "./entry.ts";

// How runs are called, wherever they are listed.

/** A status in a word or two. */
export function statusWord(status: RunState): string {
  switch (status) {
    case "running":
      return vscode.l10n.t("running");
    case "paused":
      return vscode.l10n.t("paused");
    case "finished":
      return vscode.l10n.t("finished");
    case "interrupted":
      return vscode.l10n.t("interrupted");
    case "early":
      return vscode.l10n.t("stopped early");
    case "non-finite":
      return vscode.l10n.t("not finite");
    case "failed":
      return vscode.l10n.t("failed");
    case "lost":
      return vscode.l10n.t("lost");
    default:
      status satisfies never;
      return status;
  }
}

/** What a status means, in a sentence; empty where its word says it all. */
export function statusSentence({ status, error }: Pick<RunEntry, "status" | "error">): string {
  if (status === "failed")
    return error === "" ? vscode.l10n.t("It broke off without a result.") : vscode.l10n.t("It broke off: {0}", error);
  if (status === "lost")
    return vscode.l10n.t("Its process went away before it came to an end; what it had written is here.");
  if (status === "non-finite") return vscode.l10n.t("It stopped at a loss that is not finite.");
  if (status === "early") return vscode.l10n.t("Early stopping ended it.");
  return "";
}

/** "accuracy 0.972"; empty when there is none. */
export const metricWords = ({ metric }: Pick<RunEntry, "metric">): string =>
  metric === null ? "" : `${metric.name} ${digits(metric.value)}`;

/** "validAccuracy" is "validation accuracy". */
export const figureName = (name: string): string =>
  name
    .replace(/^valid(?=[A-Z])/, "validation")
    .replace(/^train(?=[A-Z])/, "training")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** When it began: the time today, else the day too. */
export function timeWords(startedAt: number, now = new Date()): string {
  const then = new Date(startedAt);
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const { language } = vscode.env;
  if (then.toDateString() === now.toDateString()) return then.toLocaleTimeString(language, time);
  const year = then.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return then.toLocaleString(language, { month: "short", day: "numeric", ...year, ...time });
}

/** How far it is, or how long it was: "epoch 3 of 20", "1,200 steps in 3.4 s". */
export function extentWords({ status, step, steps, epoch, epochs, seconds }: RunEntry): string {
  const counted = count(step);
  if (status === "running" || status === "paused") {
    if (epochs > 0) return vscode.l10n.t("epoch {0} of {1}", count(epoch), count(epochs));
    return vscode.l10n.t("step {0} of {1}", counted, count(steps));
  }
  return seconds > 0
    ? vscode.l10n.t("{0} steps in {1}", counted, duration(seconds))
    : vscode.l10n.t("{0} steps", counted);
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** A curve as a line of text of at most `width` characters, from low to high blocks; what is not finite is a cross. */
export function sparkline(values: readonly number[], width = 8): string {
  const shown =
    values.length <= width
      ? values
      : Array.from({ length: width }, (_, i) => values[Math.round((i * (values.length - 1)) / (width - 1))] as number);
  const finite = shown.filter(Number.isFinite);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  return shown
    .map((value) => {
      if (!Number.isFinite(value)) return "×";
      const share = high > low ? (value - low) / (high - low) : 0;
      return BLOCKS[Math.round(share * (BLOCKS.length - 1))];
    })
    .join("");
}
