import * as vscode from "vscode";
import { parseNotebook } from "../notebook/format.ts";

/** A notebook that comes with the extension, told by its own heading and what it says it is about. */
export interface Bundled {
  readonly uri: vscode.Uri;
  /** `tour`, of `tour.dlnb`. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly bytes: Uint8Array;
}

/** Where a reader begins; others follow by their titles. */
const FIRST = ["tour", "table", "regression", "images", "convnet", "sequences", "text", "seq2seq", "transformer"];

/** The notebooks of a folder of the extension, in the order in which one reads them. */
export async function bundledIn(folder: vscode.Uri): Promise<Bundled[]> {
  const entries = await vscode.workspace.fs.readDirectory(folder);
  const names = entries.filter(([name, type]) => name.endsWith(".dlnb") && type === vscode.FileType.File);
  const all = await Promise.all(
    names.map(async ([file]) => {
      const uri = vscode.Uri.joinPath(folder, file);
      const bytes = await vscode.workspace.fs.readFile(uri);
      const name = file.replace(/\.dlnb$/, "");
      return { uri, name, bytes, ...headingOf(new TextDecoder().decode(bytes), name) };
    }),
  );
  const place = ({ name }: Bundled) => (FIRST.indexOf(name) + FIRST.length + 1) % (FIRST.length + 1);
  return all.sort((a, b) => place(a) - place(b) || a.title.localeCompare(b.title));
}

/** Title of a notebook, and what it is about: a line of its front matter (`about: ...`), or the first sentence of its prose. */
export function headingOf(text: string, name: string): { title: string; description: string } {
  const { head, cells } = parseNotebook(text);
  const prose = cells.find(({ kind }) => kind === "markdown")?.text ?? "";
  const title = /^#\s+(.+)$/m.exec(prose)?.[1] ?? name;
  const about = /^about:[ \t]*(.+)$/m.exec(head ?? "")?.[1];
  return { title, description: about?.trim() ?? firstSentence(prose) };
}

function firstSentence(prose: string): string {
  const [paragraph = ""] = prose.split(/\n\s*\n/).filter((part) => part.trim() !== "" && !part.startsWith("#"));
  const plain = paragraph.replace(/\s+/g, " ").replace(/[*`]/g, "").trim();
  const [sentence = plain] = /^(?:.*?[.?!:](?=\s|$))/.exec(plain) ?? [];
  return sentence.trim();
}
