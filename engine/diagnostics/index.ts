import "./attach.ts";
import "./data/attach.ts";
import * as all from "./all.ts";

export type { DiagnosticDefinition, SubjectKind } from "./definition.ts";
export { all as diagnostics };
