import * as vscode from "vscode";
import {
  type CellError,
  CHART_MIME,
  type Chart,
  ERROR_MIME,
  FINDINGS_MIME,
  GALLERY_MIME,
  type Output,
  type OutputItem,
} from "../../engine/protocol/index.ts";

/** `disk`: an output that a file brought, which nobody vouches for. */
export type Origin = "kernel" | "disk";

/**
 * A kernel's output as the editor keeps it. Pictures in SVG become images, which cannot run scripts; HTML comes through from a kernel
 * that the user started, never from a file (text/plain is always beside it).
 */
export function toCellOutput(output: Output, cell: string, origin: Origin): vscode.NotebookCellOutput {
  return new vscode.NotebookCellOutput(toItems(output.items, origin), { dlnbCell: cell });
}

/** A saved output, as the file tells it: console text is text/plain under an id that names its stream. */
export function savedOutput(output: Output, cell: string): vscode.NotebookCellOutput {
  const { stdout, stderr } = vscode.NotebookCellOutputItem;
  const stream = output.id.startsWith("stdout-") ? stdout : output.id.startsWith("stderr-") ? stderr : null;
  const [item] = output.items;
  return stream !== null && item?.mime === "text/plain"
    ? new vscode.NotebookCellOutput([stream(item.data)], { dlnbCell: cell })
    : toCellOutput(output, cell, "disk");
}

export function toItems(items: readonly OutputItem[], origin: Origin): vscode.NotebookCellOutputItem[] {
  const { json, text, error } = vscode.NotebookCellOutputItem;
  return items.flatMap((item) => {
    switch (item.mime) {
      case CHART_MIME:
      case FINDINGS_MIME:
      case GALLERY_MIME:
        return json(item.data, item.mime);
      case ERROR_MIME:
        return [json(item.data, ERROR_MIME), error(toError(item.data))];
      case "application/json":
        return json(item.data, "application/json");
      case "image/png":
        return new vscode.NotebookCellOutputItem(Buffer.from(item.data, "base64"), "image/png");
      case "image/svg+xml":
        return text(
          `<img alt="" style="background: white" src="data:image/svg+xml;base64,${Buffer.from(item.data).toString("base64")}">`,
          "text/html",
        );
      case "text/html":
        return origin === "kernel" ? text(item.data, "text/html") : [];
      case "text/markdown":
        return text(origin === "kernel" ? item.data : harmless(item.data), item.mime);
      case "text/plain":
        return text(item.data, item.mime);
      default:
        // a newer kernel's file: the plain text beside it is shown
        item satisfies never;
        return [];
    }
  });
}

/**
 * Markdown of a file, which the editor renders with all its HTML where the workspace is trusted: a word joiner, which has no width, makes
 * text of tags, and links of pictures that would be fetched.
 */
function harmless(markdown: string): string {
  return markdown.replace(/<(?=[A-Za-z/!?])/g, "<\u2060").replace(/!\[(?![^\]]*\]\(data:image\/)/g, "!\u2060[");
}

export function chartItems(chart: Chart): OutputItem[] {
  return [
    { mime: CHART_MIME, data: chart },
    { mime: "text/plain", data: chart.text },
  ];
}

export function errorOutput(error: CellError, cell: string): vscode.NotebookCellOutput {
  const at = error.line === undefined ? "" : ` (line ${error.line})`;
  const items: OutputItem[] = [
    { mime: ERROR_MIME, data: error },
    { mime: "text/plain", data: `${error.name}${at}: ${error.message}` },
  ];
  return toCellOutput({ id: "error", items }, cell, "kernel");
}

function toError({ name, message, stack }: CellError): Error {
  return Object.assign(new Error(message), { name, stack: stack === "" ? `${name}: ${message}` : stack });
}
