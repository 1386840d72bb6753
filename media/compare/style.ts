/** Styles of the page, in the editor's own colours. */
export const COMPARE_STYLE = `
body { padding: 12px 20px 28px; font: 13px/1.45 var(--vscode-font-family, system-ui, sans-serif); color: var(--vscode-editor-foreground, inherit);
  background: var(--vscode-editor-background, transparent); }
main { max-width: 1400px; margin: 0 auto; }
h1 { font-size: 14px; font-weight: 600; margin: 0 0 6px; overflow-wrap: anywhere; }
h1 .grounds { display: block; margin-top: 2px; font-size: 13px; font-weight: 400; }
h1 .grounds::first-letter { text-transform: uppercase; }
h2 { font-size: 13px; font-weight: 600; margin: 26px 0 6px; }
p { margin: 4px 0; }
ul { list-style: none; margin: 0; padding: 0; }
.notes li, .note { color: var(--vscode-descriptionForeground, inherit); }
.notes li::before { content: "• "; }
.bar { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin: 12px 0 6px; }
.bar label { display: inline-flex; gap: 6px; align-items: center; white-space: nowrap; max-width: 100%; }
.bar .end { margin-left: auto; display: flex; flex-wrap: wrap; gap: 6px; }
select, input, button { font: inherit; }
section > label { display: inline-flex; gap: 6px; align-items: center; }
select { color: var(--vscode-dropdown-foreground, inherit); background: var(--vscode-dropdown-background, transparent);
  border: 1px solid var(--vscode-dropdown-border, currentColor); border-radius: 2px; padding: 2px 4px; }
input[type=checkbox], input[type=range] { accent-color: var(--vscode-button-background, var(--vscode-focusBorder, #0e639c)); margin: 0; }
.vscode-high-contrast input, .vscode-high-contrast-light input { accent-color: var(--vscode-focusBorder, currentColor); }
input[type=range] { width: 90px; }
output { min-width: 2.4em; font-variant-numeric: tabular-nums; }
.bar button, .clear { cursor: pointer; padding: 3px 10px; border-radius: 2px; color: var(--vscode-button-secondaryForeground, inherit);
  background: var(--vscode-button-secondaryBackground, transparent); border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-secondaryBorder, transparent)); }
.bar button:hover, .clear:hover { background: var(--vscode-button-secondaryHoverBackground, var(--vscode-button-secondaryBackground)); }
:focus-visible { outline: 1px solid var(--vscode-focusBorder, currentColor); outline-offset: 1px; }
.legend { max-height: 15em; overflow-y: auto; display: grid; grid-template-columns: minmax(10em, auto) auto 1fr; gap: 0 18px; margin: 4px 0 8px; }
.legend li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; border-radius: 3px; }
.legend .name { display: flex; gap: 8px; align-items: center; text-align: left; color: inherit; background: none; border: 1px solid transparent; padding: 2px 6px;
  border-radius: 3px; cursor: pointer; overflow-wrap: anywhere; }
.legend .name:hover { background: var(--vscode-list-hoverBackground, transparent); border-color: var(--vscode-contrastActiveBorder, transparent); }
.legend .ends { font-variant-numeric: tabular-nums; }
.legend .behind { color: var(--vscode-descriptionForeground, inherit); font-variant-numeric: tabular-nums; }
@media (max-width: 620px) {
  .legend { grid-template-columns: minmax(0, 1fr) auto; }
  .legend .behind { grid-column: 1 / -1; padding-left: 34px; }
  .legend .behind:empty { display: none; }
}
.legend .hidden-curve .name span { text-decoration: line-through; opacity: 0.75; }
.legend .hidden-curve .swatch { opacity: 0.35; }
.legend .picked { background: var(--vscode-list-hoverBackground, transparent); outline: 1px dashed var(--vscode-contrastActiveBorder, transparent); }
.swatch { flex: none; vertical-align: middle; margin-right: 6px; overflow: visible; }
.legend .swatch { margin-right: 0; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 12px; text-align: left; font-weight: normal; white-space: nowrap; border-bottom: 1px solid var(--vscode-editorWidget-border, rgba(128, 128, 128, 0.25)); }
.vscode-high-contrast th, .vscode-high-contrast td, .vscode-high-contrast-light th, .vscode-high-contrast-light td { border-color: var(--vscode-contrastBorder, currentColor); }
thead th { font-weight: 600; vertical-align: bottom; }
.number { text-align: right; }
.runs thead button { font-weight: 600; color: inherit; background: none; border: 0; padding: 2px 0; cursor: pointer; text-align: inherit; white-space: nowrap; }
.runs thead button:hover { text-decoration: underline; }
.arrow { display: inline-block; width: 1.2em; text-align: right; font-size: 9px; }
.scroll th:first-child { position: sticky; left: 0; background: var(--vscode-editor-background, Canvas); }
.runs .pick { text-align: left; }
.runs .pick, .runs .open { color: inherit; background: none; border: 1px solid transparent; border-radius: 3px; padding: 1px 4px; cursor: pointer; }
.runs .pick[aria-pressed=true] { font-weight: 600; border-color: var(--vscode-focusBorder, currentColor); }
.runs .open { color: var(--vscode-textLink-foreground, inherit); }
.runs .pick:hover, .runs .open:hover { text-decoration: underline; }
.runs .state:not(:empty) { margin: 0 6px; font-style: italic; color: var(--vscode-descriptionForeground, inherit); }
.runs tr.picked td, .runs tr.picked th { background: var(--vscode-list-hoverBackground, rgba(128, 128, 128, 0.15)); }
.vscode-high-contrast .runs tr.picked, .vscode-high-contrast-light .runs tr.picked { outline: 1px dashed var(--vscode-contrastActiveBorder, currentColor); outline-offset: -1px; }
.best { font-weight: 600; }
.star { margin-right: 4px; font-size: 10px; }
.config td, .config th { max-width: 24em; overflow: hidden; text-overflow: ellipsis; }
.config .group th { font-weight: 600; padding-top: 8px; }
.config tr:not(.differs) td, .config tr:not(.differs):not(.group) th { color: var(--vscode-descriptionForeground, inherit); }
.config thead th { color: inherit !important; }
.config .none { opacity: 0.6; }
.parallel { overflow: hidden; }
.parallel svg { display: block; font-size: 11px; }
.parallel text { fill: currentColor; }
.parallel .tick { opacity: 0.85; paint-order: stroke; stroke: var(--vscode-editor-background, Canvas); stroke-width: 3px; }
.parallel .ticks { pointer-events: none; }
.parallel .rule { stroke: currentColor; stroke-opacity: 0.45; }
.vscode-high-contrast .parallel .rule, .vscode-high-contrast-light .parallel .rule { stroke-opacity: 1; }
.parallel .line { cursor: pointer; outline: none; }
.parallel .stroke { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-opacity: 0.85; }
.parallel .reach { fill: none; stroke: transparent; stroke-width: 12; }
.parallel .mark { fill: currentColor; }
.parallel .picked .stroke { stroke-width: 4; stroke-opacity: 1; }
.parallel .faded { opacity: 0.2; }
.parallel .line.out { opacity: 0.12; }
.parallel .line.out .mark { display: none; }
.parallel .strip { fill: transparent; cursor: crosshair; touch-action: none; }
.parallel .chosen { fill: var(--vscode-focusBorder, currentColor); fill-opacity: 0.3; stroke: var(--vscode-focusBorder, currentColor); pointer-events: none; }
.vscode-high-contrast .parallel .chosen, .vscode-high-contrast-light .parallel .chosen { fill: none; stroke: var(--vscode-contrastActiveBorder, currentColor); stroke-width: 2; }
.parallel .end { fill: currentColor; opacity: 0.6; cursor: ns-resize; touch-action: none; outline: none; }
.parallel .end:hover, .parallel .end:focus-visible { opacity: 1; stroke: var(--vscode-focusBorder, currentColor); stroke-width: 3; }
.selection { display: flex; gap: 10px; align-items: center; min-height: 28px; }
.parallel .line:focus-visible .stroke { stroke-dasharray: 7 3; }
[hidden] { display: none !important; }
select { max-width: 100%; min-width: 0; }
@media (max-width: 560px) {
  body { padding: 10px 10px 20px; }
  .bar { gap: 6px 10px; }
  .bar label { white-space: normal; }
  .bar .end { margin-left: 0; }
  .legend { grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; }
  .legend .behind { grid-column: 1 / -1; padding-left: 42px; }
  .legend .behind:empty { display: none; }
  .scroll th:first-child { min-width: 11em; white-space: normal; }
  .parallel { overflow-x: auto; }
}
@media (prefers-reduced-motion: no-preference) { .parallel .line { transition: opacity 0.12s; } }
`;
