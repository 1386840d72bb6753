import type { Layout, Notebook, NotebookCell, NotebookProblem } from "./format.ts";
import {
  badId,
  cellFence,
  closes,
  FORMAT_VERSION,
  fenceMarks,
  isBlank,
  isMarker,
  isRawClose,
  mayOpen,
  opensComment,
  rawClose,
  rawTag,
} from "./grammar.ts";
import { uniqueIds } from "./ids.ts";

/** As `parseNotebook`, with the whole layout of every cell. */
export function readNotebook(
  text: string,
): Notebook & { problems: readonly NotebookProblem[]; lines: readonly number[] } {
  const bom = text.startsWith("\ufeff");
  const whole = bom ? text.slice(1) : text;
  const eol = eolOf(whole);
  const marks = { ...(bom ? { bom } : {}), ...(eol === "\n" ? {} : { eol }) };
  if (whole.trim() === "") return { cells: [], ...marks, problems: [], lines: [] };
  const lines = (eol === "\r\n" ? whole.replaceAll("\r\n", "\n") : whole).split("\n");
  const newline = lines.at(-1) === "";
  if (newline) lines.pop();

  const problems: NotebookProblem[] = [];
  const headLines = readHead(lines, problems);
  const body = readBody(lines.slice(headLines), headLines);
  problems.push(...body.problems, ...conflicts(lines));
  problems.sort((a, b) => a.line - b.line);

  const end = body.rest.map((line) => `\n${line}`).join("") + (newline ? "\n" : "");
  return {
    cells: body.cells,
    head: headLines === 0 ? null : lines.slice(0, headLines).join("\n"),
    ...marks,
    ...(end === "\n" ? {} : { end }),
    problems,
    lines: body.lines,
  };
}

function eolOf(text: string): "\n" | "\r\n" | "mixed" {
  const all = text.split("\n").length - 1;
  const carriage = text.split("\r\n").length - 1;
  return carriage === 0 ? "\n" : carriage === all ? "\r\n" : "mixed";
}

/** How many lines the front matter takes; 0 when there is none, or when it is damaged and better shown. */
function readHead(lines: readonly string[], problems: NotebookProblem[]): number {
  const warn = (message: string, severity: NotebookProblem["severity"] = "warning") =>
    problems.push({ line: 1, message, severity });
  const none = `no front matter with "dlnb: ${FORMAT_VERSION}"; read as version ${FORMAT_VERSION}`;
  if (!/^---[ \t\r]*$/.test(lines[0] ?? "")) {
    warn(none);
    return 0;
  }
  const last = lines.findIndex((line, i) => i > 0 && /^(---|\.\.\.)[ \t\r]*$/.test(line));
  const head = lines.slice(1, Math.max(last, 1));
  const found = head.find((line) => /^dlnb[ \t]*:/.test(line));
  if (last < 0 && lines.some((line) => /^dlnb[ \t]*:/.test(line))) {
    warn("the front matter is not closed: no line --- after it; it is shown as prose", "error");
    return 0;
  }
  if (found === undefined || conflicts(head).length > 0) {
    warn(none);
    return 0;
  }
  const given = found
    .replace(/^dlnb[ \t]*:/, "")
    .replace(/[ \t]#.*$/, "")
    .trim();
  const version = /^["']?(\d+)["']?$/.exec(given)?.[1];
  if (version === undefined) warn(`"dlnb: ${given}" is no version; read as version ${FORMAT_VERSION}`);
  else if (Number(version) > FORMAT_VERSION) {
    warn(
      `the notebook is of version ${version}, newer than this dlnb, which knows ${FORMAT_VERSION}; update dlnb`,
      "error",
    );
  }
  return last + 1;
}

interface Body {
  cells: NotebookCell[];
  /** Of code cells the line that opens them, from 1. */
  lines: number[];
  /** Lines after the last cell. */
  rest: string[];
  problems: NotebookProblem[];
  /** A prose fence or comment lacks its end. */
  open: boolean;
}

/** Everything after the front matter, which took `headLines` lines. */
export function readBody(lines: readonly string[], headLines: number): Body {
  const cells: NotebookCell[] = [];
  const openings: number[] = [];
  const problems: NotebookProblem[] = [];
  let open = false;
  let gap: string[] = [];
  let prose: string[] = [];
  let marked = false;
  const problem = (index: number, message: string, severity: NotebookProblem["severity"] = "warning") =>
    problems.push({ line: headLines + index + 1, message, severity });

  const add = (cell: NotebookCell, layout: Layout, opening: number) => {
    const before = { after: cells.at(-1)?.kind ?? "start", lines: gap.map((line) => `${line}\n`).join("") } as const;
    cells.push({ ...cell, layout: { before, ...layout } });
    openings.push(opening);
    gap = [];
  };

  /** Ends the Markdown cell that is being read: one empty line on either side is no part of it. */
  const flush = (isEnd: boolean) => {
    const isCell = marked ? prose.length > 0 : !prose.every(isBlank);
    const text = prose;
    prose = [];
    if (!isCell) {
      gap.push(...text);
      marked = false;
      return;
    }
    if (text.length > 1 && isBlank(text[0] as string) && (marked || headLines > 0 || cells.length > 0)) {
      gap.push(text.shift() as string);
    }
    const trail = !isEnd && text.length > 1 && isBlank(text.at(-1) as string) ? [text.pop() as string] : [];
    marked = false;
    add({ kind: "markdown", text: text.join("\n") }, {}, 0);
    gap = trail;
  };

  let i = 0;
  const skip = (to: number) => {
    prose.push(...lines.slice(i, to));
    i = to;
  };
  const noEnd = new Set<string>();
  const rawEnds = lastRawEnds(lines);
  while (i < lines.length) {
    const line = lines[i] as string;
    if (!mayOpen(line)) {
      skip(i + 1);
      continue;
    }
    const tag = rawTag(line);
    const fence = cellFence(line);
    const marks = fenceMarks(line);
    if (fence !== null) {
      flush(false);
      const end = codeEnd(lines, i, fence.fence);
      const closed = end < lines.length && closes(lines[end] as string, fence.fence);
      if (!closed) {
        const where = end < lines.length ? `line ${headLines + end + 1}, where another begins` : "the end of the file";
        problem(i, `cell ${fence.id || cells.length + 1} is not closed: no ${fence.fence} before ${where}`, "error");
      }
      const text = lines.slice(i + 1, end);
      const { id, attributes } = fence;
      const cell: NotebookCell = {
        kind: "code",
        text: text.join("\n"),
        ...(id ? { id } : {}),
        ...(attributes && { attributes }),
      };
      const close = closed ? { close: lines[end] as string } : {};
      add(cell, { open: line, ...close, ...(text.length === 1 && text[0] === "" ? { blank: true } : {}) }, i);
      i = end + (closed ? 1 : 0);
    } else if (tag !== null) {
      const isThere = (rawEnds.get(rawClose(tag)) ?? -1) > i;
      const end = isThere ? lines.findIndex((l, at) => at > i && isRawClose(l, tag)) : -1;
      if (end < 0) {
        open = true;
        problem(i, `"${line.trim()}" has no "${rawClose(tag)}" after it`);
        skip(i + 1);
      } else {
        flush(false);
        const close = lines[end] as string;
        if (end === i + 1) gap.push(line, close);
        else add({ kind: "markdown", text: lines.slice(i + 1, end).join("\n") }, { open: line, close }, i);
        i = end + 1;
      }
    } else if (isMarker(line)) {
      flush(false);
      gap.push(line);
      marked = true;
      i++;
    } else if (marks !== null) {
      const id = badId(line);
      if (id !== null)
        problem(i, `"${id}" is no id (letters, digits, - and _), so this fence is prose and no cell`, "error");
      const end = noEnd.has(marks) ? -1 : proseEnd(lines, i, marks);
      if (end < 0) {
        open = true;
        if (end === -1) noEnd.add(marks);
        problem(i, `the fence ${marks} is not closed`);
      }
      skip(end < 0 ? i + 1 : end + 1);
    } else if (opensComment(line)) {
      const end = noEnd.has("<!--") ? -1 : lines.findIndex((l, at) => at > i && l.includes("-->"));
      if (end < 0) {
        open = true;
        noEnd.add("<!--");
        problem(i, "the comment is not closed: no --> after it");
      }
      skip(end < 0 ? i + 1 : end + 1);
    } else skip(i + 1);
  }
  flush(true);

  const ids = uniqueIds(cells);
  ids.forEach((id, at) => {
    const cell = cells[at] as NotebookCell;
    if (id === undefined || id === cell.id) return;
    const opening = openings[at] as number;
    if (cell.id) problem(opening, `another cell has the id ${cell.id}; this one becomes ${id}`);
    else problem(opening, `the cell has no id; it becomes ${id}`);
    cells[at] = { ...cell, id };
  });
  return { cells, lines: openings.map((at) => headLines + at + 1), rest: gap, problems, open };
}

/** For every line that ends raw prose, the last place where it stands. */
function lastRawEnds(lines: readonly string[]): Map<string, number> {
  const last = new Map<string, number>();
  lines.forEach((line, i) => {
    if (line.startsWith("<!-- end raw")) last.set(line.trimEnd(), i);
  });
  return last;
}

/** The line that ends a code cell opened at `from`: its closing fence, the next cell's opening, or the end. */
function codeEnd(lines: readonly string[], from: number, fence: string): number {
  for (let i = from + 1; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line.includes("```") && (closes(line, fence) || (cellFence(line)?.fence.length ?? 0) >= fence.length)) return i;
  }
  return lines.length;
}

/** The closing line of a prose fence; -1 when there is none at all, -2 when a cell begins before it. */
function proseEnd(lines: readonly string[], from: number, marks: string): number {
  for (let i = from + 1; i < lines.length; i++) {
    const line = lines[i] as string;
    if (closes(line, marks)) return i;
    if (marks[0] === "`" && (cellFence(line)?.fence.length ?? 0) >= marks.length) return -2;
  }
  return -1;
}

/** Lines that a merge left. */
function conflicts(lines: readonly string[]): NotebookProblem[] {
  let inside = false;
  return lines.flatMap((line, i) => {
    const start = /^<{7}([ \r]|$)/.test(line);
    const end = /^>{7}([ \r]|$)/.test(line);
    const stray = end && !inside;
    inside = start || (inside && !end);
    if (!start && !stray) return [];
    const message = `merge conflict: keep one of its sides and remove the lines <<<<<<<, ======= and >>>>>>>`;
    return [{ line: i + 1, message, severity: "error" as const }];
  });
}
