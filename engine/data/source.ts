import type { Params } from "../params/index.ts";

/** What documentation, snippets and tests know of a source of data: each function of `data` carries one. */
export interface SourceDeclaration {
  readonly summary: string;
  /** What comes before the options, and what the call gives, as TypeScript text. */
  readonly takes: string;
  readonly gives: string;
  /** A call as one would write it, without `await`. */
  readonly example: string;
  readonly params: Params;
}

export interface Source {
  readonly source: SourceDeclaration;
}

/** A function that reads data, with its declaration beside it. */
export const defineSource = <F extends (...given: never[]) => unknown>(
  source: SourceDeclaration,
  read: F,
): F & Source => Object.assign(read, { source });
