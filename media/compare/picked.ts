/** A run, or all of a group. */
export type Target = { readonly run: number } | { readonly group: number };

/** What is marked in all parts of the page: what is pointed at, else the run that was picked. Places change as runs do; keys stay. */
export class Picked {
  readonly #listeners: (() => void)[] = [];
  #pointed: Target | null = null;
  #key: string | null = null;
  #runs: readonly { readonly key: string; readonly group: number }[] = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The runs as they are now. */
  set runs(runs: readonly { readonly key: string; readonly group: number }[]) {
    this.#runs = runs;
    this.#pointed = null;
    if (this.#key !== null && !runs.some(({ key }) => key === this.#key)) this.#key = null;
  }

  point(target: Target | null): void {
    if (JSON.stringify(target) === JSON.stringify(this.#pointed)) return;
    this.#pointed = target;
    this.#tell();
  }

  /** Picks a run until another is picked, or it is picked again. */
  pick(run: number): void {
    const key = this.#runs[run]?.key ?? null;
    this.#key = key === this.#key ? null : key;
    this.#tell();
  }

  /** Whether a run was picked, wherever one points. */
  isPicked(run: number): boolean {
    return this.#key !== null && this.#runs[run]?.key === this.#key;
  }

  get any(): boolean {
    return this.#target !== null;
  }

  hasRun(run: number): boolean {
    const target = this.#target;
    if (target === null) return false;
    return "run" in target ? target.run === run : this.#runs[run]?.group === target.group;
  }

  hasGroup(group: number): boolean {
    return this.group === group;
  }

  /** The group that is marked, or whose run is. */
  get group(): number | null {
    const target = this.#target;
    if (target === null) return null;
    return "group" in target ? target.group : (this.#runs[target.run]?.group ?? null);
  }

  get #target(): Target | null {
    if (this.#pointed !== null) return this.#pointed;
    const run = this.#runs.findIndex(({ key }) => key === this.#key);
    return run < 0 ? null : { run };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
