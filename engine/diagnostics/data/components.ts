import type { RunContext } from "../../context/index.ts";
import type { Dataset } from "../../data/index.ts";
import { Fitted, piecesOf, transform } from "../../data/transforms/index.ts";
import { DataError } from "../../errors/index.ts";
import { componentsPlot } from "../../plots/components.ts";
import { percent } from "../../plots/format.ts";
import { evenly } from "../diagnosis/evidence/features.ts";
import { measured, showChart } from "../showing.ts";

/** What the principal components of a set's features hold. */
export interface Components {
  /** Variances along them, divided by N - 1, descending. */
  readonly variances: readonly number[];
  /** Shares of the variance. */
  readonly shares: readonly number[];
}

/** Points that are drawn, spread evenly. */
const MOST_POINTS = 600;

/** Scree plot, and the examples as they are, decorrelated and whitened. Throws DataError for fewer than two columns or examples. */
export function showComponents(set: Dataset, context: RunContext): Components {
  const { columns, size, x } = set;
  const width = columns.length;
  const pieces = { shape: x.shape.slice(1), columns, rows: () => piecesOf(x) };
  const numbers = columns.filter(({ categories }) => !categories).map(({ name }) => name);
  if (numbers.length < 2)
    throw new DataError(
      `components: ${set.name} has ${numbers.length} column${numbers.length === 1 ? "" : "s"} of numbers; it takes 2 or more`,
    );
  const pca = Fitted.to(transform.pca({ columns: numbers }), pieces);
  const { spectrum = new Float64Array() } = pca.statistics;
  const total = spectrum.reduce((a, b) => a + b, 0);
  if (!(total > 0)) throw new DataError(`components: no feature of ${set.name} varies`);
  const variances = Array.from(spectrum.slice(0, Math.min(width, size)));
  const shares = variances.map((v) => v / total);

  const some = set.rows(evenly(size, MOST_POINTS));
  const rows = { count: some.size, width, data: some.x.data };
  const turned = pca.apply(rows);
  const others = width - numbers.length;
  const column = (data: ArrayLike<number>, of: number, c: number) =>
    Float64Array.from({ length: some.size }, (_, r) => data[r * of + c] as number);
  const [first, second] = [0, 1].map((c) => column(turned.data, turned.width, others + c)) as [
    Float64Array,
    Float64Array,
  ];
  const unit = (values: Float64Array, i: number) => values.map((v) => v / Math.sqrt((variances[i] || 1) + 1e-5));
  const [a = 0, b = 0] = widest(rows.data, width, some.size, pca.chosen);
  showChart(context, componentsPlot, {
    name: set.name,
    shares,
    columns: [columns[a]?.name ?? "", columns[b]?.name ?? ""],
    original: { x: column(rows.data, width, a), y: column(rows.data, width, b) },
    decorrelated: { x: first, y: second },
    whitened: { x: unit(first, 0), y: unit(second, 1) },
    labels:
      some.task === "classification" && some.y.rank === 1
        ? Array.from(some.y.data, (c) => some.classes?.[c] ?? String(c))
        : null,
  });
  return measured(
    { variances, shares },
    `${set.name}: the first of ${variances.length} components holds ${percent(shares[0])} of the variance, the first two ${percent((shares[0] ?? 0) + (shares[1] ?? 0))}`,
  );
}

/** The two of the columns that vary most. */
function widest(data: ArrayLike<number>, width: number, count: number, columns: readonly number[]): number[] {
  const spread = (c: number): number => {
    let [sum, squares] = [0, 0];
    for (let r = 0; r < count; r++) {
      const v = data[r * width + c] as number;
      sum += v;
      squares += v * v;
    }
    return squares / count - (sum / count) ** 2;
  };
  const order = columns.map((c) => ({ c, spread: spread(c) })).sort((a, b) => b.spread - a.spread);
  return order
    .slice(0, 2)
    .map(({ c }) => c)
    .sort((a, b) => a - b);
}
