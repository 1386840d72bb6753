/** Type texts in the words that people know: no paths, and an instance by the noun of its definition. */
export function shorten(text: string): string {
  let out = text.replace(/(?:typeof )?import\("[^"]*"\)\./g, "");
  for (const [generic, noun] of [
    [/\bInstance<(?=(\w+)Definition\b)/, "$1"],
    [/\bLibrary<(?=typeof \w+>|\{)/, "Library"],
    [/\bOptions<(?=\{|Omit<)/, "Options"],
  ] as const) {
    for (let found = generic.exec(out); found; found = generic.exec(out)) {
      const end = closes(out, found.index + found[0].length);
      out = out.slice(0, found.index) + noun.replace("$1", found[1] ?? "") + out.slice(end);
    }
  }
  // what a layer takes and gives beside is for those who write one
  return out.replace(/\bLayer<[^<>]*>/g, "Layer");
}

/** Where the bracket that is open at `at` has closed; where the text was cut, if that comes first. */
function closes(text: string, at: number): number {
  let depth = 1;
  for (let i = at; i < text.length; i++) {
    const char = text[i];
    if (char === "<") depth++;
    // not an arrow
    else if (char === ">" && text[i - 1] !== "=" && --depth === 0) return i + 1;
  }
  const cut = text.indexOf("...'", at);
  return cut < 0 ? text.length : cut + 3;
}
