/** What a program says in another language: `words` by the English that stands in the source, {0} for what is filled in. */
export interface Bundle {
  readonly language: string;
  readonly words: Readonly<Record<string, string>>;
}

const ENGLISH: Bundle = { language: "en", words: {} };

let spoken = ENGLISH;

/** From now on this program (the extension, a page, a renderer) speaks `bundle`; null: English. */
export function speak(bundle: Bundle | null): void {
  spoken = bundle ?? ENGLISH;
}

export const bundle = (): Bundle => spoken;

/** The bundle as text of an inert `<script>` in a page; "" where there is nothing to translate. */
export const bundleText = (): string => (spoken === ENGLISH ? "" : JSON.stringify(spoken).replaceAll("<", "\\u003c"));

/** The language that texts are in, for `lang` attributes: English where no translation is installed, whatever the editor speaks. */
export const languageOf = (): string => spoken.language;

export type Value = string | number;

/** `english` in the language that is spoken, with `values` for {0}, {1}, …. */
export function word(english: string, values: readonly Value[] = []): string {
  return fill(Object.hasOwn(spoken.words, english) ? (spoken.words[english] ?? english) : english, values);
}

function fill(text: string, values: readonly Value[]): string {
  if (values.length === 0) return text;
  return text.replace(/\{(\d+)\}/g, (whole, index: string) => {
    const value = values[Number(index)];
    return value === undefined ? whole : typeof value === "number" ? number(value) : value;
  });
}

/**
 * A number as it stands in code, logs and charts, with thousands apart: 12,345.5. It is the same in every language: beside a cell that says
 * 0.031 and a chart that says 1,790, "1.790" would be read as either.
 */
export function number(value: number, options?: Intl.NumberFormatOptions): string {
  return value.toLocaleString("en-US", options);
}
