import { expect, test } from "vitest";
import { diagnostics } from "../../../engine/diagnostics/index.ts";
import { Experiment, Run } from "../../../engine/session/index.ts";

test.each(Object.entries(diagnostics))(
  "%s is a method of what it looks at, and says what it costs",
  (name, definition) => {
    const { of, inspects, cost, summary } = definition as (typeof diagnostics)[keyof typeof diagnostics];
    for (const kind of of as readonly string[]) {
      const prototype = kind === "run" ? Run.prototype : Experiment.prototype;
      if (!inspects) expect(name in prototype, `${kind}.${name}`).toBe(true);
    }
    expect(cost).not.toBe("");
    expect(summary).toMatch(/[.]$/);
  },
);
