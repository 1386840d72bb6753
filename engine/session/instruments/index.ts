export { Instruments } from "./instruments.ts";
export { DeviceClock, type Instrumentation, Pace } from "./pace.ts";
export { Strip } from "./strip.ts";
export { Watch } from "./watch.ts";
export { type Watched, watchedOf } from "./watched.ts";
