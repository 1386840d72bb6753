import { ConfigError, ShapeError } from "../errors/index.ts";
import { cast, concat, less, maximum, select, slice, sub, type Tensor } from "../ops/index.ts";
import { bool, instance, int, num, optional, type Param, required } from "../params/index.ts";
import { show } from "../tensor/index.ts";
import { batchNorm as batchNormLayer } from "./batchNorm.ts";
import { defineLayer } from "./definition.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { embedding } from "./embedding.ts";

/** What a table's columns hold: numbers, or whole numbers below `categories`. */
interface TableColumn {
  readonly name: string;
  /** How many there are, the unknown one (0) among them; null for numbers. */
  readonly categories: number | null;
}

interface WithColumns {
  readonly columns: readonly { readonly name: string; readonly categories?: readonly string[] | undefined }[];
}

/** Splits, a data set, or columns as they are described here. */
const columnsParam: Param<readonly TableColumn[], "columns", true, unknown> = {
  kind: "columns",
  type: "Splits | Dataset | readonly { name: string; categories: number | null }[]",
  required: true,
  default: undefined,
  doc: "The table, as splits.tabular() makes it, whose columns tell the sizes.",
  read: (given, where, name) => {
    const set = ((given as { train?: unknown })?.train ?? given) as Partial<WithColumns> | readonly TableColumn[];
    const found = Array.isArray(set)
      ? (set as readonly TableColumn[]).map(described)
      : (set as WithColumns)?.columns?.map(counted);
    if (!found?.length || found.some((column) => column === undefined)) {
      throw new ConfigError(
        `${where}: ${name} must be a table, such as splits.tabular(), or a list of { name, categories }`,
      );
    }
    return Object.freeze(found as TableColumn[]);
  },
};

const described = ({ name, categories }: TableColumn): TableColumn | undefined =>
  typeof name === "string" && (categories === null || (Number.isInteger(categories) && categories > 0))
    ? { name, categories }
    : undefined;

function counted({ name, categories }: WithColumns["columns"][number]): TableColumn {
  if (categories && categories[0] !== "(unknown)") {
    throw new ConfigError(
      `tabular: the categories of "${name}" were not numbered by the training part; write splits.tabular(), or splits.transform(data.encode())`,
    );
  }
  return { name, categories: categories?.length ?? null };
}

/** Ascending places as stretches of neighbours, [from, to). */
function runsOf(places: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const place of places) {
    const last = runs.at(-1);
    if (last?.[1] === place) last[1] = place + 1;
    else runs.push([place, place + 1]);
  }
  return runs;
}

/** Numbers of a category's vector: half as many as there are categories, at most 50. */
const widthOf = (categories: number): number => Math.min(50, Math.ceil((categories + 1) / 2));

/**
 * x [N, columns]  ->  [N, all]: the categories' vectors side by side in the columns' order, then the numbers
 *
 * Each column of categories has an embedding of its own, `embeds.0`, `embeds.1`, ..., of min(50, ceil((n + 1) / 2)) numbers for n
 * categories unless `embeddingDim` says otherwise: category k has row k - 1. Category 0 stands for what training does not have, and its
 * vector is 0. Throws ShapeError when the input is no such table.
 */
export const tabular = defineLayer({
  summary: "A table of numbers and categories for a network: every category a learned vector, beside the numbers.",
  paper: "Guo & Berkhahn 2016, arXiv:1604.06737; fast.ai's TabularModel",
  params: {
    columns: columnsParam,
    embeddingDim: optional(
      int(required, "[1, inf)", "Numbers of a category's vector; by the number of categories when not given."),
    ),
    dropout: num(0, "[0, 1]", "Probability of dropping a number of the vectors."),
    batchNorm: bool(false, "Whether the numbers go through batch norm first, where they were not standardized."),
  },
  positional: "columns",
  apply: (scope, x, { columns, embeddingDim, dropout, batchNorm }) => {
    if (x.rank !== 2 || x.shape[1] !== columns.length) {
      throw new ShapeError(
        `${show(x.shape)} is no table of ${columns.length} columns; give the splits that the experiment trains on`,
      );
    }
    const column = (c: number): Tensor => slice(x, 1, c, c + 1);
    const places = columns.map((_, c) => c);
    const numbers = places.filter((c) => columns[c]?.categories === null);
    const vectors = places.flatMap((c) => {
      const known = (columns[c]?.categories ?? 1) - 1;
      return known > 0 ? [{ c, known }] : [];
    });
    const embedded = vectors.map(({ c, known }, k) => {
      const options = { numEmbeddings: known, embeddingDim: embeddingDim ?? widthOf(known) };
      const row = scope.child(`embeds.${k}`, instance("embedding", embedding, options));
      const place = cast(column(c).reshape([x.shape[0] as number]), "i32");
      const isKnown = less(0, place).reshape([x.shape[0] as number, 1]);
      return select(isKnown, row(maximum(sub(place, 1), 0)), 0);
    });
    const parts: Tensor[] = [];
    if (embedded.length > 0) {
      const all = concat(embedded, 1);
      parts.push(dropout > 0 ? scope.child("embDrop", instance("dropout", dropoutLayer, { p: dropout }))(all) : all);
    }
    if (numbers.length > 0) {
      const own = concat(
        runsOf(numbers).map(([from, to]) => slice(x, 1, from, to)),
        1,
      );
      parts.push(batchNorm ? scope.child("bnCont", instance("batchNorm", batchNormLayer, {}))(own) : own);
    }
    if (parts.length > 0) return concat(parts, 1);
    throw new ShapeError("no column tells anything: each has one category or none");
  },
});
