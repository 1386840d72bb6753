import { describe, expect, test } from "vitest";
import { fromJupyter, toJupyter } from "../../../src/export/jupyter.ts";
import type { NotebookCell } from "../../../src/notebook/format.ts";

const cells: NotebookCell[] = [
  { kind: "markdown", text: "# Title\n\nText." },
  { kind: "code", id: "load", text: "const a = 1;\na", attributes: ".hidden" },
];

const notebook = (more: object) => JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [], ...more });

describe("a Jupyter notebook", () => {
  test("holds the cells and comes back as them", () => {
    const json = toJupyter(cells, (i) =>
      i === 1
        ? [{ stream: { name: "stdout", text: "1\n2\n" } }, { data: { "image/png": "QUJD", "text/plain": "a\nb" } }]
        : [],
    );
    const parsed = JSON.parse(json);
    expect(parsed).toMatchObject({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { language: "typescript" } },
    });
    expect(parsed.cells[0]).toEqual({
      cell_type: "markdown",
      id: "cell-1",
      metadata: {},
      source: ["# Title\n", "\n", "Text."],
    });
    expect(parsed.cells[1].outputs).toEqual([
      { output_type: "stream", name: "stdout", text: ["1\n", "2\n"] },
      { output_type: "display_data", metadata: {}, data: { "image/png": "QUJD", "text/plain": ["a\n", "b"] } },
    ]);
    expect(fromJupyter(json)).toEqual({ cells, foreign: null, shown: 0, outputs: 2 });
  });

  test("of Python becomes text that shows its code", () => {
    const json = notebook({
      metadata: { language_info: { name: "python" } },
      cells: [
        { cell_type: "code", source: ["import torch\n", "s = '```'"], outputs: [{}, {}] },
        { cell_type: "raw", source: "raw" },
      ],
    });
    expect(fromJupyter(json)).toEqual({
      cells: [
        { kind: "markdown", text: "````python\nimport torch\ns = '```'\n````" },
        { kind: "markdown", text: "```\nraw\n```" },
      ],
      foreign: "python",
      shown: 1,
      outputs: 2,
    });
  });

  test("keeps the pictures that came within it", () => {
    const json = notebook({
      cells: [
        {
          cell_type: "markdown",
          source: "![a](attachment:my%20net.png) ![b](attachment:gone.png)",
          attachments: { "my net.png": { "image/png": "QUJD\n" } },
        },
      ],
    });
    expect(fromJupyter(json).cells[0]?.text).toBe("![a](data:image/png;base64,QUJD) ![b](attachment:gone.png)");
  });

  test("of version 3 is read too", () => {
    const sheet = {
      cells: [
        { cell_type: "heading", level: 2, source: "Data" },
        { cell_type: "code", language: "python", input: "x = 1" },
      ],
    };
    expect(fromJupyter(JSON.stringify({ nbformat: 3, metadata: {}, worksheets: [sheet] })).cells).toEqual([
      { kind: "markdown", text: "## Data" },
      { kind: "markdown", text: "```python\nx = 1\n```" },
    ]);
  });

  test.each([
    ["{", /the file is no JSON/],
    ["3", /no notebook but a single value/],
    ["{}", /the notebook's format is not given; versions 3 and 4 can be read/],
    [JSON.stringify({ nbformat: 9 }), /format is 9/],
    [JSON.stringify({ nbformat: 4 }), /has no list of cells/],
    [notebook({ cells: [null] }), /cell 1 is null, not a cell/],
    [notebook({ cells: [{ cell_type: "code", source: 3 }] }), /the source of cell 1 is no text/],
  ])("that is damaged says how: %s", (json, message) => {
    expect(() => fromJupyter(json)).toThrow(message);
  });
});
