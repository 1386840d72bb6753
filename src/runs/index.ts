export { type RunEntry, RunStore } from "./store.ts";
