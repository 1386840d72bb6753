import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Notebook, type NotebookCell, parseNotebook, printNotebook } from "../../../src/notebook/format.ts";

const FILE = `---
dlnb: 1
title: tour
---

# Title

Some prose, and a plain fence:

\`\`\`ts
const plain = 1;
\`\`\`

\`\`\`ts {#load .hidden note="x"}
const a = 1;
\`\`\`

First.

<!-- cell -->

Second.

\`\`\`ts {#fit}
a + 1
\`\`\`
`;

const content = ({ cells }: Pick<Notebook, "cells">) => cells.map(({ layout: _, ...cell }) => cell);
const reread = (notebook: Notebook) => parseNotebook(printNotebook(notebook));

describe("a notebook file", () => {
  test("is prose and cells", () => {
    const { cells, problems, head } = parseNotebook(FILE);
    expect(problems).toEqual([]);
    expect(head).toBe("---\ndlnb: 1\ntitle: tour\n---");
    expect(cells).toEqual([
      { kind: "markdown", text: "# Title\n\nSome prose, and a plain fence:\n\n```ts\nconst plain = 1;\n```" },
      { kind: "code", id: "load", attributes: '.hidden note="x"', text: "const a = 1;" },
      { kind: "markdown", text: "First." },
      { kind: "markdown", text: "Second." },
      { kind: "code", id: "fit", text: "a + 1" },
    ]);
    expect(printNotebook({ cells, head: head ?? null })).toBe(FILE);
  });

  test("is written with front matter and fresh ids when it is new", () => {
    const text = printNotebook({
      cells: [
        { kind: "code", text: "1" },
        { kind: "code", text: "1" },
      ],
    });
    expect(text).toMatch(/^---\ndlnb: 1\n---\n\n```ts \{#(\w{6})\}\n1\n```\n\n```ts \{#\1-2\}\n1\n```\n$/);
    expect(printNotebook({ cells: [] })).toBe("---\ndlnb: 1\n---\n");
  });

  test("changes by one line when one line changes", () => {
    for (const [at, text] of [
      [0, "# Title\n\nSome prose, and a plain fence!\n\n```ts\nconst plain = 1;\n```"],
      [1, "const a = 2;"],
    ] as const) {
      const notebook = parseNotebook(FILE);
      const cells = notebook.cells.map((cell, i) => (i === at ? { ...cell, text } : cell));
      const [before, after] = [FILE.split("\n"), printNotebook({ ...notebook, cells }).split("\n")];
      expect(after.length).toBe(before.length);
      expect(after.filter((line, i) => line !== before[i])).toHaveLength(1);
    }
  });

  test("keeps line ends, byte order mark and a missing last line break", () => {
    for (const text of [
      FILE.replaceAll("\n", "\r\n"),
      `\ufeff${FILE}`,
      FILE.slice(0, -1),
      `${FILE}\n\n`,
      FILE.replace("\n", "\r\n"),
    ]) {
      expect(printNotebook(parseNotebook(text))).toBe(text);
    }
    expect(parseNotebook(FILE.replaceAll("\n", "\r\n")).cells).toEqual(parseNotebook(FILE).cells);
  });

  test("keeps how a hand laid it out, also when a cell changes", () => {
    const text = "---\ndlnb: 1\n---\n# A\n````typescript  {#a}\n1\n`````  \n\n\n\n```ts {#b}\n\n```\n";
    const notebook = parseNotebook(text);
    expect(notebook.problems).toEqual([]);
    expect(printNotebook(notebook)).toBe(text);
    const cells = notebook.cells.map((cell) => (cell.id === "a" ? { ...cell, text: "2" } : cell));
    expect(printNotebook({ ...notebook, cells })).toBe(text.replace("1\n`", "2\n`"));
    const moved = { ...notebook, cells: [...notebook.cells].reverse() };
    expect(content(reread(moved))).toEqual(content(moved));
  });

  test("has longer fences around cells with fences in them", () => {
    const text = "const md = `\n```ts {#x}\n1\n```\n`;";
    const printed = printNotebook({ cells: [{ kind: "code", id: "a", text }] });
    expect(printed).toContain("````ts {#a}\n");
    expect(content(parseNotebook(printed))).toEqual([{ kind: "code", id: "a", text }]);
  });

  test("shows cells in longer fences and in comments without running them", () => {
    const text = "````md\n```ts {#a}\n1\n```\n````\n\n<!--\n```ts {#b}\n2\n```\n-->";
    expect(content(parseNotebook(`---\ndlnb: 1\n---\n\n${text}\n`))).toEqual([{ kind: "markdown", text }]);
  });

  test("keeps prose that looks like a cell apart from cells", () => {
    const cells: NotebookCell[] = [
      "```ts {#x}\n1\n```",
      "```\nopen",
      "<!-- cell -->",
      "",
      "\n\n",
      "---\ndlnb: 1\n---",
    ].map((text) => ({ kind: "markdown", text }));
    const notebook = { cells: [...cells, { kind: "code", id: "z", text: "" } as const, ...cells] };
    expect(content(reread(notebook))).toEqual(notebook.cells);
    expect(content(reread({ ...notebook, head: null, cells: [...cells].reverse() }))).toEqual([...cells].reverse());
  });
});

describe("a damaged file is shown whole", () => {
  const head = "---\ndlnb: 1\n---\n\n";
  const problems = (text: string) =>
    parseNotebook(text).problems.map(({ line, severity, message }) => `${line} ${severity}: ${message}`);

  test("without front matter", () => {
    expect(problems("# A\n")).toEqual(['1 warning: no front matter with "dlnb: 1"; read as version 1']);
    expect(problems("---\ntitle: x\n---\n# A\n")).toHaveLength(1);
    expect(parseNotebook("---\ntitle: x\n---\n# A\n").cells[0]?.text).toBe("---\ntitle: x\n---\n# A");
    expect(problems("")).toEqual([]);
  });

  test("with front matter that is not closed, or newer than we are", () => {
    expect(problems("---\ndlnb: 1\n\n# A\n")[0]).toMatch(/^1 error: the front matter is not closed/);
    expect(problems("---\ndlnb: 2\n---\n")[0]).toMatch(/^1 error: the notebook is of version 2, newer than/);
    expect(problems("---\ndlnb: one\n---\n")[0]).toMatch(/^1 warning: "dlnb: one" is no version/);
  });

  test("cut off in a cell, or with a lost closing fence", () => {
    expect(problems(`${head}\`\`\`ts {#a}\nconst x = 1;\n`)).toEqual([
      "5 error: cell a is not closed: no ``` before the end of the file",
    ]);
    const lost = `${head}\`\`\`ts {#a}\n1\n\n\`\`\`ts {#b}\n2\n\`\`\`\n`;
    expect(problems(lost)).toEqual(["5 error: cell a is not closed: no ``` before line 8, where another begins"]);
    expect(content(parseNotebook(lost)).map(({ text }) => text)).toEqual(["1\n", "2"]);
  });

  test("with merge conflicts, in a cell and around one", () => {
    const text = `${head}\`\`\`ts {#a}\n<<<<<<< HEAD\n1\n=======\n2\n>>>>>>> branch\n\`\`\`\n\n<<<<<<< HEAD\n\`\`\`ts {#b}\n1\n\`\`\`\n=======\n\`\`\`ts {#b}\n2\n\`\`\`\n>>>>>>> x\n`;
    expect(problems(text)).toEqual([
      "6 error: merge conflict: keep one of its sides and remove the lines <<<<<<<, ======= and >>>>>>>",
      "13 error: merge conflict: keep one of its sides and remove the lines <<<<<<<, ======= and >>>>>>>",
      "18 warning: another cell has the id b; this one becomes b-2",
    ]);
    expect(printNotebook(parseNotebook(text))).toBe(text.replace("=======\n```ts {#b}", "=======\n```ts {#b-2}"));
  });

  test("with ids that are missing, doubled or none", () => {
    const text = `${head}\`\`\`ts {}\n1\n\`\`\`\n\n\`\`\`ts {# .x}\n1\n\`\`\`\n\n\`\`\`ts {#../a}\n1\n\`\`\`\n`;
    const { cells } = parseNotebook(text);
    expect(cells.map(({ kind, id }) => `${kind} ${id}`)).toEqual([
      "code 6b86b2",
      "code 6b86b2-2",
      "markdown undefined",
    ]);
    expect(cells[1]?.attributes).toBe(".x");
    expect(problems(text)).toHaveLength(3);
    expect(parseNotebook(printNotebook(parseNotebook(text))).problems).toHaveLength(1);
  });
});

const line = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12 }) },
  fc.constantFrom(
    "", "", " ", "---", "dlnb: 1", "```", "````", "~~~", "   ```", "```ts", "```ts {#a}", "```ts {#b .c}", "````ts {#a}", "```ts {}",
    "```js", "<!-- cell -->", "<!-- cell raw -->", "<!-- end raw -->", "<!--", "-->", "<<<<<<< HEAD", "=======", ">>>>>>> x", "text",
    "```ts {#a/b}", "\u2028", "\ufeff",
  ),
); // biome-ignore format: a table of awkward lines
const lines = fc.array(line, { maxLength: 14 });
const prose = lines.map((all) => all.join("\n").replaceAll("\r", ""));
const cell: fc.Arbitrary<NotebookCell> = fc.oneof(
  prose.map((text) => ({ kind: "markdown", text }) as const),
  fc
    .record({ text: prose, id: fc.stringMatching(/^[\w-]{1,5}$/), attributes: fc.constantFrom("", ".x", 'k="v w" .y') })
    .map(({ text, id, attributes }) => ({ kind: "code", text, id, ...(attributes && { attributes }) }) as const),
);
const cells = fc.uniqueArray(cell, { maxLength: 8, selector: (c) => c.id ?? c });
const file = fc
  .tuple(
    fc.constantFrom("", "---\ndlnb: 1\n---\n", "\ufeff---\ndlnb: 1\nx: y\n---\n\n"),
    lines,
    fc.constantFrom("\n", "\r\n"),
  )
  .map(([head, body, eol]) => head.replaceAll("\n", eol) + body.join(eol));

describe("laws", () => {
  const runs = { numRuns: 500 };

  test("reading what was written gives the same cells", () => {
    fc.assert(
      fc.property(cells, fc.constantFrom(undefined, null), fc.constantFrom("\n", "\r\n"), (cells, head, eol) => {
        const notebook: Notebook = { cells, eol, ...(head === undefined ? {} : { head }) };
        expect(content(reread(notebook))).toEqual(cells);
      }),
      runs,
    );
  });

  test("writing what we wrote gives the same bytes", () => {
    fc.assert(
      fc.property(cells, (cells) => {
        const text = printNotebook({ cells });
        expect(printNotebook(parseNotebook(text))).toBe(text);
        expect(parseNotebook(text).cells).toEqual(cells);
      }),
      runs,
    );
  });

  test("writing what anybody wrote gives the same bytes, but for repaired fences and ids", () => {
    fc.assert(
      fc.property(file, (text) => {
        const notebook = parseNotebook(text);
        if (text.trim() === "" || notebook.problems.some((p) => /becomes|is not closed: no `+ before/.test(p.message)))
          return;
        expect(printNotebook(notebook)).toBe(text);
      }),
      runs,
    );
  });

  test("no character of any text is lost", () => {
    const kept = (text: string) => text.split(/\r?\n/).filter((l) => !/^\ufeff?$|^`+(ts|typescript)[ \t]*\{/.test(l));
    fc.assert(
      fc.property(fc.oneof(file, fc.string({ unit: "binary", maxLength: 60 })), (text) => {
        const printed = kept(printNotebook(parseNotebook(text)).replace(/^\ufeff/, ""));
        let at = 0;
        for (const l of text.trim() === "" ? [] : kept(text.replace(/^\ufeff/, ""))) {
          at = printed.indexOf(l, at) + 1;
          expect(at, JSON.stringify(l)).toBeGreaterThan(0);
        }
      }),
      runs,
    );
  });

  test("one changed line of a cell is one changed line of the file", () => {
    fc.assert(
      fc.property(cells, fc.nat(), fc.nat(), (cells, which, where) => {
        const notebook = parseNotebook(printNotebook({ cells }));
        const at = which % Math.max(cells.length, 1);
        const old = notebook.cells[at]?.text.split("\n") ?? [];
        const changed = old.map((l, i) =>
          i === where % old.length && l.length > 0 && /^[\w ]+$/.test(l) ? `${l}x` : l,
        );
        if (changed.join() === old.join() || old.every((l) => l.trim() === "")) return;
        const edited = notebook.cells.map((c, i) => (i === at ? { ...c, text: changed.join("\n") } : c));
        const [before, after] = [printNotebook(notebook), printNotebook({ ...notebook, cells: edited })].map((t) =>
          t.split("\n"),
        );
        expect(after).toHaveLength(before?.length ?? 0);
        expect(after?.filter((l, i) => l !== before?.[i])).toHaveLength(1);
      }),
      runs,
    );
  });
});
