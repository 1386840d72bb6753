import * as all from "./all.ts";
import type { OpRecord } from "./node.ts";

/** Every primitive by name. */
export const ops: Readonly<Record<string, OpRecord>> = all;

/** The record of the primitive `name`. Throws when there is none: graphs are made by functions that know their ops. */
export function opNamed(name: string): OpRecord {
  const record = ops[name];
  if (!record) throw new Error(`no op "${name}"`);
  return record;
}
