import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseNotebook, printNotebook } from "../../../src/notebook/format.ts";

const folder = mkdtempSync(join(tmpdir(), "dlnb-merge-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function git(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync("git", args, { cwd: folder, encoding: "utf8" });
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

/** What git makes of two sides of a file, and how many conflicts it left. */
function merged(base: string, ours: string, theirs: string, ...options: string[]) {
  const names = [write("ours", ours), write("base", base), write("theirs", theirs)];
  const { status, stdout } = git("merge-file", "-p", ...options, ...names);
  return { conflicts: status, text: stdout };
}

const cell = (id: string, text: string) => `\`\`\`ts {#${id}}\n${text}\n\`\`\`\n`;
const notebook = (head: string, ...cells: string[]) => `---\n${head}\n---\n\n${cells.join("\n")}`;
const base = notebook("dlnb: 1\nname: tour", cell("load", "const a = 1;"), "Some prose.\n", cell("fit", "train(a);"));
const MARKER = /^(<{7}|\|{7}|={7}|>{7})/;

const cases: [what: string, ours: string, theirs: string][] = [
  ["in a cell", base.replace("a = 1", "a = 2"), base.replace("a = 1", "a = 3")],
  ["in prose", base.replace("Some", "My"), base.replace("Some", "Their")],
  ["in the front matter", base.replace("tour", "ours"), base.replace("tour", "theirs")],
  [
    "across cells that both sides added",
    `${base}\n${cell("mine", "ours();")}`,
    `${base}\n${cell("theirs", "theirs();")}\nMore prose.\n`,
  ],
  [
    "of a cell that one side edits and the other takes away",
    base.replace("train(a)", "train(a, { epochs: 3 })"),
    notebook("dlnb: 1\nname: tour", cell("load", "const a = 1;"), "Some prose.\n"),
  ],
  [
    "of a cell that one side cuts in two",
    base.replace("const a = 1;\n", "const a = 2;\n```\n\n```ts {#more}\nconst b = 2;\n"),
    base.replace("const a = 1;", "const a = 10;"),
  ],
];

describe.each([[[]], [["--diff3"]]])("what `git merge-file %s` leaves", (options) => {
  test.each(cases)(
    "%s opens with everything in it, is flagged where it is, and is saved without a loss",
    (_, ours, theirs) => {
      const { conflicts, text } = merged(base, ours, theirs, ...options);
      expect(conflicts).toBe(1);
      const parsed = parseNotebook(text);
      const lines = text.split("\n");
      const begins = lines.findIndex((line) => line.startsWith("<<<<<<<")) + 1;
      const conflictsSaid = parsed.problems.filter(({ message }) => message.startsWith("merge conflict"));
      expect(conflictsSaid.map(({ line, severity }) => [line, severity])).toEqual([[begins, "error"]]);
      const printed = printNotebook(parsed).split("\n");
      // cells of one name get another; apart from that every line is where it was
      expect(printed.length).toBe(lines.length);
      printed.forEach((line, i) => {
        if (line !== lines[i]) expect(line).toMatch(/^```ts \{#\w+-2\}$/);
      });
      const shown = [parsed.head ?? "", ...parsed.cells.map(({ text }) => text)].join("\n");
      for (const line of lines.filter((line) => line !== "" && !line.startsWith("```") && line !== "---"))
        expect(shown, line).toContain(line);
    },
  );

  test.each(cases)("%s is whole again once its markers are gone", (_, ours, theirs) => {
    const { text } = merged(base, ours, theirs, ...options);
    const sides: string[] = [];
    let keep = true;
    for (const line of text.split("\n")) {
      if (MARKER.test(line)) keep = line.startsWith("<<<<<<<") || line.startsWith(">>>>>>>");
      else if (keep) sides.push(line);
    }
    expect(sides.join("\n")).toBe(ours);
    expect(parseNotebook(sides.join("\n")).problems).toEqual([]);
  });
});

test("two sides that edit different cells merge by themselves", () => {
  const { conflicts, text } = merged(base, base.replace("a = 1", "a = 2"), base.replace("train(a)", "train(a, 3)"));
  expect(conflicts).toBe(0);
  expect(parseNotebook(text).problems).toEqual([]);
});

test("an edit of one line is one line of the diff, after reading and writing", () => {
  const parsed = parseNotebook(base);
  const cells = parsed.cells.map((one) => (one.id === "fit" ? { ...one, text: "train(a, 3);" } : one));
  const edited = printNotebook({ ...parsed, cells });
  const { stdout } = git("diff", "--no-index", "--numstat", write("before", base), write("after", edited));
  expect(stdout).toMatch(/^1\t1\t/);
});
