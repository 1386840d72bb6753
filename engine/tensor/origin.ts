const origins = new WeakMap<object, object>();

/** Says where a tensor's numbers come from: examples that were prepared are told from raw ones. Its rows and reshapes know it too. */
export function setOrigin(tensor: object, origin: object): void {
  origins.set(tensor, origin);
}

export const originOf = (tensor: object): object | undefined => origins.get(tensor);

/** `to` with the origin of `from`. */
export function withOrigin<T extends object>(from: object, to: T): T {
  const origin = origins.get(from);
  if (origin !== undefined) origins.set(to, origin);
  return to;
}
