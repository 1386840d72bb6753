export { KernelExited } from "./errors.ts";
export { type KernelEnd, KernelProcess, type StartOptions } from "./kernelProcess.ts";
export { type KernelFiles, locateKernel, type Runtime } from "./locate.ts";
