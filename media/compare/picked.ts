/** A run, or all of a group. */
export type Target = { readonly run: number } | { readonly group: number };

type Runs = readonly { readonly key: string; readonly group: number }[];

/** What is marked in all parts of the page: what is pointed at, else the run that was picked. Places change as runs do; keys stay. */
export class Picked {
  readonly #listeners: (() => void)[] = [];
  #pointed: Target | null = null;
  #key: string | null = null;
  #runs: Runs = [];

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** The runs as they are now; what is pointed at stays, while runs that train are told anew twice a second. */
  set runs(runs: Runs) {
    this.#pointed = movedTo(runs, this.#pointed, this.#runs);
    this.#runs = runs;
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

/** The target among `runs` that was `target` among those `before`. */
function movedTo(runs: Runs, target: Target | null, before: Runs): Target | null {
  if (target === null) return null;
  if ("group" in target) return runs.some(({ group }) => group === target.group) ? target : null;
  const run = runs.findIndex(({ key }) => key === before[target.run]?.key);
  return run < 0 ? null : { run };
}
