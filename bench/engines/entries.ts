import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Start } from "../contestant.ts";
import type { Opening } from "../protocol.ts";

/** An engine in one of its settings: what takes part in a race. */
export interface Entry {
  /** "ours", or the peer's name. */
  readonly engine: EngineName;
  readonly title: string;
  readonly device: Opening["device"];
  readonly threads: number;
  readonly peers: string;
  /** Or why it cannot be started. */
  readonly start: Start | string;
}

export const peerNames = ["jax-js", "tfjs", "torch"] as const;
export type PeerName = (typeof peerNames)[number];
export type EngineName = "ours" | PeerName;

export interface EntryOptions {
  readonly backend: "wasm" | "webgpu";
  readonly peers: readonly PeerName[];
  /** Of ours and at most of PyTorch; 0: as many as there are cores. */
  readonly threads: number;
  /** The folder with the peers' packages, or why there is none. */
  readonly folder: string | Error;
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Everyone who takes part: ours first. */
export function entriesOf({ backend, peers, threads, folder }: EntryOptions): Entry[] {
  const cores = threads > 0 ? threads : availableParallelism();
  const peersFolder = folder instanceof Error ? "" : folder;
  const common = { threads: cores, peers: peersFolder };
  const node = (script: string): Start => ({ command: process.execPath, args: ["--no-warnings", script] });
  const ours: Entry = {
    ...common,
    engine: "ours",
    title: `dlnb ${backend}`,
    device: backend,
    start: node(file("../../dist/bench-ours.mjs")),
  };
  const inNode = (engine: "jax-js" | "tfjs", script: string, count: number): Entry => ({
    ...common,
    engine,
    title: `${engine} ${backend}`,
    threads: count,
    device: backend,
    start: folder instanceof Error ? folder.message : node(file(script)),
  });
  return [
    ours,
    ...peers.flatMap((name): Entry[] => {
      if (name === "tfjs") return [inNode(name, "tfjs.ts", 1)];
      if (name === "jax-js") {
        // its workers pay for large kernels only
        const counts = backend === "wasm" ? threadCounts(cores) : [1];
        return counts.map((n) => ({
          ...inNode(name, "jaxJs.ts", n),
          ...(counts.length > 1 && { title: `${name} ${backend}, ${threadsText(n)}` }),
        }));
      }
      return torchEntries(cores);
    }),
  ];
}

/** One thread and all, and CUDA where there is one. */
function torchEntries(cores: number): Entry[] {
  const found = findTorch();
  const entry = (title: string, device: "cpu" | "cuda", threads: number): Entry => ({
    engine: "torch",
    title,
    device,
    threads,
    peers: "",
    start: found
      ? {
          command: found.python,
          args: [file("pytorch.py")],
          // threads that spin between two parts of a step take the core from the one that has work
          env: { OMP_NUM_THREADS: String(threads), OMP_WAIT_POLICY: "PASSIVE" },
        }
      : "no python3 here can import torch",
  });
  return [
    ...threadCounts(cores).map((n) => entry(`torch, ${threadsText(n)}`, "cpu", n)),
    ...(found?.cuda ? [entry("torch, CUDA", "cuda", cores)] : []),
  ];
}

/** One, and all. */
const threadCounts = (cores: number): number[] => [...new Set([1, cores])];

const threadsText = (n: number): string => `${n} ${n === 1 ? "thread" : "threads"}`;

/** The first python3 that has torch. */
function findTorch(): { python: string; cuda: boolean } | undefined {
  for (const python of ["python3", "/usr/bin/python3"]) {
    const script = "import torch; print(torch.cuda.is_available())";
    const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8" });
    if (status === 0) return { python, cuda: stdout.trim() === "True" };
  }
  return undefined;
}
