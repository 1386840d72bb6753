import { expect, test } from "vitest";
import { missingIds } from "../../../src/notebook/cellIds.ts";
import { fakeNotebook } from "../../fake/notebook.ts";

test("cells that have ids of their own are left alone", () => {
  expect(missingIds(fakeNotebook("a", "b"))).toBe(null);
});

test("a new cell and a pasted copy get fresh ids, the original keeps its own", () => {
  const notebook = fakeNotebook("a", "b", "c");
  const [, second, third] = notebook.getCells() as unknown as { metadata: { id?: string; note?: string } }[];
  (second as { metadata: object }).metadata = { id: "c1", note: "kept" };
  (third as { metadata: object }).metadata = {};
  const { edits } = missingIds(notebook) as unknown as { edits: { index: number; metadata: { id: string } }[] };
  expect(edits.map(({ index }) => index)).toEqual([1, 2]);
  expect(edits[0]?.metadata).toMatchObject({ note: "kept" });
  expect(new Set(["c1", ...edits.map(({ metadata }) => metadata.id)]).size).toBe(3);
});
