/** What single lines of a `.dlnb` file mean. Lines come without line break; those of mixed files may end in `\r`. */

/** Version that is written, and the newest that is known. */
export const FORMAT_VERSION = 1;

export const MARKER = "<!-- cell -->";
const VALID_ID = /^[\w-]{1,64}$/;

/** Whether a line can be anything but text: all that is told apart here begins with one of these. */
export const mayOpen = (line: string) => /^ {0,3}[`~<]/.test(line);
export const isBlank = (line: string) => /^[ \t\r]*$/.test(line);
export const isMarker = (line: string) => /^<!-- cell -->[ \t\r]*$/.test(line);

/** The tag of a line that starts raw prose: "" or a number; null for other lines. */
export const rawTag = (line: string) => /^<!-- cell raw(\d*) -->[ \t\r]*$/.exec(line)?.[1] ?? null;
export const rawOpen = (tag: string) => `<!-- cell raw${tag} -->`;
export const rawClose = (tag: string) => `<!-- end raw${tag} -->`;
export const isRawClose = (line: string, tag: string) => line.trimEnd() === rawClose(tag);

export interface CellFence {
  fence: string;
  /** "" when it is missing. */
  id: string;
  attributes: string;
}

/** The line that opens a code cell; null for prose, and for a fence whose id cannot be one (see `badId`). */
export function cellFence(line: string): CellFence | null {
  const found = fenceWithId(line);
  return found !== null && (found.id === "" || VALID_ID.test(found.id)) ? found : null;
}

/** The id of a fence that would be a cell if this were an id. */
export function badId(line: string): string | null {
  const found = fenceWithId(line);
  return found !== null && found.id !== "" && !VALID_ID.test(found.id) ? found.id : null;
}

function fenceWithId(line: string): CellFence | null {
  const match = /^(`{3,})(?:ts|typescript)[ \t]*\{([^`]*)\}[ \t\r]*$/.exec(line);
  const inner = match?.[2]?.trim();
  if (match === null || inner === undefined || (inner !== "" && !inner.startsWith("#"))) return null;
  const [, id = "", attributes = ""] = /^#?(\S*)\s*(.*)$/s.exec(inner) ?? [];
  return { fence: match[1] as string, id, attributes };
}

/** The opening of any fence: its marks. Backticks in the rest of the line make it a code span. */
export function fenceMarks(line: string): string | null {
  return /^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$/s.exec(line)?.slice(1).find(Boolean) ?? null;
}

export function closes(line: string, marks: string): boolean {
  const found = /^ {0,3}(`{3,}|~{3,})[ \t\r]*$/.exec(line)?.[1];
  return found?.[0] === marks[0] && found !== undefined && found.length >= marks.length;
}

export const opensComment = (line: string) => /^ {0,3}<!--(?!.*-->)/.test(line);
