export type { KernelEnd } from "./channel.ts";
export { KernelExited } from "./errors.ts";
export { type Found, Keeper } from "./keeper.ts";
export { KernelProcess, type ListenOptions, type StartOptions } from "./kernelProcess.ts";
export { type KernelFiles, locateKernel, type Runtime } from "./locate.ts";
export { KernelRefused } from "./socket.ts";
