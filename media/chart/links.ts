type Listener = (value: string | null) => void;

/** What is pointed at in one chart is seen in all charts of the page that know it: listeners by the name of their column. */
class Links {
  readonly #fields = new Map<string, { value: string | null; listeners: Set<Listener> }>();

  /** Hears of every other value from now on, and of the present one at once; returns how to stop. */
  join(field: string, listener: Listener): () => void {
    const entry = this.#fields.get(field) ?? { value: null, listeners: new Set() };
    this.#fields.set(field, entry);
    entry.listeners.add(listener);
    if (entry.value !== null) listener(entry.value);
    return () => entry.listeners.delete(listener);
  }

  point(field: string, value: string | null): void {
    const entry = this.#fields.get(field);
    if (entry === undefined || entry.value === value) return;
    entry.value = value;
    for (const listener of entry.listeners) listener(value);
  }
}

export const links = new Links();
