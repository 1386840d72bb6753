import type { RunColumn, RunFacts } from "../protocol/index.ts";
import { directionOf, type Figure, seedOf } from "./comparison.ts";
import { configRows, shownLeaf } from "./config.ts";

/** Settings that have a column of their own at most; the others stand in the table of settings. */
const MOST_SETTINGS = 6;

/** A column with the values of all runs. */
export interface TableColumn extends RunColumn {
  readonly values: readonly (string | number | null)[];
}

/** What the runs ended with, what they differ in, and how long they took. */
export function tableColumns(runs: readonly RunFacts[], main: Figure): TableColumn[] {
  const figures = [...new Set(runs.flatMap(({ final }) => Object.keys(final)))];
  const mainKey = keyOf(main);
  const order = (key: string) => (key === mainKey ? 0 : key.startsWith("valid") ? 1 : key.startsWith("test") ? 2 : 3);
  const ends = figures
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))
    .map((key): TableColumn => {
      const { part, name } = partOf(key);
      return {
        label: `${part} ${name}`.trim(),
        numeric: true,
        better: directionOf(runs, name),
        main: key === mainKey,
        values: runs.map(({ final, broken }) => numberOf(broken ? Number.NaN : final[key])),
      };
    });
  const settings = configRows(runs.map(({ config }) => config))
    .filter(({ differs, path, group }) => differs && path !== "seed" && group !== "model")
    .slice(0, MOST_SETTINGS)
    .map(({ path, values }): TableColumn => {
      const numeric = values.every((value) => value === undefined || value === null || typeof value === "number");
      return plain(
        path,
        numeric,
        values.map((value) => (numeric ? numberOf(value) : value === undefined ? null : shownLeaf(value))),
      );
    });
  const seeds = runs.map(seedOf);
  return [
    ...ends,
    ...settings,
    ...(new Set(seeds).size > 1 ? [plain("seed", true, seeds)] : []),
    plain(
      "epochs done",
      true,
      runs.map(({ epochs }) => epochs),
    ),
    plain(
      "steps done",
      true,
      runs.map(({ steps }) => steps),
    ),
    plain(
      "seconds",
      true,
      runs.map(({ seconds }) => numberOf(Math.round(seconds * 10) / 10)),
    ),
    plain(
      "state",
      false,
      runs.map(({ state }) => state),
    ),
  ];
}

const plain = (label: string, numeric: boolean, values: TableColumn["values"]): TableColumn => ({
  label,
  numeric,
  better: null,
  main: false,
  values,
});

const numberOf = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

const keyOf = ({ part, key }: Figure): string => part + key.charAt(0).toUpperCase() + key.slice(1);

const PARTS = { train: "training", valid: "validation", test: "test" } as const;

/** `validAccuracy` as validation and accuracy. */
function partOf(key: string): { part: string; name: string } {
  const found = Object.entries(PARTS).find(([part]) => /^[A-Z]/.test(key.slice(part.length)) && key.startsWith(part));
  if (!found) return { part: "", name: key };
  const rest = key.slice(found[0].length);
  return { part: found[1], name: rest.charAt(0).toLowerCase() + rest.slice(1) };
}
