import { expect, test } from "vitest";
import { inContext, type RunContext } from "../../../engine/context/index.ts";
import { measured, showFindings } from "../../../engine/diagnostics/showing.ts";
import { displayItems } from "../../../engine/kernel/cells/display.ts";
import type { OutputItem } from "../../../engine/protocol/index.ts";

const context = () => ({ freshId: () => "findings-1", emit: () => undefined }) as unknown as RunContext;

const shown = (value: unknown) => (displayItems(value) as readonly OutputItem[])[0]?.data;

test("under the cell that has just shown it, a value does not say its heading again", () => {
  const result = measured({ passed: 19 }, "exp: no errors in 19 checks\n19 checks over 256 examples");
  const running = context();
  inContext(running, () => {
    showFindings(running, "exp: no errors in 19 checks", []);
    expect(shown(result)).toBe("19 checks over 256 examples");
    expect(shown(measured({}, "run 1: Exp: no errors in 19 checks"))).toBe("");
    expect(String(result)).toMatch(/^exp: no errors/);
  });
});

test("a value that is shown later, or elsewhere, says all of it", () => {
  const result = measured({}, "exp: no errors in 19 checks");
  const earlier = context();
  inContext(earlier, () => showFindings(earlier, "exp: no errors in 19 checks", []));
  inContext(context(), () => expect(shown(result)).toBe("exp: no errors in 19 checks"));
  expect(shown(result)).toBe("exp: no errors in 19 checks");
});
