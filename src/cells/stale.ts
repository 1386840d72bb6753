/** What a cell's text has to do with names; `digest` is equal for texts that differ in layout, comments and types only. */
export interface Code {
  readonly declares: readonly string[];
  readonly assigns: readonly string[];
  readonly uses: readonly string[];
  readonly digest: string;
}

/** The last run of a cell in the kernel that there is. */
export interface CellRan {
  readonly order: number;
  readonly ok: boolean;
  readonly code: Code;
  /** Names that it uses and that nothing had defined when it ran well all the same: of the library, or read when a function is called later. */
  readonly unread: ReadonlySet<string>;
}

/** A code cell of the notebook as it stands. */
export interface CellNow {
  readonly key: string;
  /** What people call it: "cell 3". */
  readonly index: number;
  /** Of its present text, or of the last one that could be read. */
  readonly code: Code | null;
  /** Whether its text does something else than the text that ran. */
  readonly changed: boolean;
}

/** Why a cell's outputs are not what running it again would give. `by` is the index of another cell. */
export type Stale =
  | { readonly why: "changed" }
  | { readonly why: "gone"; readonly name: string }
  | {
      readonly why: "redefined" | "failed" | "source changed" | "source stale";
      readonly name: string;
      readonly by: number;
    };

/** The runs of cells in one kernel, those of deleted cells too: what they defined is still there. */
export class History {
  readonly #ran = new Map<string, CellRan>();
  /** Names, with the order of the run that first declared them. */
  readonly #declared = new Map<string, number>();
  readonly #defined = new Set<string>();

  get(key: string): CellRan | undefined {
    return this.#ran.get(key);
  }

  /** Whether some cell declared the name before the run of this order. */
  declared(name: string, before: number): boolean {
    return (this.#declared.get(name) ?? Number.POSITIVE_INFINITY) < before;
  }

  add(key: string, { order, ok, code }: Omit<CellRan, "unread">): void {
    const before = this.#ran.get(key);
    // news of an older run may come late
    if (before !== undefined && before.order > order) return;
    const still = before?.code.digest === code.digest ? before.unread : [];
    const unread = ok ? code.uses.filter((name) => !this.#defined.has(name)) : [];
    this.#ran.set(key, { order, ok, code, unread: new Set([...still, ...unread]) });
    for (const name of code.declares) this.#declared.set(name, Math.min(order, this.#declared.get(name) ?? order));
    for (const name of [...code.declares, ...code.assigns]) this.#defined.add(name);
  }

  clear(): void {
    this.#ran.clear();
    this.#declared.clear();
    this.#defined.clear();
  }
}

/**
 * Which cells are stale, and why, given the notebook's code cells in their order. A name comes from the cells above that define it, or
 * where there are none from those below: after all cells ran from first to last, none is stale, also where a name is defined
 * twice. Those below do not count where a cell ran well without: what its functions read when
 * they are called later is of the cells that call them.
 */
export function staleCells(cells: readonly CellNow[], history: History): Map<string, Stale> {
  const found = new Map<string, Stale | null>();
  const definers = new Map<string, Definer[]>();
  const declared = new Set<string>();
  for (const [place, cell] of cells.entries()) {
    const ran = history.get(cell.key);
    for (const name of cell.code?.declares ?? ran?.code.declares ?? []) declared.add(name);
    if (ran === undefined) continue;
    for (const name of new Set([...ran.code.declares, ...ran.code.assigns])) {
      const all = definers.get(name) ?? [];
      all.push({ place, cell, ran });
      definers.set(name, all);
    }
  }

  const sourcesOf = (name: string, place: number): readonly Definer[] => {
    const all = (definers.get(name) ?? []).filter((definer) => definer.place !== place);
    const above = all.filter((definer) => definer.place < place);
    return above.length > 0 ? above : all;
  };

  /** What a cell reads: its own names, and what functions of its sources read when they are called. */
  const reads = (names: readonly string[], place: number, seen: Set<string>): Set<string> => {
    for (const name of names) {
      if (seen.has(name)) continue;
      seen.add(name);
      for (const source of sourcesOf(name, place)) {
        reads([...source.ran.unread], source.place, seen);
      }
    }
    return seen;
  };

  const look = (place: number): Stale | null => {
    const cell = cells[place] as CellNow;
    const known = found.get(cell.key);
    if (known !== undefined) return known;
    // a circle of functions that call each other makes none of them stale
    found.set(cell.key, null);
    const why = reasonOf(cell, place);
    found.set(cell.key, why);
    return why;
  };

  const reasonOf = (cell: CellNow, place: number): Stale | null => {
    const ran = history.get(cell.key);
    if (ran === undefined) return null;
    if (cell.changed) return { why: "changed" };
    const names = [...reads(ran.code.uses, place, new Set())];
    for (const name of names)
      if (!declared.has(name) && history.declared(name, ran.order)) return { why: "gone", name };
    const later: Stale[] = [];
    for (const name of names) {
      let source: Definer | null = null;
      for (const definer of sourcesOf(name, place)) {
        const { order, ok } = definer.ran;
        const counts = definer.place < place || !ran.unread.has(name);
        if (order > ran.order && counts) return { why: ok ? "redefined" : "failed", name, by: definer.cell.index };
        if (order < ran.order && order > (source?.ran.order ?? 0)) source = definer;
      }
      if (source === null) continue;
      if (source.cell.changed) later.unshift({ why: "source changed", name, by: source.cell.index });
      else if (look(source.place) !== null) later.push({ why: "source stale", name, by: source.cell.index });
    }
    return later[0] ?? null;
  };

  cells.forEach((_, place) => void look(place));
  return new Map([...found].filter((entry): entry is [string, Stale] => entry[1] !== null));
}

interface Definer {
  readonly place: number;
  readonly cell: CellNow;
  readonly ran: CellRan;
}

/**
 * The cells to run so that those of `wanted` are fresh: they, those of what they use that are stale, and the nearest cell above (else
 * below) for each name that no run has defined. In the notebook's order, but for what is defined only below where it is used.
 */
export function planOf(wanted: Iterable<string>, cells: readonly CellNow[], history: History): string[] {
  const stale = staleCells(cells, history);
  const place = new Map(cells.map(({ key }, i) => [key, i]));
  const planned = new Set<string>();
  const needs = new Map<string, string[]>();
  const declares = (cell: CellNow, name: string) => cell.code?.declares.includes(name) ?? false;
  const add = (key: string): void => {
    const at = place.get(key);
    if (at === undefined || planned.has(key)) return;
    planned.add(key);
    const own = cells[at] as CellNow;
    const before: string[] = [];
    needs.set(key, before);
    for (const name of (own.code ?? history.get(key)?.code)?.uses ?? []) {
      const others = cells.filter((cell) => cell !== own && declares(cell, name));
      const above = others.filter(({ key: other }) => (place.get(other) as number) < at);
      const candidates = above.length > 0 ? above : others;
      before.push(...candidates.map(({ key: other }) => other));
      for (const { key: other } of candidates) if (stale.has(other)) add(other);
      if (candidates.some(({ key: other }) => history.get(other) !== undefined)) continue;
      const nearest = above.at(-1) ?? others[0];
      if (nearest !== undefined) add(nearest.key);
    }
  };
  for (const key of wanted) add(key);
  const order: string[] = [];
  const seen = new Set<string>();
  const put = (key: string): void => {
    if (!planned.has(key) || seen.has(key)) return;
    seen.add(key);
    for (const before of needs.get(key) ?? []) put(before);
    order.push(key);
  };
  for (const { key } of cells) put(key);
  return order;
}
