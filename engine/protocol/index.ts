export type * from "./compare.ts";
export * from "./messages.ts";
export * from "./plots.ts";
export * from "./runLog.ts";
