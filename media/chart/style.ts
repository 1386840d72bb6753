import { LIVE_STYLE } from "../live/style.ts";

/** Styles of everything the renderer draws, in the editor's own colours. */
export const STYLE = `${LIVE_STYLE}
.dlnb-chart { margin: 0; max-width: 100%; padding: 4px 0; font-family: var(--vscode-font-family, system-ui, sans-serif);
  font-size: 12px; color: var(--vscode-editor-foreground, inherit); position: relative; }
.vscode-dark .dlnb-chart, .vscode-high-contrast:not(.vscode-high-contrast-light) .dlnb-chart { color-scheme: dark; }
.dlnb-head { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; }
.dlnb-title { flex: 1 1 100%; font-size: 13px; font-weight: 600; margin: 0; }
.dlnb-tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
.dlnb-tools label { display: inline-flex; gap: 6px; align-items: center; }
.dlnb-tools output { min-width: 2.4em; font-variant-numeric: tabular-nums; }
.dlnb-tools input[type=range] { width: 90px; accent-color: var(--vscode-button-background, var(--vscode-focusBorder, #0e639c)); }
.dlnb-tools button, .dlnb-scrub button, .dlnb-action { font: inherit; white-space: nowrap; cursor: pointer; padding: 2px 8px; border-radius: 2px;
  color: var(--vscode-button-secondaryForeground, inherit); background: var(--vscode-button-secondaryBackground, transparent);
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-secondaryBorder, transparent)); }
.dlnb-tools button:not([aria-pressed=true]):hover:enabled, .dlnb-scrub button:hover, .dlnb-action:hover { background: var(--vscode-button-secondaryHoverBackground, var(--vscode-button-secondaryBackground)); }
.dlnb-tools button[aria-pressed=true] { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
.vscode-high-contrast .dlnb-tools button[aria-pressed=true], .vscode-high-contrast-light .dlnb-tools button[aria-pressed=true] {
  outline: 2px solid var(--vscode-contrastActiveBorder, currentColor); outline-offset: -3px; }
.dlnb-tools button:disabled { opacity: 0.5; cursor: default; }
.dlnb-tools :focus-visible, .dlnb-scrub :focus-visible, .dlnb-action:focus-visible, .dlnb-surface canvas:focus-visible, .dlnb-plot:focus-visible, .dlnb-error :focus-visible {
  outline: 1px solid var(--vscode-focusBorder, currentColor); outline-offset: 1px; }
.dlnb-values { display: flex; flex-wrap: wrap; gap: 0 14px; margin: 4px 0; padding: 0; list-style: none; }
.dlnb-values li { white-space: nowrap; }
.dlnb-values li::before { content: ""; display: inline-block; width: 10px; height: 3px; margin-right: 5px; vertical-align: middle;
  background: var(--series, transparent); }
.dlnb-values li.plain::before { display: none; }
.dlnb-values span { display: inline-block; min-width: 4.7em; font-variant-numeric: tabular-nums; }
.dlnb-tools select { font: inherit; padding: 1px 4px; border-radius: 2px; color: var(--vscode-dropdown-foreground, inherit);
  background: var(--vscode-dropdown-background, transparent); border: 1px solid var(--vscode-dropdown-border, currentColor); }
.dlnb-choices { display: inline-flex; flex-wrap: wrap; gap: 4px 12px; }
.dlnb-scrub { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin: 6px 0; }
.dlnb-scrub label { display: flex; flex: 1 1 240px; gap: 8px; align-items: center; }
.dlnb-scrub button { min-width: 4.6em; }
.dlnb-scrub input { flex: 1; min-width: 120px; max-width: 420px; accent-color: var(--vscode-button-background, var(--vscode-focusBorder, #0e639c)); }
/* there a button's own colour is that of the page */
.vscode-high-contrast .dlnb-chart input[type=range], .vscode-high-contrast-light .dlnb-chart input[type=range] { accent-color: var(--vscode-focusBorder, currentColor); }
.dlnb-scrub output { min-width: 4.6em; font-variant-numeric: tabular-nums; }
.dlnb-actions { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px; }
/* the first is what one would take; what stands beside it are others to choose from */
.dlnb-actions > .dlnb-action:first-child { color: var(--vscode-button-foreground, inherit); background: var(--vscode-button-background, transparent);
  border-color: var(--vscode-contrastBorder, var(--vscode-button-border, transparent)); }
.dlnb-tools.dlnb-actions > .dlnb-action:first-child:hover:enabled { background: var(--vscode-button-hoverBackground, var(--vscode-button-background)); }
.dlnb-chart [hidden], .dlnb-gallery [hidden] { display: none; }
.dlnb-surface canvas { display: block; width: 100%; touch-action: none; cursor: grab; }
.dlnb-surface canvas:active { cursor: grabbing; }
.dlnb-tooltip { position: fixed; z-index: 1000; pointer-events: none; max-width: min(420px, 90vw); padding: 4px 8px; border-radius: 3px;
  display: table; font: 12px var(--vscode-font-family, system-ui, sans-serif); overflow-wrap: anywhere;
  color: var(--vscode-editorHoverWidget-foreground, var(--vscode-editor-foreground, CanvasText));
  background: var(--vscode-editorHoverWidget-background, var(--vscode-editor-background, Canvas));
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-editorHoverWidget-border, rgba(128, 128, 128, 0.6)));
  box-shadow: 0 2px 6px rgba(0, 0, 0, 0.25); }
.dlnb-tooltip[hidden] { display: none; }
.dlnb-tooltip div { display: table-row; }
.dlnb-tooltip .name { display: table-cell; padding-right: 10px; opacity: 0.8; }
.dlnb-tooltip .value { display: table-cell; font-variant-numeric: tabular-nums; white-space: pre-line; }
.dlnb-findings, .dlnb-gallery { padding: 4px 0; font: 13px/1.45 var(--vscode-font-family, system-ui, sans-serif); color: var(--vscode-editor-foreground, inherit); }
.dlnb-findings ul, .dlnb-findings dl, .dlnb-gallery ul { list-style: none; margin: 0; padding: 0; }
.dlnb-findings p { margin: 0; }
.dlnb-findings .open > li { margin-top: 8px; padding: 6px 10px 8px; border-left: 3px solid var(--sign); background: color-mix(in srgb, var(--sign) 7%, transparent);
  overflow-wrap: anywhere; }
.dlnb-findings li { --sign: currentColor; }
.dlnb-findings li.error { --sign: var(--vscode-editorError-foreground, var(--vscode-errorForeground, #d1242f)); }
.dlnb-findings li.warning { --sign: var(--vscode-editorWarning-foreground, #bf8803); }
.dlnb-findings li.info { --sign: var(--vscode-editorInfo-foreground, #3794ff); }
.dlnb-findings li.pass { --sign: var(--vscode-testing-iconPassed, #388a34); }
.dlnb-findings .head { display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: baseline; font-weight: 600; }
.dlnb-findings .severity { display: inline-flex; gap: 5px; align-items: baseline; font-size: 11px; font-weight: 600; white-space: nowrap; }
.dlnb-findings .sign { display: inline-block; width: 15px; height: 15px; border-radius: 50%; font: 700 10px/15px system-ui, sans-serif; text-align: center;
  color: var(--vscode-editor-background, #fff); background: var(--sign); }
.dlnb-findings .mark { position: relative; box-sizing: border-box; min-width: 18px; padding: 0 4px; border: 1.5px solid currentColor; border-radius: 9px; font-size: 11px; font-weight: 600; line-height: 14px;
  text-align: center; }
.dlnb-findings dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 10px; margin-top: 4px; max-width: 90ch; }
.dlnb-findings dt { opacity: 0.75; min-width: 3em; }
.dlnb-findings dd { margin: 0; }
.dlnb-findings .paper { font-size: 12px; opacity: 0.85; }
.dlnb-findings .tries li + li { margin-top: 3px; }
.dlnb-findings .dlnb-action { margin-left: 8px; font-size: 12px; }
.dlnb-findings .passed { margin-top: 10px; }
.dlnb-findings .passed li { display: flex; gap: 0 8px; align-items: baseline; padding: 1px 0 1px 13px; }
.dlnb-findings .passed .told { flex: 1; min-width: 0; max-width: 110ch; overflow-wrap: anywhere; }
.dlnb-findings .passed .saw { opacity: 0.8; font-size: 12px; margin-left: 4px; }
.vscode-high-contrast .dlnb-findings .open > li, .vscode-high-contrast-light .dlnb-findings .open > li { border: 1px solid var(--vscode-contrastBorder, currentColor);
  border-left: 3px solid var(--sign); background: none; }
.dlnb-gallery .pictures { display: flex; flex-wrap: wrap; gap: 10px 12px; margin-top: 6px; }
.dlnb-gallery li { display: flex; flex-direction: column; gap: 3px; min-width: 64px; }
.dlnb-gallery .pictures.rows { display: grid; }
.dlnb-gallery .rows li { min-width: 0; }
.dlnb-gallery canvas { image-rendering: pixelated; max-width: 100%; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); box-sizing: content-box; }
.dlnb-gallery .caption { font-size: 11px; line-height: 1.3; overflow-wrap: anywhere; }
.dlnb-plot { position: relative; overflow: hidden; cursor: crosshair; }
.dlnb-plot svg, .dlnb-plot canvas { display: block; }
.dlnb-cursor { position: absolute; width: 0; border-left: 1px solid currentColor; opacity: 0.6; pointer-events: none; }
.dlnb-picked { position: absolute; width: 0; border-left: 2px dashed var(--vscode-focusBorder, currentColor); pointer-events: none; }
.dlnb-pick { position: absolute; z-index: 10; display: grid; grid-template-columns: 1fr auto; gap: 5px 10px; align-items: center; max-width: min(420px, 90%); padding: 6px 8px; border-radius: 3px; cursor: default;
  color: var(--vscode-editorHoverWidget-foreground, inherit); background: var(--vscode-editorHoverWidget-background, var(--vscode-editor-background, Canvas));
  border: 1px solid var(--vscode-contrastBorder, var(--vscode-editorHoverWidget-border, rgba(128, 128, 128, 0.6))); box-shadow: 0 2px 6px rgba(0, 0, 0, 0.25); }
.dlnb-pick p { margin: 0; }
.dlnb-pick div { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px; }
.dlnb-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.dlnb-note { opacity: 0.8; }
.dlnb-error { font-family: var(--vscode-editor-font-family, monospace); font-size: 12px; padding: 6px 10px; overflow-wrap: anywhere;
  border-left: 3px solid var(--vscode-errorForeground, #c00); color: var(--vscode-editor-foreground, inherit); }
.dlnb-error .message { margin: 0 0 4px; white-space: pre-wrap; }
.dlnb-error .name { color: var(--vscode-errorForeground, #c00); font-weight: 600; }
.dlnb-error p { margin: 0 0 4px; }
.dlnb-error ol { margin: 4px 0 0; padding: 0; list-style: none; }
.dlnb-error button.link { font: inherit; padding: 0; border: 0; background: none; cursor: pointer;
  color: var(--vscode-textLink-foreground, inherit); text-decoration: underline; }
.dlnb-error summary { cursor: pointer; }
`;
