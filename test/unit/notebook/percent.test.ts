import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NotebookCell } from "../../../src/notebook/format.ts";
import { fromPercent, toPercent } from "../../../src/notebook/percent.ts";

const cells: NotebookCell[] = [
  { kind: "markdown", text: "# Digits\n\nProse, with `code`." },
  { kind: "code", id: "load", text: 'const digits = await data.csv("a.csv");\n\ndigits' },
  { kind: "code", id: "train", text: "await exp.fit({ epochs: 3 });" },
];

describe("a notebook as a script", () => {
  test("has its imports first, its prose as comments and its cells between markers", () => {
    expect(toPercent(cells, ["data", "experiment"])).toBe(`import { data, experiment } from "dlnb";

// %% [markdown]
// # Digits
//
// Prose, with \`code\`.

// %% load
const digits = await data.csv("a.csv");

digits

// %% train
await exp.fit({ epochs: 3 });
`);
  });

  test("is the same notebook when it is read again, with its imports as a cell", () => {
    const { cells: read } = fromPercent(toPercent(cells, ["data"]));
    expect(read[0]).toEqual({ kind: "code", id: "script", text: 'import { data } from "dlnb";' });
    expect(read.slice(1)).toEqual(cells);
    expect(fromPercent(toPercent(cells, [])).cells).toEqual(cells);
  });

  test("knows on which line each cell begins", () => {
    const script = toPercent(cells, ["data"]);
    const { cells: read, lines } = fromPercent(script);
    const text = script.split("\n");
    read.forEach((cell, i) => {
      const first = text[lines[i] as number];
      expect(cell.kind === "code" ? first : first?.replace("// ", "")).toBe(cell.text.split("\n")[0]);
    });
  });

  test("keeps cells apart whatever they hold", () => {
    const line = fc.oneof(fc.string(), fc.constantFrom("// %%", "// %% [markdown]", "// %% x", "", "# title", "```"));
    const text = fc
      .array(line, { minLength: 1, maxLength: 6 })
      .map((lines) =>
        lines
          .join("\n")
          .replaceAll("\r", "")
          .replace(/^\s+|\s+$/g, ""),
      )
      .filter((text) => text !== "");
    const cell = fc.record({ kind: fc.constantFrom("markdown" as const, "code" as const), text });
    fc.assert(
      fc.property(fc.array(cell, { minLength: 1, maxLength: 6 }), (cells) => {
        const { cells: read } = fromPercent(toPercent(cells, []));
        const plain = (text: string) =>
          text
            .replaceAll(/^ ?(\/\/ %%.*)$/gm, "$1")
            .replaceAll(/[ \t\f\v\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+$/gm, "");
        expect(read.map(({ kind, text }) => ({ kind, text: plain(text) }))).toEqual(
          cells.map(({ kind, text }) => ({ kind, text: plain(text) })),
        );
      }),
    );
  });

  test("is one cell where there are no markers", () => {
    expect(fromPercent("\nconst a = 1;\nconsole.log(a);\n")).toEqual({
      cells: [{ kind: "code", id: "script", text: "const a = 1;\nconsole.log(a);" }],
      lines: [1],
    });
    expect(fromPercent("").cells).toEqual([]);
  });
});
