import { basename, dirname } from "node:path";
import type { Backend } from "../../engine/backends/backend.ts";
import { type Case, jsonFilesIn, readCase, Unsupported } from "./case.ts";
import { type Given, problems } from "./compare.ts";
import { augmentGroup } from "./groups/augment.ts";
import { clip } from "./groups/clip.ts";
import { curvatureGroup } from "./groups/curvature.ts";
import { datasize } from "./groups/datasize.ts";
import { deck } from "./groups/deck.ts";
import { diagnosticsGroup } from "./groups/diagnostics.ts";
import { e2e } from "./groups/e2e.ts";
import { initializers } from "./groups/init.ts";
import { landscapeGroup } from "./groups/landscape.ts";
import { layersGroup } from "./groups/layers.ts";
import { lossesGroup } from "./groups/losses.ts";
import { lrFinderGroup } from "./groups/lrfinder.ts";
import { metricsGroup } from "./groups/metrics.ts";
import { onnxGroup } from "./groups/onnx/index.ts";
import { optimizersGroup } from "./groups/optim.ts";
import { preprocess } from "./groups/preprocess.ts";
import { schedulers } from "./groups/schedulers.ts";

/** What a group's runner works with. */
export interface Bench {
  readonly backend: Backend;
  /** Graphs of layers are computed by plain loops in f64, and not on the backend. */
  readonly plainLoops?: true;
  /** The folder of digits.csv and the other data sets. */
  readonly data: string;
}

export type Runner = (c: Case, bench: Bench) => Promise<Given>;

const groups: Readonly<Record<string, Runner>> = {
  optim: optimizersGroup,
  schedulers,
  layers: layersGroup,
  activations: layersGroup,
  losses: lossesGroup,
  clip,
  init: initializers,
  e2e,
  lrfinder: lrFinderGroup,
  diagnostics: diagnosticsGroup,
  curvature: curvatureGroup,
  landscape: landscapeGroup,
  datasize,
  deck,
  metrics: metricsGroup,
  "onnx-node": onnxGroup,
  "onnx-pytorch": onnxGroup,
  preprocess,
  augment: augmentGroup,
};

export interface Result {
  readonly group: string;
  readonly case: string;
  readonly op: string;
  readonly status: "passed" | "failed" | "unsupported";
  /** Of a failure, and why a case is unsupported. */
  readonly detail: readonly string[];
  readonly ms: number;
}

/** Runs every case of a folder, one after the other. A file that cannot be read is a failure of its own. */
export async function* runFolder(folder: string, bench: Bench): AsyncGenerator<Result> {
  for (const file of jsonFilesIn(folder)) {
    const start = performance.now();
    let c: Case | null;
    try {
      c = readCase(file);
    } catch (error) {
      const detail = [`cannot be read: ${String(error).slice(0, 200)}`];
      yield { group: basename(dirname(file)), case: basename(file, ".json"), op: "", status: "failed", detail, ms: 0 };
      continue;
    }
    if (c === null) continue;
    const { status, detail } = await runCase(c, bench);
    yield { group: c.group, case: c.case, op: c.op, status, detail, ms: performance.now() - start };
  }
}

async function runCase(c: Case, bench: Bench): Promise<Pick<Result, "status" | "detail">> {
  const runner = groups[c.group];
  if (!runner) return { status: "unsupported", detail: [`group ${c.group}`] };
  try {
    const wrong = problems(c, await runner(c, bench));
    if (c.compare === "informative") return { status: "passed", detail: wrong.map((line) => `informative: ${line}`) };
    return { status: wrong.length ? "failed" : "passed", detail: wrong };
  } catch (error) {
    if (error instanceof Unsupported) return { status: "unsupported", detail: [error.message] };
    return { status: "failed", detail: [error instanceof Error ? `${error.name}: ${error.message}` : String(error)] };
  }
}
