/** Styles of everything the renderer draws, in the editor's own colours. */
export const STYLE = `
.dlnb-chart { margin: 0; padding: 4px 0; font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: 12px; color: var(--vscode-editor-foreground, inherit); position: relative; }
.vscode-dark .dlnb-chart, .vscode-high-contrast:not(.vscode-high-contrast-light) .dlnb-chart { color-scheme: dark; }
.dlnb-head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
.dlnb-title { flex: 1 1 100%; font-size: 13px; font-weight: 600; margin: 0; }
.dlnb-tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.dlnb-tools label { display: inline-flex; gap: 6px; align-items: center; }
.dlnb-tools output { min-width: 2.4em; font-variant-numeric: tabular-nums; }
.dlnb-tools input[type=range] { width: 90px; accent-color: var(--vscode-button-background, var(--vscode-focusBorder, #0e639c)); }
.dlnb-tools button { font: inherit; white-space: nowrap; cursor: pointer; padding: 2px 8px; border-radius: 2px;
  color: var(--vscode-button-secondaryForeground, inherit); background: var(--vscode-button-secondaryBackground, transparent);
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-border, transparent)); }
.dlnb-tools button:not([aria-pressed=true]):hover:enabled { background: var(--vscode-button-secondaryHoverBackground, var(--vscode-button-secondaryBackground)); }
.dlnb-tools button[aria-pressed=true] { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
.vscode-high-contrast .dlnb-tools button[aria-pressed=true], .vscode-high-contrast-light .dlnb-tools button[aria-pressed=true] {
  outline: 2px solid var(--vscode-contrastActiveBorder, currentColor); outline-offset: -3px; }
.dlnb-tools button:disabled { opacity: 0.5; cursor: default; }
.dlnb-tools :focus-visible, .dlnb-plot:focus-visible, .dlnb-error :focus-visible {
  outline: 1px solid var(--vscode-focusBorder, currentColor); outline-offset: 1px; }
.dlnb-values { display: flex; flex-wrap: wrap; gap: 0 14px; margin: 4px 0; padding: 0; list-style: none; }
.dlnb-values li { white-space: nowrap; }
.dlnb-values li::before { content: ""; display: inline-block; width: 10px; height: 3px; margin-right: 5px; vertical-align: middle;
  background: var(--series, transparent); }
.dlnb-values li.plain::before { display: none; }
.dlnb-values span { display: inline-block; min-width: 4.7em; font-variant-numeric: tabular-nums; }
.dlnb-plot { position: relative; overflow: hidden; cursor: crosshair; }
.dlnb-plot svg { display: block; }
.dlnb-cursor { position: absolute; width: 0; border-left: 1px solid currentColor; opacity: 0.6; pointer-events: none; }
.dlnb-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.dlnb-note { opacity: 0.8; }
.dlnb-error { font-family: var(--vscode-editor-font-family, monospace); font-size: 12px; padding: 6px 10px; overflow-wrap: anywhere;
  border-left: 3px solid var(--vscode-errorForeground, #c00); color: var(--vscode-editor-foreground, inherit); }
.dlnb-error .message { margin: 0 0 4px; white-space: pre-wrap; }
.dlnb-error .name { color: var(--vscode-errorForeground, #c00); font-weight: 600; }
.dlnb-error button { font: inherit; padding: 0; border: 0; background: none; cursor: pointer;
  color: var(--vscode-textLink-foreground, inherit); text-decoration: underline; }
.dlnb-error summary { cursor: pointer; }
.dlnb-error pre { margin: 4px 0 0; white-space: pre-wrap; font: inherit; opacity: 0.85; }
`;
