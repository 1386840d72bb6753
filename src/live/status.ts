import type { RestOfPlan, RunControl, RunStatus } from "../../engine/protocol/index.ts";
import { isRecord } from "../outputs/read.ts";

/** Where a run under way stands, for its controls; media/chart/payload.ts mirrors it, and a type-level test holds the two equal. */
export interface LiveStatus {
  paused: boolean;
  stopping: "epoch" | null;
  step: number;
  steps: number;
  epoch: number;
  epochs: number;
  /** Null: its steps have no rate that could be set. */
  lr: number | null;
  /** How many train side by side and are changed as one; 1: it trains by itself. */
  runs: number;
  /** Each of those has a rate of its own: they can be scaled, and not set. */
  ownRates: boolean;
  /** The rates to come; null before they are known. */
  plan: RestOfPlan | null;
}

export const statusOf = (run: RunStatus, plan: RestOfPlan | null): LiveStatus => {
  const { paused, stopping, step, steps, epoch, epochs, beside } = run;
  const ownRates = beside?.ownRates === true;
  // the first rate is known with the plan, before any step is done
  const lr = Number.isFinite(run.lr) ? run.lr : (plan?.lr[0] ?? Number.NaN);
  return {
    paused,
    stopping,
    step,
    steps,
    epoch,
    epochs,
    lr: Number.isFinite(lr) && !ownRates ? lr : null,
    runs: beside?.runs.length ?? 1,
    ownRates,
    plan: ownRates ? null : plan,
  };
};

/** As many points as a page may send. */
const MOST_POINTS = 1000;

/** A change that a page asks for; null when it is none. What it means for the run the kernel looks at. */
export function readControl(value: unknown): RunControl | null {
  if (!isRecord(value)) return null;
  const { do: what, value: rate, points } = value;
  switch (what) {
    case "pause":
    case "resume":
    case "stop-after-epoch":
    case "keep-going":
    case "follow-plan":
      return { do: what };
    case "set-lr":
      return typeof rate === "number" && Number.isFinite(rate) ? { do: what, value: rate } : null;
    case "scale-lr": {
      const { factor } = value;
      return typeof factor === "number" && factor > 0 && factor < Infinity ? { do: what, factor } : null;
    }
    case "set-schedule": {
      if (!Array.isArray(points) || points.length === 0 || points.length > MOST_POINTS) return null;
      const pairs = points.flatMap((point: unknown) => (isPair(point) ? [point] : []));
      return pairs.length === points.length ? { do: what, points: pairs } : null;
    }
    default:
      return null;
  }
}

const isPair = (point: unknown): point is [number, number] =>
  Array.isArray(point) && point.length === 2 && point.every((part) => Number.isFinite(part));
