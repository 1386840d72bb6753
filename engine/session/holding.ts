/** Tensors of runs that stay in memory, in bytes: beyond that those of older runs are let go where they are on disk. */
const MOST_BYTES = 512 * 2 ** 20;

/** What has tensors that can be let go. */
interface Holder {
  readonly bytes: number;
  release(): boolean;
}

/** Oldest first; what nobody can reach any more counts no more. */
let holders: WeakRef<Holder>[] = [];

/** Takes note of one that has just been made, or read again; older ones are let go of where that is too much together. */
export function hold(one: Holder, most = MOST_BYTES): void {
  holders = [...holders.filter((ref) => ref.deref() !== undefined && ref.deref() !== one), new WeakRef(one)];
  let bytes = holders.reduce((sum, ref) => sum + (ref.deref()?.bytes ?? 0), 0);
  for (const ref of holders.slice(0, -1)) {
    if (bytes <= most) return;
    const old = ref.deref();
    const freed = old?.bytes ?? 0;
    if (old?.release()) bytes -= freed;
  }
}
