/**
 * The lines around a position, with a mark under it:
 *
 *       3 | const exp = experiment({
 *     > 4 |   model: nn.linear(10).relu(),
 *         |                       ^
 */
export function codeFrame(text: string, line: number, column?: number, around = 2): string {
  const lines = text.split(/\r?\n/);
  if (line < 1 || line > lines.length) return "";
  const [from, to] = [Math.max(1, line - around), Math.min(lines.length, line + around)];
  const width = String(to).length;
  const out: string[] = [];
  for (let n = from; n <= to; n++) {
    const content = (lines[n - 1] as string).replaceAll("\t", " ");
    out.push(`${n === line ? ">" : " "} ${String(n).padStart(width)} | ${content}`.trimEnd());
    if (n === line && column !== undefined)
      out.push(`  ${" ".repeat(width)} | ${" ".repeat(Math.max(0, Math.min(column - 1, content.length)))}^`);
  }
  return out.join("\n");
}
