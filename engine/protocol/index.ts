export * from "./messages.ts";
export * from "./runLog.ts";
