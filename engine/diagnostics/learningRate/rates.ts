import { ConfigError } from "../../errors/index.ts";
import { hyperparameters } from "../../optim/index.ts";
import type { Subject } from "../subject.ts";

/** Throws ConfigError when the experiment's optimizer has no learning rate. */
export function checkRates(where: string, { config }: Subject): void {
  if (hyperparameters(config.optimizer).lr !== undefined) return;
  throw new ConfigError(
    `${where}: ${config.optimizer.type} has no learning rate; take another optimizer, such as optim.adamw()`,
  );
}
