import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "../outputs/read.ts";
import type { RunEntry, RunStore } from "../runs/index.ts";

/** A checkpoint that is on disk. */
export interface Checkpoint {
  /** Below the run's folder, with forward slashes. */
  readonly file: string;
  readonly step: number;
  /** From 1, where one had ended. */
  readonly epoch: number | null;
  /** `last`, `best`, or that it was left to go back to. */
  readonly why: string;
  /** Of validation where there is any, at the end of that epoch. */
  readonly loss: number | null;
}

/** What a log says of going back in its run. */
export interface Trail {
  /** Oldest first. */
  readonly checkpoints: readonly Checkpoint[];
  /** Steps as planned; 0 where it is not known. */
  readonly steps: number;
  readonly epochs: number;
  /** Whether somebody changed rates by hand, from this step on; null: nobody did. */
  readonly changed: number | null;
}

/** What a kernel calls its checkpoints: nothing else is opened. */
const FILE = /^checkpoints\/[A-Za-z0-9_-][\w.-]*\.safetensors$/;
const RATES = new Set(["set-lr", "set-schedule"]);

/** The checkpoints of a run that are still on disk; null where nothing is kept, or its log cannot be read. */
export async function trailOf(store: RunStore, { key, folder }: RunEntry): Promise<Trail | null> {
  const log = store.log(key);
  if (log === null || folder === null) return null;
  const found = new Map<string, { step: number; why: string }>();
  const epochs = new Map<number, { epoch: number; loss: number | null }>();
  let plan = { steps: 0, epochs: 0 };
  let changed: number | null = null;
  const take = (line: unknown) => {
    if (!isRecord(line)) return;
    const { event, file, step, why, change } = line;
    if (event === "start" && isRecord(line.fit))
      plan = { steps: count(line.fit.steps), epochs: count(line.fit.epochs) };
    if (typeof step !== "number" || !Number.isSafeInteger(step) || step < 0) return;
    const name = typeof file === "string" ? file.replaceAll("\\", "/") : "";
    if (event === "checkpoint" && FILE.test(name)) found.set(name, { step, why: typeof why === "string" ? why : "" });
    else if (event === "removed") found.delete(name);
    else if (event === "epoch")
      epochs.set(step, { epoch: count(line.epoch), loss: lossOf(line.valid) ?? lossOf(line.train) });
    else if (event === "control" && isRecord(change) && RATES.has(String(change.do))) changed ??= step;
  };
  try {
    await log.follow(take);
  } catch {
    return null;
  }
  const there = await Promise.all([...found.keys()].map((file) => isFile(join(folder, file))));
  const checkpoints = [...found].filter((_, i) => there[i]);
  return {
    checkpoints: checkpoints
      .map(([file, { step, why }]): Checkpoint => {
        const { epoch = null, loss = null } = epochs.get(step) ?? {};
        return { file, step, epoch, why: wordOf(file, why), loss };
      })
      .sort((a, b) => a.step - b.step),
    ...plan,
    changed,
  };
}

function wordOf(file: string, why: string): string {
  if (file.endsWith("/best.safetensors")) return "best";
  return file.endsWith("/last.safetensors") ? "last" : why;
}

function lossOf(figures: unknown): number | null {
  return isRecord(figures) && typeof figures.loss === "number" && Number.isFinite(figures.loss) ? figures.loss : null;
}

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;

/** A link is none. */
async function isFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch {
    return false;
  }
}
