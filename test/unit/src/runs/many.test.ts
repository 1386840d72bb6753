import { afterEach, expect, test } from "vitest";
import { RunStore } from "../../../../src/runs/store.ts";
import { RunsView } from "../../../../src/runs/view.ts";
import { Uri, workspace } from "../../../fake/vscode.ts";
import { folder, small, start, text, writeRun } from "./logs.ts";

afterEach(() => {
  workspace.workspaceFolders = undefined;
});

test("500 runs of 2,000 steps are listed within seconds, while the editor does other things", async () => {
  const root = folder();
  const loss = Array.from({ length: 100 }, (_, i) => 1 / (i + 1.37));
  const lines: unknown[] = [];
  for (let from = 1; from <= 2000; from += 100) {
    lines.push({ event: "steps", from, loss, lr: loss, gradientNorm: loss });
    lines.push({
      event: "epoch",
      epoch: (from + 99) / 100,
      step: from + 99,
      train: { loss: 1 },
      valid: { loss: 1 / from },
    });
  }
  for (let i = 0; i < 500; i++) {
    const time = `20261121-0524${String(i).padStart(3, "0")}`;
    writeRun(root, `notebook ${i % 5}`, time, text([start({ name: `run ${i}` }), ...lines, ...small().slice(-1)]));
  }
  workspace.workspaceFolders = [{ uri: Uri.file(root) }];
  const store = new RunStore(() => undefined);
  const view = new RunsView(store);
  let longest = 0;
  let last = performance.now();
  const pulse = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const began = performance.now();
  const notebooks = await view.getChildren();
  const took = performance.now() - began;
  clearInterval(pulse);
  expect(notebooks.length).toBe(5);
  expect(store.all().length).toBe(500);
  expect(took).toBeLessThan(15_000);
  expect(longest).toBeLessThan(1000);
  const again = performance.now();
  await store.refresh();
  expect(performance.now() - again).toBeLessThan(3000);
  view.dispose();
  store.dispose();
}, 60_000);
