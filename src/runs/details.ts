import * as vscode from "vscode";
import { digits } from "../status/summary.ts";
import type { EventLine } from "./messages.ts";
import { count, figures, line, list, number, record } from "./read.ts";
import type { RunLogReader } from "./store.ts";

/** Events that are kept, the newest. */
const MOST_EVENTS = 5000;
const MAX_CHECKPOINTS = 500;

export interface Checkpoint {
  readonly file: string;
  readonly step: number;
  readonly why: string;
}

/** What a run's panel shows beside its curves, from the lines of its log, in bounded memory. */
export class RunDetails {
  /** The first line. */
  start: Readonly<Record<string, unknown>> | null = null;
  readonly #events: EventLine[] = [];
  /** Events that were let go. */
  #left = 0;
  readonly #checkpoints = new Map<string, Checkpoint>();
  #stepsPerEpoch = 0;
  #looks = 0;

  take(value: unknown): void {
    const given = record(value);
    if (given.event === "start" && this.start === null) {
      this.start = given;
      this.#stepsPerEpoch = count(record(given.fit).stepsPerEpoch);
    }
    if (given.event === "look") this.#looks++;
    if (given.event === "checkpoint" || given.event === "removed") this.#checkpoint(given);
    const event = eventOf(given);
    if (event === null) return;
    this.#events.push(event);
    if (this.#events.length < 2 * MOST_EVENTS) return;
    this.#left += MOST_EVENTS;
    this.#events.splice(0, MOST_EVENTS);
  }

  get looks(): number {
    return this.#looks;
  }

  /** How many there were. */
  get events(): number {
    return this.#left + this.#events.length;
  }

  /** Events `from` (counted from 0) to before `to`, as far as they are kept. `first`: the number of the first one that is given. */
  eventsBetween(from: number, to: number): { first: number; events: EventLine[] } {
    const first = Math.max(from, this.#left);
    return { first, events: this.#events.slice(first - this.#left, Math.max(first, to) - this.#left) };
  }

  /** Number of the first event that is kept. */
  get firstKept(): number {
    return this.#left;
  }

  /** In the order of their steps. */
  get checkpoints(): readonly Checkpoint[] {
    return [...this.#checkpoints.values()].sort((a, b) => a.step - b.step);
  }

  /** The epoch that a step is in, from 1; 0 where it is not known. */
  epochOf(step: number): number {
    return this.#stepsPerEpoch > 0 ? Math.ceil(step / this.#stepsPerEpoch) : 0;
  }

  #checkpoint({ event, file: given, step, why }: Record<string, unknown>): void {
    const file = line(given).replaceAll("\\", "/");
    if (file === "") return;
    if (event === "removed") this.#checkpoints.delete(file);
    else if (this.#checkpoints.size < MAX_CHECKPOINTS || this.#checkpoints.has(file)) {
      this.#checkpoints.set(file, { file, step: count(step), why: line(why) });
    }
  }
}

/** Events `from` to before `to` of a log, however long it is: it is read again for those that are no longer kept. */
export async function eventsOf(
  log: RunLogReader,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<{ first: number; events: EventLine[] }> {
  const events: EventLine[] = [];
  const done = new AbortController();
  let number = 0;
  const take = (value: unknown) => {
    if (number >= to) {
      done.abort();
      return;
    }
    const event = eventOf(record(value));
    if (event === null) return;
    if (number >= from) events.push(event);
    number++;
  };
  await log.follow(take, AbortSignal.any([signal, done.signal]));
  return { first: from, events };
}

/** A line of the log in words; null for those that tell of no event. */
function eventOf(given: Record<string, unknown>): EventLine | null {
  const said = (text: string, at: unknown = given.step, level: EventLine["level"] = "info"): EventLine => ({
    step: Number.isSafeInteger(at) ? (at as number).toLocaleString("en-US") : "",
    text,
    level,
  });
  switch (given.event) {
    case "start": {
      const fit = record(given.fit);
      const resumed = count(fit.resumedAt);
      const where = [line(given.backend), line(given.adapter)].filter((part) => part !== "").join(", ");
      const plan = vscode.l10n.t(
        "{0} steps in {1} epochs",
        count(fit.steps).toLocaleString("en-US"),
        count(fit.epochs),
      );
      const words =
        resumed > 0
          ? vscode.l10n.t("goes on at step {0} on {1}: {2}", resumed, where, plan)
          : vscode.l10n.t("begins on {0}: {1}", where, plan);
      return said(words, resumed);
    }
    case "epoch": {
      const part = (name: string, values: Record<string, number> | undefined) => {
        const known = Object.entries(values ?? {}).filter(([, value]) => !Number.isNaN(value));
        const words = known.map(([figure, value]) => `${line(figure, 80)} ${digits(value)}`);
        return words.length === 0 ? [] : [`${name} ${words.join(", ")}`];
      };
      const parts = [
        ...part(vscode.l10n.t("training"), figures(given.train, 8)),
        ...part(vscode.l10n.t("validation"), figures(given.valid, 8)),
        ...part(vscode.l10n.t("averaged"), figures(given.averaged, 8)),
      ];
      return said(vscode.l10n.t("epoch {0}: {1}", count(given.epoch).toLocaleString("en-US"), parts.join("; ")));
    }
    case "drop":
      return said(
        vscode.l10n.t(
          "the rate falls: {0} {1} is no better than {2}",
          line(given.monitor),
          digits(number(given.value)),
          digits(number(given.best)),
        ),
      );
    case "looks":
      return said(vscode.l10n.t("instruments look at {0} layers", list(given.layers).length));
    case "checkpoint":
      return said(vscode.l10n.t("checkpoint {0} ({1})", line(given.file), line(given.why)));
    case "removed":
      return said(vscode.l10n.t("checkpoint {0} makes room for others", line(given.file)));
    case "control":
      return said(controlWords(record(given.change)));
    case "end": {
      const parts = Object.entries(figures(given.final, 12) ?? {}).map(
        ([name, value]) => `${line(name, 80)} ${digits(value)}`,
      );
      const stopped = line(given.stopped);
      return said(
        vscode.l10n.t("ends: {0}; {1}", stopped, parts.join(", ")),
        given.steps,
        stopped === "non-finite" ? "warning" : "info",
      );
    }
    case "failed":
      return said(vscode.l10n.t("breaks off: {0}", line(given.error, 1000)), given.step, "error");
    default:
      return null;
  }
}

function controlWords(change: Record<string, unknown>): string {
  switch (change.do) {
    case "pause":
      return vscode.l10n.t("by hand: paused");
    case "resume":
      return vscode.l10n.t("by hand: goes on");
    case "stop-after-epoch":
      return vscode.l10n.t("by hand: to stop after the epoch");
    case "keep-going":
      return vscode.l10n.t("by hand: not to stop");
    case "set-lr":
      return vscode.l10n.t("by hand: learning rate {0}", digits(number(change.value)));
    case "set-schedule":
      return vscode.l10n.t("by hand: the rest of the schedule drawn anew");
    case "follow-plan":
      return vscode.l10n.t("by hand: the schedule as it was planned");
    default:
      return vscode.l10n.t("by hand: {0}", line(change.do));
  }
}
