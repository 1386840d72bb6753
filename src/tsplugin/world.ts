import type { ts } from "@ts-morph/common";

/** What the notebooks' language services are given by the server that they live in. */
export interface World {
  readonly ts: typeof ts;
  /** Folder of cells.d.ts. */
  readonly types: string;
  /** Where the compiler's own lib.*.d.ts are. */
  readonly libraries: string;
  readonly system: ts.System;
  /** Names of all files that are open in the editor. */
  open(): Iterable<string>;
  /** An open file's text and its version; undefined for what is not open. */
  read(file: string): { readonly text: string; readonly version: string } | undefined;
  /** Says when nobody waits for an answer any more. */
  readonly cancellation?: ts.HostCancellationToken | undefined;
  log(text: string): void;
  /** Fragments of a notebook's cells in their order, where the editor has told it. */
  order(address: string): readonly string[] | undefined;
}
