/** Styles of the controls, beside those of charts. */
export const LIVE_STYLE = `
.dlnb-live { margin: 6px 0 4px; padding: 4px 8px; border-left: 3px solid var(--vscode-progressBar-background, var(--vscode-focusBorder, #0e70c0)); }
.dlnb-live[data-paused=true] { border-left-color: var(--vscode-editorWarning-foreground, #bf8803); }
.dlnb-live input[type=text] { font: inherit; padding: 1px 5px; border-radius: 2px; font-variant-numeric: tabular-nums;
  color: var(--vscode-input-foreground, inherit); background: var(--vscode-input-background, transparent);
  border: 1px solid var(--vscode-contrastBorder, color-mix(in srgb, currentColor 35%, transparent)); }
.dlnb-live input[aria-invalid=true] { border-color: var(--vscode-inputValidation-errorBorder, var(--vscode-errorForeground, #c00)); }
.dlnb-live .wrong:not(:empty) { display: block; margin-top: 3px; color: var(--vscode-errorForeground, #c00); }
.dlnb-live .where { opacity: 0.85; font-variant-numeric: tabular-nums; }
.dlnb-live[data-paused=true] .where { opacity: 1; font-weight: 600; }
.dlnb-schedule { margin-top: 6px; max-width: 680px; }
.dlnb-schedule .how { margin: 0 0 4px; opacity: 0.85; }
.dlnb-schedule svg { display: block; width: 100%; height: auto; touch-action: none; }
.dlnb-schedule .axes line { stroke: var(--vscode-editorLineNumber-foreground, currentColor); opacity: 0.25; }
.dlnb-schedule text { fill: currentColor; font-size: 11px; opacity: 0.85; }
.dlnb-schedule .planned { fill: none; stroke: currentColor; stroke-width: 1; stroke-dasharray: 4 4; opacity: 0.6; }
.dlnb-schedule .now { stroke: currentColor; stroke-width: 1; stroke-dasharray: 1 3; opacity: 0.8; }
.dlnb-schedule .line { fill: none; stroke: var(--vscode-charts-blue, var(--vscode-focusBorder, #3794ff)); stroke-width: 2; }
.dlnb-schedule .handle { fill: var(--vscode-editor-background, Canvas); stroke: var(--vscode-charts-blue, var(--vscode-focusBorder, #3794ff)); stroke-width: 2; cursor: move; }
.dlnb-schedule .handle.chosen { fill: var(--vscode-charts-blue, var(--vscode-focusBorder, #3794ff)); }
.dlnb-schedule .handle:focus-visible { outline: none; stroke: var(--vscode-focusBorder, currentColor); stroke-width: 4; }
.vscode-high-contrast .dlnb-schedule .line, .vscode-high-contrast .dlnb-schedule .handle,
.vscode-high-contrast-light .dlnb-schedule .line, .vscode-high-contrast-light .dlnb-schedule .handle { stroke: var(--vscode-contrastActiveBorder, currentColor); }
.vscode-high-contrast .dlnb-schedule .handle.chosen, .vscode-high-contrast-light .dlnb-schedule .handle.chosen { fill: var(--vscode-contrastActiveBorder, currentColor); }
.dlnb-schedule .said { display: block; min-height: 1.4em; font-variant-numeric: tabular-nums; }
.dlnb-live .dlnb-primary { color: var(--vscode-button-foreground); background: var(--vscode-button-background); }
.dlnb-tools button.dlnb-primary:hover:enabled { background: var(--vscode-button-hoverBackground, var(--vscode-button-background)); }
`;
