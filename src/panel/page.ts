import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import { bundleText, languageOf } from "../../l10n/index.ts";

/** What `media/panel` can show; each has a file of this name there. */
export type PanelView = "chart" | "compare" | "picker" | "run";

/**
 * The page of every panel: one program, which shows `view`. Scripts by nonce, styles inline, pictures from data: nothing else, and
 * nothing from the network. Its words are inert JSON in it. `dist` is the folder of the program, which the panel must list among its `localResourceRoots`.
 */
export function page(webview: vscode.Webview, dist: vscode.Uri, view: PanelView): string {
  const nonce = randomBytes(16).toString("base64url");
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'unsafe-inline'; img-src data:`;
  return `<!doctype html>
<html lang="${languageOf()}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>dlnb</title>
</head>
<body data-view="${view}">
<script type="application/json" id="dlnb-words">${bundleText()}</script>
<script type="module" nonce="${nonce}" src="${webview.asWebviewUri(vscode.Uri.joinPath(dist, "panel.js"))}"></script>
</body>
</html>`;
}
