import type { Chart, Columns } from "../../engine/protocol/index.ts";

type Chunks = Map<string, { f64: Uint8Array[] } | { text: string[] }>;

/** A chart that grows: what the kernel sent, so that a page that opens late, or the end of the cell, gets all of it. */
export class LiveChart {
  readonly #chart: Chart;
  readonly #datasets = new Map<string, Chunks>();

  constructor(chart: Chart) {
    this.#chart = chart;
    for (const [dataset, columns] of Object.entries(chart.datasets)) this.append(dataset, columns, true);
  }

  get id(): string {
    return this.#chart.id;
  }

  get live(): boolean {
    return this.#chart.live;
  }

  append(dataset: string, columns: Columns, replace: boolean): void {
    const chunks: Chunks = replace ? new Map() : (this.#datasets.get(dataset) ?? new Map());
    for (const [name, column] of Object.entries(columns)) {
      const before = chunks.get(name);
      if ("f64" in column) {
        const bytes = Buffer.from(column.f64, "base64");
        if (before && "f64" in before) before.f64.push(bytes);
        else chunks.set(name, { f64: [bytes] });
      } else if (before && "text" in before) before.text.push(...column.text);
      else chunks.set(name, { text: [...column.text] });
    }
    this.#datasets.set(dataset, chunks);
  }

  /** The chart with all rows so far. */
  snapshot(): Chart {
    const datasets: Record<string, Columns> = {};
    for (const [dataset, chunks] of this.#datasets) datasets[dataset] = join(chunks);
    return { ...this.#chart, datasets };
  }

  /** What is there, of a kernel that did not come to finish it. */
  cutShort(): Chart {
    const { title, text, ...chart } = this.snapshot();
    return { ...chart, live: false, title: `${title} (cut short)`, text: `${text}; cut short` };
  }
}

function join(chunks: Chunks): Columns {
  const columns: Record<string, Columns[string]> = {};
  for (const [name, column] of chunks) {
    if ("text" in column) {
      columns[name] = { text: [...column.text] };
      continue;
    }
    const whole = Buffer.concat(column.f64);
    // one chunk from now on, so that a chart read often stays cheap
    column.f64 = [whole];
    columns[name] = { f64: whole.toString("base64") };
  }
  return columns;
}
