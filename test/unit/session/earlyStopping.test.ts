import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EarlyStopping } from "../../../engine/session/earlyStopping.ts";

const folder = new URL("../../fixtures/deck/", import.meta.url);
const cases = readdirSync(folder).filter((f) => f.startsWith("early_stopping"));

describe("early stopping", () => {
  test.each(cases)("ends and remembers as the decks' rule says: %s", (file) => {
    const { config, inputs, outputs } = JSON.parse(readFileSync(new URL(file, folder), "utf8"));
    const losses: number[] = inputs.validation_loss.data;
    const stopping = new EarlyStopping({ patience: config.patience, minDelta: config.min_delta }, []);
    let best = -1;
    let epochs = 0;
    for (const [epoch, loss] of losses.entries()) {
      epochs += 1;
      const { improved, stop } = stopping.observe({ loss });
      if (improved) best = epoch;
      if (stop) break;
    }
    expect({ best, value: stopping.best, epochs }).toEqual({
      best: outputs.best_epoch.data[0],
      value: outputs.best.data[0],
      epochs: outputs.epochs_run.data[0],
    });
  });

  test("what improves by no more than minDelta does not count", () => {
    const stopping = new EarlyStopping({ patience: 9, minDelta: 0.1 }, []);
    expect([1, 0.95, 0.85].map((loss) => stopping.observe({ loss }).improved)).toEqual([true, false, true]);
  });

  test("an unknown monitor is named, with the one that was meant", () => {
    expect(() => new EarlyStopping({ monitor: "los" }, [])).toThrow(
      'earlyStopping: no monitor "los"; did you mean "loss"?',
    );
  });
});
