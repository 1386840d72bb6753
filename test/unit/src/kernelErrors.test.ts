import { expect, test } from "vitest";
import { KernelErrors } from "../../../src/notify/kernelErrors.ts";
import { window } from "../../fake/vscode.ts";

test("what a kernel could not save is told once, not for every cell, and leads to the log", async () => {
  window.said = [];
  let shown = 0;
  const errors = new KernelErrors({ show: () => shown++ });
  window.answer = ([button]) => button;
  const said = (cell: number, why: string) => errors.tell(`the outputs of cell ${cell} could not be saved: ${why}`);
  await said(1, "no space is left");
  await said(2, "no space is left");
  await said(2, "its folder is read-only");
  expect(window.said).toEqual([
    "The outputs of cell 1 could not be saved: no space is left",
    "The outputs of cell 2 could not be saved: its folder is read-only",
  ]);
  expect(shown).toBe(2);
});
