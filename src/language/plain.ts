/** The text that a snippet puts there when nothing is typed over it. */
export function plain(body: string): string {
  const unescaped = (text: string) => text.replace(/\\([\\$},|])/g, "$1");
  return body
    .replace(/\$\{\d+\|((?:\\.|[^,|\\])*)(?:(?!\|\}).)*\|\}/g, (_, first: string) => unescaped(first))
    .replace(/\$\{\d+:((?:\\.|[^}\\])*)\}/g, (_, text: string) => unescaped(text))
    .replace(/\$\d+/g, "")
    .replaceAll("\t", "  ");
}
