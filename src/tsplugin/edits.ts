import type { ts } from "@ts-morph/common";
import type { Module } from "./compose.ts";
import type { Notebooks } from "./notebooks.ts";

/** Changes of code as they are made to cells: what would be written behind a cell's text is moved into it, or left out. */
export class Edits {
  readonly #notebooks: Notebooks;

  constructor(notebooks: Notebooks) {
    this.#notebooks = notebooks;
  }

  /** A list of changes of files. New files are none: a notebook has cells. */
  kept(changes: readonly ts.FileTextChanges[]): ts.FileTextChanges[] {
    return changes.flatMap((change) => {
      const module = this.#notebooks.module(change.fileName);
      if (!module) return change.isNewFile ? [] : [change];
      const textChanges = change.textChanges.flatMap((one) => within(module, one));
      return textChanges.length ? [{ ...change, textChanges }] : [];
    });
  }

  fixes(_: Module, found: readonly ts.CodeFixAction[]): ts.CodeFixAction[] {
    return found
      .map((fix) => ({ ...fix, changes: this.kept(fix.changes) }))
      .filter(({ changes }) => changes.length > 0);
  }

  combined(found: ts.CombinedCodeActions): ts.CombinedCodeActions {
    return { ...found, changes: this.kept(found.changes) };
  }

  refactor(found: ts.RefactorEditInfo | undefined): ts.RefactorEditInfo | undefined {
    return found && { ...found, edits: this.kept(found.edits) };
  }

  /** A completion that writes an import, too. */
  details(_: Module, found: ts.CompletionEntryDetails | undefined): ts.CompletionEntryDetails | undefined {
    if (!found?.codeActions) return found;
    return { ...found, codeActions: found.codeActions.map((one) => ({ ...one, changes: this.kept(one.changes) })) };
  }
}

function within({ cell: { text } }: Module, change: ts.TextChange): ts.TextChange[] {
  const { span, newText } = change;
  if (span.start + span.length <= text.length) return [change];
  if (/^\s*import\b/.test(newText)) return [{ span: { start: 0, length: 0 }, newText: `${newText.trim()}\n` }];
  // names added to what is imported from other cells are there already
  if (span.length > 0 || newText.trim() === "" || /^\s*,?\s*[\w$]+,?\s*$/.test(newText)) return [];
  return [{ span: { start: text.length, length: 0 }, newText: `\n${newText.trimEnd()}` }];
}
