import { open } from "node:fs/promises";
import { basename } from "node:path";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { type Compressors, compressors } from "hyparquet-compressors";
import { ConfigError, DataError, UserError } from "../errors/index.ts";
import { check, type Options } from "../params/index.ts";
import { checkFits, MOST_BYTES } from "./bytes.ts";
import type { Dataset } from "./dataset.ts";
import { fileAt } from "./file.ts";
import { reporter } from "./progress.ts";
import { defineSource } from "./source.ts";
import { cellOf, type TableBuilder } from "./table.ts";
import { tableParams, tabular } from "./tabular.ts";

export type ParquetOptions = Options<typeof tableParams>;

/**
 * Reads a Parquet file: `await data.parquet("data/taxi.parquet", { target: "fare" })`. Paths begin at the notebook's folder.
 *
 *   x [N, columns] f32, y [N] i32 (classification) or [N, targets] f32 (regression)
 *
 * true and false are 1 and 0. Only the columns that are wanted are read. Targets are read as those of `data.csv`. Throws ConfigError for options,
 * DataError naming file, row, column and value for a file that is missing or damaged, a value that is missing, or one that is no number where numbers should be.
 */
export const parquet = defineSource(
  {
    summary: "A table in an Apache Parquet file, compressed in any of its ways.",
    takes: "path: string",
    gives: "Promise<Dataset>",
    example: 'data.parquet("data/taxi.parquet", { target: "fare" })',
    params: tableParams,
  },
  async (path: string, options: ParquetOptions): Promise<Dataset> => {
    if (typeof path !== "string") throw new ConfigError(`data.parquet: the path must be a string, not ${typeof path}`);
    const checked = check(tableParams, options, "data.parquet");
    const file = basename(path);
    return await tabular({ where: "data.parquet", file, noun: "row" }, checked, (table) => fill(file, path, table));
  },
);

async function fill(file: string, path: string, table: TableBuilder): Promise<void> {
  const { full, bytes } = fileAt("data.parquet", path);
  if (bytes === 0) throw new DataError(`${file} is empty`);
  const handle = await open(full);
  let read = 0;
  const progress = reporter(file, bytes);
  const source: AsyncBuffer = {
    byteLength: bytes,
    slice: async (start, end = bytes) => {
      if (!(start >= 0 && end <= bytes && start <= end))
        throw new Error(`bytes ${start} to ${end} of ${bytes} are not there`);
      const into = new Uint8Array(end - start);
      await handle.read(into, 0, into.length, start);
      read += into.length;
      // pages are looked at before they are unpacked
      progress(Math.min(read / 2, bytes));
      return into.buffer;
    },
  };
  try {
    const metadata = await parquetMetadataAsync(source);
    const columns = columnsOf(metadata);
    table.begin(columns);
    const wanted = table.wanted;
    checkGroups(file, metadata, wanted, bytes);
    await checkPages(source, metadata, wanted);
    const unpackers = bounded(metadata, wanted);
    for (let rowStart = 0, group = 0; group < metadata.row_groups.length; group++) {
      const rowEnd = rowStart + Number(metadata.row_groups[group]?.num_rows);
      const rows = await parquetReadObjects({
        file: source,
        metadata,
        columns: [...wanted],
        rowStart,
        rowEnd,
        compressors: unpackers,
      });
      if (rows.length !== rowEnd - rowStart)
        throw new Error(`row group ${group} has ${rows.length} rows, not ${rowEnd - rowStart}`);
      for (const row of rows) table.add(columns.map((name) => (wanted.includes(name) ? cellOf(row[name]) : "")));
      rowStart = rowEnd;
      await new Promise(setImmediate);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DataError(`${file}: not a whole Parquet file: ${why.slice(0, 200)}; copy or write it again`, {
      cause: error,
    });
  } finally {
    await handle.close();
  }
}

/** Names of the columns at the top. */
function columnsOf({ schema }: FileMetaData): string[] {
  const columns: string[] = [];
  const children = schema[0]?.num_children ?? 0;
  for (let at = 1, child = 0; child < children && at < schema.length; child++) {
    columns.push(schema[at]?.name ?? "");
    for (let left = 1; left > 0 && at < schema.length; at++) left += (schema[at]?.num_children ?? 0) - 1;
  }
  return columns;
}

/** Throws when what the file says of its `columns` cannot be, or would not fit. */
function checkGroups(file: string, { row_groups }: FileMetaData, columns: readonly string[], bytes: number): void {
  const rows = row_groups.reduce((n, group) => n + group.num_rows, 0n);
  if (row_groups.some((group) => group.num_rows < 0n)) throw new Error("a row group has fewer than no rows");
  for (const group of row_groups) {
    for (const { meta_data: column } of group.columns) {
      const { total_compressed_size: packed, total_uncompressed_size: whole, num_values: values } = column ?? {};
      if (!column || packed === undefined || whole === undefined || values === undefined) {
        throw new Error("a column is not described");
      }
      if (!columns.includes(column.path_in_schema?.[0] as string)) continue;
      if (packed > bytes || packed < 0n || whole < 0n) {
        throw new Error(`a column takes ${packed} bytes of a file of ${bytes}`);
      }
      checkFits(file, Number(whole), "write it in smaller row groups");
      if (values < 0n || values > BigInt(MOST_BYTES)) throw new Error(`a column has ${values} values`);
    }
  }
  checkFits(file, 4 * Number(rows) * columns.length, "choose fewer columns");
}

/**
 * Walks over the pages of the columns that are read. Throws when one says that it has more values than its column: unpacking it would
 * take memory and time without end.
 */
async function checkPages(
  source: AsyncBuffer,
  { row_groups }: FileMetaData,
  columns: readonly string[],
): Promise<void> {
  for (const { meta_data: column } of row_groups.flatMap((group) => group.columns)) {
    if (!column || !columns.includes(column.path_in_schema[0] as string)) continue;
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const bytes = await source.slice(start, start + Number(column.total_compressed_size));
    const reader = { view: new DataView(bytes), offset: 0 };
    while (reader.offset < bytes.byteLength - 1) {
      const { compressed_page_size: size, ...header } = parquetHeader(reader);
      const { num_values: values = 0 } =
        header.data_page_header ?? header.data_page_header_v2 ?? header.dictionary_page_header ?? {};
      if (!(values >= 0 && values <= column.num_values)) {
        throw new Error(`a page has ${values} values of a column of ${column.num_values}`);
      }
      if (!(size >= 0)) throw new Error(`a page of ${size} bytes`);
      reader.offset += size;
    }
  }
}

/** Decompressors that believe no page to be larger than the largest column that is read. */
function bounded({ row_groups }: FileMetaData, columns: readonly string[]): Compressors {
  const chunks = row_groups.flatMap((group) => group.columns.flatMap(({ meta_data }) => meta_data ?? []));
  const read = chunks.filter(({ path_in_schema }) => columns.includes(path_in_schema[0] as string));
  const most = Math.max(0, ...read.map((chunk) => Number(chunk.total_uncompressed_size)));
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number) => {
        if (!(length >= 0 && length <= most)) throw new Error(`a page of ${length} bytes in a column of ${most}`);
        return unpack(input, length);
      },
    ]),
  );
}
