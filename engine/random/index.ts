export * from "./philox.ts";
