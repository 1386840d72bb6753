import { dirname } from "node:path";
import type { BackendName, KernelInfo } from "../../engine/protocol/index.ts";
import type { Report } from "../report/index.ts";
import type { RunOptions } from "./args.ts";
import type { NotebookFile } from "./notebookFile.ts";
import type { RecordedCell, Recording } from "./recording.ts";

export interface Ran {
  file: NotebookFile;
  recording: Recording;
  started: Date;
  backend: BackendName | null;
  adapter: string | null;
  info: KernelInfo;
  options: Pick<RunOptions, "overrides">;
}

/** What a notebook's run on the command line has to report. */
export function reportOf({ file, recording, started, backend, adapter, info, options }: Ran): Report {
  const set = Object.entries(options.overrides).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return {
    name: file.name,
    folder: dirname(file.path),
    cells: file.cells.map((cell) => {
      if (cell.kind === "markdown") return { kind: "markdown", text: cell.text };
      const { index, result } = file.code.find((one) => one.cell.id === cell.id) as RecordedCell;
      const id = cell.id as string;
      return { kind: "code", id, index, text: cell.text, result, shown: recording.shown(id) };
    }),
    runs: recording.runs,
    where: backend === null ? "" : `on ${backend}${adapter ? ` (${adapter})` : ""}`,
    about: [
      started.toISOString().replace("T", " ").replace(/\..*/, " UTC"),
      `dlnb ${info.version}`,
      `Node.js ${info.node}`,
      ...(set.length > 0 ? [`with ${set.join(", ")}`] : []),
    ],
    generator: `dlnb ${info.version}`,
  };
}
