/**
 * Notebooks as scripts, in the "percent" form that Jupytext, Spyder and VS Code know:
 *
 *     import { data, experiment, nn } from "dlnb";
 *
 *     // %% [markdown]
 *     // # Digits
 *
 *     // %% load
 *     const digits = await data.csv("data/digits.csv", { target: "y" });
 *
 * What stands before the first marker is a cell of its own. Names behind `%%` are the ids of cells.
 */
import type { NotebookCell } from "./format.ts";
import { uniqueIds } from "./ids.ts";

const MARKER = /^\/\/ %%(?:[ \t]+(.*?))?[ \t]*$/;
const PROSE = "[markdown]";

/** Cells as a script; `imports` are the names of the library that it takes. Text that looks like a marker is moved in by one space. */
export function toPercent(cells: readonly NotebookCell[], imports: readonly string[]): string {
  const head = imports.length === 0 ? [] : [`import { ${imports.join(", ")} } from "dlnb";`];
  const parts = cells.map(({ kind, id, text }) => {
    if (kind === "code") {
      const lines = text.split("\n").map((line) => (MARKER.test(line) ? ` ${line}` : line));
      return [`// %%${id === undefined ? "" : ` ${id}`}`, ...lines].join("\n");
    }
    return [`// %% ${PROSE}`, ...text.split("\n").map((line) => `// ${line}`.trimEnd())].join("\n");
  });
  return `${[...head, ...parts].join("\n\n")}\n`;
}

/**
 * The cells of a script, and for each the line of the script before its first (positions within a cell count from there); one without
 * markers is one cell.
 */
export function fromPercent(script: string): { cells: NotebookCell[]; lines: number[] } {
  const starts: number[] = [];
  let start = 0;
  const cells: NotebookCell[] = [];
  let name: string | null = "script";
  let lines: string[] = [];
  const end = () => {
    const text = lines.join("\n").replace(/^\n+|\s+$/g, "");
    const before = cells.length;
    if (name === PROSE) {
      const prose = text.replace(/^\/\/ ?/gm, "");
      if (prose !== "") cells.push({ kind: "markdown", text: prose });
    } else if (text !== "") {
      cells.push({ kind: "code", text, ...(name !== null && /^[\w-]+$/.test(name) ? { id: name } : {}) });
    }
    if (cells.length > before) starts.push(start + lines.findIndex((line) => line !== ""));
    lines = [];
  };
  for (const [i, line] of script.replaceAll("\r\n", "\n").split("\n").entries()) {
    const marker = MARKER.exec(line);
    if (marker === null) lines.push(line);
    else {
      end();
      name = marker[1] ?? null;
      start = i + 1;
    }
  }
  end();
  const ids = uniqueIds(cells);
  return { cells: cells.map((cell, i) => (ids[i] === undefined ? cell : { ...cell, id: ids[i] })), lines: starts };
}
