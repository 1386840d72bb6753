/** Styles of a run's panel, in the editor's own colours. */
export const RUN_STYLE = `
body[data-view=run] { padding: 0 16px 16px; font: 13px/1.5 var(--vscode-font-family, system-ui, sans-serif); color: var(--vscode-editor-foreground); }
.vscode-dark, .vscode-high-contrast:not(.vscode-high-contrast-light) { color-scheme: dark; }
.run-head { padding: 10px 0 6px; }
.run-head h1 { display: inline; margin: 0 10px 0 0; font-size: 18px; font-weight: 600; overflow-wrap: anywhere; }
.run-status { display: inline-flex; gap: 5px; align-items: center; padding: 0 9px 0 7px; border: 1px solid var(--state); border-radius: 10px; font-size: 12px; line-height: 19px; white-space: nowrap; vertical-align: 2px; }
.run-status .sign { color: var(--state); font-weight: 700; }
[data-status] { --state: var(--vscode-descriptionForeground, currentColor); }
[data-status=running] { --state: var(--vscode-charts-blue, currentColor); }
[data-status=paused] { --state: var(--vscode-charts-yellow, currentColor); }
[data-status=finished], [data-status=early] { --state: var(--vscode-testing-iconPassed, currentColor); }
[data-status=non-finite] { --state: var(--vscode-editorWarning-foreground, currentColor); }
[data-status=failed] { --state: var(--vscode-errorForeground, currentColor); }
.run-sentence { margin: 4px 0 0; overflow-wrap: anywhere; }
.run-figures { display: flex; flex-wrap: wrap; gap: 4px 20px; margin: 10px 0 8px; }
.run-figures div { display: flex; flex-direction: column-reverse; }
.run-figures dt, .run-facts dt { font-size: 11px; color: var(--vscode-descriptionForeground); }
.run-figures dd { margin: 0; font-size: 16px; line-height: 1.3; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.run-facts { display: flex; flex-wrap: wrap; gap: 0 16px; margin: 0 0 8px; }
.run-facts div { display: flex; gap: 5px; align-items: baseline; }
.run-facts dd { margin: 0; font-size: 12px; }
.run-tabs { display: flex; flex-wrap: wrap; gap: 0 2px; margin: 8px 0 12px; border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, rgba(128, 128, 128, 0.4))); }
.run-tabs button { font: inherit; font-size: 12px; padding: 5px 7px 4px; color: var(--vscode-descriptionForeground); background: none; border: 0; border-bottom: 2px solid transparent; cursor: pointer; }
.run-tabs button:hover { color: var(--vscode-foreground); }
.run-tabs button[aria-selected=true] { color: var(--vscode-foreground); border-bottom-color: var(--vscode-focusBorder, currentColor); font-weight: 600; }
body[data-view=run] :focus-visible { outline: 1px solid var(--vscode-focusBorder, currentColor); outline-offset: -1px; }
body[data-view=run] [hidden] { display: none; }
.run-empty { max-width: 75ch; color: var(--vscode-descriptionForeground); }
.run-part h2 { margin: 14px 0 4px; font-size: 13px; font-weight: 600; }
.run-part h2:first-child { margin-top: 0; }
.run-part table { border-collapse: collapse; max-width: 100%; }
.run-part th, .run-part td { padding: 2px 14px 2px 0; text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; }
.run-part thead th { font-size: 11px; color: var(--vscode-descriptionForeground); border-bottom: 1px solid var(--vscode-panel-border, var(--vscode-contrastBorder, rgba(128, 128, 128, 0.4))); }
.run-part tbody th { color: var(--vscode-descriptionForeground); white-space: nowrap; }
.run-part .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.run-part .code { font-family: var(--vscode-editor-font-family, monospace); font-size: 12px; }
.run-part .error td { color: var(--vscode-errorForeground); }
.run-part .warning td { color: var(--vscode-editorWarning-foreground); }
.run-part .dlnb-tools { margin-bottom: 10px; }
.run-part tr .dlnb-tools { margin: 0; flex-wrap: nowrap; }
.run-scroll { overflow-x: auto; }
.run-scroll th, .run-scroll td { white-space: nowrap; overflow-wrap: normal; vertical-align: middle; }
.run-log { max-height: 70vh; overflow-y: auto; }
.run-log thead th { position: sticky; top: 0; background: var(--vscode-editor-background); }
.run-notes { display: flex; flex-direction: column; gap: 6px; }
.run-notes textarea { width: 100%; min-height: 220px; box-sizing: border-box; resize: vertical; padding: 8px; font: 13px/1.5 var(--vscode-editor-font-family, monospace);
  color: var(--vscode-input-foreground); background: var(--vscode-input-background); border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, rgba(128, 128, 128, 0.4))); border-radius: 2px; }
.run-notes .state { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; color: var(--vscode-descriptionForeground); font-size: 12px; }
.run-notes .state.wrong { color: var(--vscode-errorForeground); }
@media (prefers-reduced-motion: no-preference) { .run-status[data-status=running] .sign { animation: run-pulse 1.6s ease-in-out infinite; } }
@keyframes run-pulse { 50% { opacity: 0.35; } }
`;
