/** Styles of the picker, in the editor's own colours. */
export const PICKER_STYLE = `
body { margin: 0; padding: 0; height: 100vh; overflow: hidden; font: 13px/1.4 var(--vscode-font-family, system-ui, sans-serif);
  color: var(--vscode-editor-foreground, CanvasText); background: var(--vscode-editor-background, Canvas); }
main { display: grid; height: 100vh; grid-template: auto minmax(0, 1fr) / minmax(0, 1fr) minmax(260px, 40%); }
header { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; padding: 10px 14px 8px; }
header h1 { flex: 1 1 100%; margin: 0; font-size: 15px; font-weight: 600; }
header p { margin: 0; color: var(--vscode-descriptionForeground, inherit); overflow-wrap: anywhere; }
input, select { font: inherit; padding: 3px 6px; border-radius: 2px; box-sizing: border-box; color: var(--vscode-input-foreground, inherit);
  background: var(--vscode-input-background, transparent); border: 1px solid var(--vscode-input-border, var(--vscode-contrastBorder, rgba(128, 128, 128, 0.5))); }
select { color: var(--vscode-dropdown-foreground, inherit); background: var(--vscode-dropdown-background, transparent);
  border-color: var(--vscode-dropdown-border, var(--vscode-contrastBorder, rgba(128, 128, 128, 0.5))); }
input[type=search] { flex: 0 1 260px; }
input:disabled { opacity: 0.75; font-family: var(--vscode-editor-font-family, monospace); }
:focus-visible { outline: 1px solid var(--vscode-focusBorder, currentColor); outline-offset: -1px; }
[role=listbox] { margin: 0; padding: 2px 14px 14px; overflow: auto; list-style: none; display: grid; gap: 8px; align-content: start;
  grid-template-columns: repeat(auto-fill, minmax(168px, 1fr)); }
[role=option] { border: 1px solid var(--vscode-contrastBorder, rgba(128, 128, 128, 0.35)); border-radius: 4px; padding: 6px 8px; cursor: pointer; }
[role=option]:hover { background: var(--vscode-list-hoverBackground, transparent); }
[role=option][aria-selected=true] { color: var(--vscode-list-inactiveSelectionForeground, inherit); background: var(--vscode-list-inactiveSelectionBackground, transparent);
  border-color: var(--vscode-focusBorder, currentColor); box-shadow: inset 0 0 0 1px var(--vscode-focusBorder, currentColor); }
[role=option] b { display: block; }
[role=option] span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; font-size: 12px; color: var(--vscode-descriptionForeground, inherit); }
section { overflow: auto; padding: 2px 14px 14px; border-left: 1px solid var(--vscode-contrastBorder, var(--vscode-panel-border, rgba(128, 128, 128, 0.35))); }
section h2 { margin: 0 0 2px; font-size: 15px; }
section p { margin: 4px 0; overflow-wrap: anywhere; }
section .note, section .paper { font-size: 12px; color: var(--vscode-descriptionForeground, inherit); }
section .problem { color: var(--vscode-errorForeground, inherit); }
section .problem:not(:empty)::before { content: "\\26A0\\FE0E  "; }
pre { margin: 6px 0; padding: 6px 8px; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 3px; font: var(--vscode-editor-font-size, 12px)/1.4 var(--vscode-editor-font-family, monospace);
  background: var(--vscode-textCodeBlock-background, transparent); border: 1px solid var(--vscode-contrastBorder, transparent); }
.fields { display: grid; grid-template-columns: minmax(90px, max-content) minmax(0, 1fr); gap: 6px 10px; align-items: center; margin: 8px 0; }
.fields small { grid-column: 2; margin-top: -4px; color: var(--vscode-descriptionForeground, inherit); }
.buttons { display: flex; gap: 8px; margin: 10px 0; }
button { font: inherit; padding: 4px 14px; border-radius: 2px; cursor: pointer; color: var(--vscode-button-secondaryForeground, inherit);
  background: var(--vscode-button-secondaryBackground, transparent); border: 1px solid var(--vscode-contrastBorder, var(--vscode-button-secondaryBorder, transparent)); }
button.main { color: var(--vscode-button-foreground, inherit); background: var(--vscode-button-background, transparent); }
button.main:hover:enabled { background: var(--vscode-button-hoverBackground, var(--vscode-button-background)); }
button:disabled { opacity: 0.5; cursor: default; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg .line { fill: none; stroke: var(--vscode-charts-blue, currentColor); stroke-width: 6; stroke-linejoin: round; }
svg .area { fill: var(--vscode-charts-blue, currentColor); opacity: 0.2; }
svg .axis, svg .behind { fill: none; stroke: var(--vscode-editorLineNumber-foreground, currentColor); stroke-width: 2; }
svg text { font-size: 22px; fill: var(--vscode-descriptionForeground, currentColor); }
[role=option] svg text { display: none; }
section svg .line { stroke-width: 3; }
section svg text { font-size: 15px; }
.vscode-high-contrast svg .line, .vscode-high-contrast-light svg .line { stroke: var(--vscode-focusBorder, currentColor); }
@media (max-width: 560px) { main { grid-template: auto minmax(0, 2fr) minmax(0, 3fr) / minmax(0, 1fr); }
  section { border-left: 0; border-top: 1px solid var(--vscode-contrastBorder, var(--vscode-panel-border, rgba(128, 128, 128, 0.35))); padding-top: 10px; }
  [role=listbox] { grid-template-columns: repeat(auto-fill, minmax(132px, 1fr)); } section svg { max-height: 150px; } }
`;
