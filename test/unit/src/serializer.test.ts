import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type * as api from "vscode";
import { serializer } from "../../../src/notebook/serializer.ts";
import { NotebookCellData, NotebookCellKind } from "../../fake/vscode.ts";

const never = {} as api.CancellationToken;
const open = (text: string) =>
  serializer.deserializeNotebook(new TextEncoder().encode(text), never) as api.NotebookData;
const save = (notebook: api.NotebookData) =>
  new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    serializer.serializeNotebook(notebook, never) as Uint8Array<ArrayBuffer>,
  );

const examples = join(import.meta.dirname, "../../../examples");
const file = `---
dlnb: 1
title: kept
---

# Prose

\`\`\`ts {#load note="x"}
const a = 1;
\`\`\`

More prose.
`;

test.each(readdirSync(examples).filter((name) => /\w\.dlnb$/.test(name)))("%s is saved as it was read", (name) => {
  const text = readFileSync(join(examples, name), "utf8");
  expect(save(open(text))).toBe(text);
});

test.each([
  ["Windows line ends", file.replaceAll("\n", "\r\n")],
  ["a byte order mark", `\ufeff${file}`],
  ["conflict markers", `${file}<<<<<<< ours\nlet b;\n=======\nlet c;\n>>>>>>> theirs\n`],
])("a file with %s opens, and is saved as it was read", (_, text) => {
  expect(save(open(text))).toBe(text);
});

test("half a file opens with all that is left of it, and its last cell is closed when it is saved", () => {
  const half = file.slice(0, file.indexOf(" 1;"));
  expect(open(half).cells.map(({ value }) => value)).toEqual(["# Prose", "const a ="]);
  expect(save(open(half))).toBe(`${half}\n\`\`\``);
});

test("cells are prose or TypeScript, and keep their ids", () => {
  const { cells } = open(file);
  expect(cells.map(({ kind, languageId, value }) => [kind, languageId, value])).toEqual([
    [NotebookCellKind.Markup, "markdown", "# Prose"],
    [NotebookCellKind.Code, "typescript", "const a = 1;"],
    [NotebookCellKind.Markup, "markdown", "More prose."],
  ]);
  expect(cells[1]?.metadata).toMatchObject({ id: "load", attributes: 'note="x"' });
});

test("a cell that the editor made is written with an id", () => {
  const notebook = open(file);
  notebook.cells.push(new NotebookCellData(NotebookCellKind.Code, "a + 1", "typescript") as api.NotebookCellData);
  expect(save(notebook)).toMatch(/More prose\.\n\n```ts \{#[0-9a-f]{6}\}\na \+ 1\n```\n$/);
});
