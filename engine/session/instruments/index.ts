export { Instruments, type LayerLooks, type NormLooks, type ParameterLooks } from "./instruments.ts";
export { LiveChart } from "./live.ts";
export { DeviceClock, type Instrumentation, Pace } from "./pace.ts";
export { probe } from "./probe.ts";
export { Strip } from "./strip.ts";
export { Watch } from "./watch.ts";
export { evenly, parametersByLayer, type Watched, watchedOf } from "./watched.ts";
