import type { Action, LocatedOption } from "../../engine/protocol/index.ts";
import { codeOf, type Declared, declared, lastCall, makersIn } from "../notebook/cellCode.ts";

/** A code cell as it is now. */
export interface CellText {
  id: string;
  text: string;
}

export type SetOption = Action["do"] & { kind: "set-option" };

/** The action's number as its button shows it, where that is its value; else in full. */
export function written({ label, do: { value } }: { label: string; do: SetOption }): string {
  const shown = label.match(/-?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi)?.at(-1);
  return shown !== undefined && Math.abs(Number(shown) - value) <= 0.05 * Math.abs(value) ? shown : String(value);
}

/**
 * The experiment that an output is about, by the name cells know it by: the one that the cell's call is on, or that its
 * run trained; else the one that goes by `named`; else the only one there is.
 */
export function experimentOf(
  offering: CellText | null,
  cells: readonly CellText[],
  named: string | null,
): string | null {
  const makers = makersIn(cells.map(({ text }) => text));
  const made = cells.flatMap(({ text }) => declared(text, makers).map((one) => ({ ...one, text })));
  const on = offering === null ? null : (lastCall(offering.text)?.on ?? null);
  const called = made.findLast(({ name }) => name === on);
  if (called !== undefined) return called.of ?? called.name;
  const isUnknown = on !== null && !made.some(({ name }) => name === on);
  const experiments = made.filter(({ kind }) => kind === "experiment");
  const byName = experiments.find(
    ({ name, text }) => named !== null && (name === named || text.includes(`name: ${JSON.stringify(named)}`)),
  );
  return byName?.name ?? (experiments.length === 1 && !isUnknown ? (experiments[0]?.name ?? null) : null);
}

/** Experiments and runs of all cells. */
function allOf(cells: readonly CellText[]): Declared[] {
  const makers = makersIn(cells.map(({ text }) => text));
  return cells.flatMap(({ text }) => declared(text, makers));
}

/** Offered text, which says `exp` and `run`, with the names that the notebook has for what the output is about. */
export function renamed(text: string, offering: CellText | null, cells: readonly CellText[]): string {
  const made = allOf(cells);
  const on = offering === null ? null : (lastCall(offering.text)?.on ?? null);
  const experiment = experimentOf(offering, cells, null) ?? "exp";
  const run =
    made.findLast(({ kind, name, of }) => kind === "run" && (name === on || of === experiment))?.name ?? "run";
  return text.replace(/\b(exp|run)(?=\s*\.)/g, (name) => (name === "exp" ? experiment : run));
}

/**
 * The places where the number belongs, all equally good: the first of the options that is found; in what makes or trains
 * the experiment, before what may be for any; in calls of its kind. Numbers of other experiments are never among them.
 */
export function places(
  found: readonly LocatedOption[],
  options: readonly string[],
  experiment: string | null,
  cells: readonly CellText[],
): LocatedOption[] {
  const makers = makersIn(cells.map(({ text }) => text));
  const close = new Set(cells.filter(({ text }) => concerns(text, experiment, makers)).map(({ id }) => id));
  const own = new Set([experiment, null, makerOf(experiment, cells)]);
  const ranked = found
    .filter((place) => experiment === null || own.has(owner(place)))
    .map((place) => {
      const family = place.option === "maxLr" ? "schedule." : place.option === "lr" ? "optim." : "";
      const rank = [
        options.indexOf(place.option),
        close.has(place.cell) ? 0 : 1,
        owner(place) === null ? 1 : 0,
        place.within.some((call) => call.startsWith(family)) ? 0 : 1,
      ];
      return { place, rank };
    })
    .sort((a, b) => compare(a.rank, b.rank));
  return ranked.filter(({ rank }) => compare(rank, ranked[0]?.rank ?? []) === 0).map(({ place }) => place);
}

/** The function that makes an experiment; null where its own cell does. */
const makerOf = (experiment: string | null, cells: readonly CellText[]): string | null =>
  allOf(cells).findLast(({ name, kind }) => kind === "experiment" && name === experiment)?.by ?? null;

/** The experiment whose definition or training holds the number, or the function that makes it; null for one that stands by itself. */
function owner({ within, declares }: LocatedOption): string | null {
  if (within.includes("experiment")) return declares;
  const [, trained] = within.map((call) => /^([^.\s]+)\.fit$/.exec(call)).find((match) => match !== null) ?? [];
  return trained ?? null;
}

/** Whether a cell makes or trains the experiment. */
function concerns(text: string, experiment: string | null, makers: ReadonlySet<string>): boolean {
  return declared(text, makers).some(({ name, of }) => experiment === null || name === experiment || of === experiment);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, rank] of a.entries()) if (rank !== b[i]) return rank - (b[i] ?? 0);
  return 0;
}

/**
 * Where an optimizer without options could take its first: `optim.adam()` in the cell that makes the experiment becomes
 * `optim.adam({ lr: 3.2e-3 })`. Null when there is no such call, or more than one, or it computes its rate.
 */
export function roomFor(
  option: string,
  number: string,
  experiment: string | null,
  cells: readonly CellText[],
): { cell: string; start: number; text: string } | null {
  if (option !== "lr") return null;
  const maker = makerOf(experiment, cells);
  const makes = cells.filter(({ text }) =>
    maker === null
      ? declared(text).some(({ name, kind }) => kind === "experiment" && (experiment === null || name === experiment))
      : makersIn([text]).has(maker),
  );
  const rooms = makes.flatMap(({ id, text }) =>
    [...codeOf(text).matchAll(/\boptim\s*\.\s*\w+\s*\(\s*(?:\)|\{([^}]*))/g)].map((call) => {
      const [all, given] = call;
      const end = call.index + all.length;
      if (given === undefined) return { cell: id, start: end - 1, text: `{ ${option}: ${number} }` };
      if (/\blr\b|\.\.\./.test(given)) return null;
      return { cell: id, start: end - given.length, text: ` ${option}: ${number}${given.trim() === "" ? " " : ","}` };
    }),
  );
  return rooms.length === 1 ? (rooms[0] ?? null) : null;
}
