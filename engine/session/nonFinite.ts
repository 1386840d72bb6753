import { join } from "node:path";
import { NonFiniteError } from "../errors/index.ts";
import type { DeviceModel, StepScalars } from "./device.ts";
import type { DeviceData } from "./forward.ts";

/** A step that met a value which is not finite: its number from 1, its batch and what the host told it. */
export interface Failure {
  readonly step: number;
  readonly batch: number;
  readonly scalars: StepScalars;
}

/** The error of a failed step: which tensor was the first that is not finite, what is kept, what to try. */
export async function nonFinite(
  device: DeviceModel,
  data: DeviceData,
  { step, batch, scalars }: Failure,
  folder: string | null,
): Promise<NonFiniteError> {
  const found = await device.firstNonFinite(data, batch, scalars);
  const what = found
    ? `${found.name} is the first that is not finite (${found.count} of its values)`
    : "the squared norm of the gradient overflows";
  const kept =
    folder === null
      ? "the state before that step is in the experiment's last run"
      : `the state before that step is kept in ${join(folder, "checkpoints", "last.safetensors")}`;
  const lr = Number((scalars.hyper.lr ?? Number.NaN).toPrecision(3));
  const cure = found?.name.startsWith("the batch's")
    ? "look at the data"
    : `lower the learning rate (${lr} here), clip gradients or scale the inputs`;
  return new NonFiniteError(`training stopped at step ${step}: ${what}; ${kept}; ${cure}`);
}
