/** The page's look. Charts take `currentColor`, `--background` and `--series-*` from here, so they follow the theme too. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --background: #ffffff; --text: #1f2328; --muted: #656d76; --line: #d8dee4; --panel: #f6f8fa; --link: #0550ae;
  --ok: #1a7f37; --bad: #b42318; --warn: #9a6700; --note: #0969da; --bad-panel: #fff1f0;
  --comment: #6e7781; --string: #0a5c36; --number: #953800; --keyword: #8250df; --call: #0550ae;
  --series-0: #0072b2; --series-1: #d55e00; --series-2: #009e73; --series-3: #b3568f; --series-4: #8f6b00; --series-5: #3f3f3f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --background: #16181d; --text: #dfe3e8; --muted: #949ca8; --line: #343a44; --panel: #1e2128; --link: #7cb7ff;
    --ok: #4fc36e; --bad: #ff8d80; --warn: #e3b341; --note: #6cb6ff; --bad-panel: #33201f;
    --comment: #8b94a1; --string: #8fd6a4; --number: #f0a66a; --keyword: #c8a5ff; --call: #86bfff;
    --series-0: #56b4e9; --series-1: #f0a030; --series-2: #2fc79a; --series-3: #e79ac4; --series-4: #f0e442; --series-5: #c8c8c8;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--background); color: var(--text); font: 16px/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2rem 1.25rem 5rem; }
a { color: var(--link); }
h1, h2, h3 { line-height: 1.25; margin: 2.2em 0 0.6em; }
h1 { font-size: 1.9rem; margin-top: 1rem; } h2 { font-size: 1.4rem; } h3 { font-size: 1.1rem; }
p, ul, ol { margin: 0.8em 0; } li { margin: 0.25em 0; }
code, pre { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.82em; }
pre code { font-size: inherit; }
:not(pre) > code { background: var(--panel); border-radius: 4px; padding: 0.12em 0.35em; }
pre { margin: 0; line-height: 1.5; overflow-x: auto; tab-size: 2; }
.prose pre { background: var(--panel); border-radius: 6px; padding: 0.8rem 1rem; }
blockquote { margin: 1em 0; padding-left: 1em; border-left: 3px solid var(--line); color: var(--muted); }
img { max-width: 100%; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.35rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { color: var(--muted); font-weight: 500; }
.scroll { overflow-x: auto; }
.runs { width: 100%; } .runs th, .runs td { padding: 0.35rem 0.5rem; font-variant-numeric: tabular-nums; }
.runs td, .runs thead th:not(:first-child) { text-align: right; } .runs small { display: block; font-weight: 400; color: var(--muted); }
.runs th:first-child { padding-left: 0; min-width: 9rem; } .runs td { white-space: nowrap; }
.config { margin: 0.6rem 0; } .config th { color: var(--muted); font-weight: 500; white-space: nowrap; } .config code { background: none; padding: 0; }
header { border-bottom: 1px solid var(--line); padding-bottom: 1.2rem; margin-bottom: 1.5rem; }
header .file { font-weight: 600; font-size: 1.05rem; } header p { margin: 0.2rem 0; }
.note, .about { color: var(--muted); font-size: 0.88rem; overflow-wrap: anywhere; }
.verdict { font-weight: 600; } .verdict.ok { color: var(--ok); } .verdict.bad { color: var(--bad); }
.cell { margin: 1.2rem 0 1.8rem; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.cell > .label { display: flex; justify-content: space-between; gap: 1rem; padding: 0.3rem 1rem; font-size: 0.8rem; color: var(--muted); background: var(--panel); border-bottom: 1px solid var(--line); }
.cell > .code { padding: 0.8rem 1rem; background: var(--panel); }
.cell > .outputs { padding: 0.9rem 1rem; border-top: 1px solid var(--line); display: grid; gap: 0.9rem; grid-template-columns: minmax(0, 1fr); }
.cell > .outputs:empty { display: none; }
.outputs pre { max-height: 32rem; overflow: auto; } .outputs pre.stderr { color: var(--bad); } .outputs pre.value { max-height: none; white-space: pre-wrap; overflow-wrap: anywhere; }
.outputs iframe { width: 100%; height: 20rem; border: 1px solid var(--line); border-radius: 6px; background: #ffffff; }
.cell.failed { border-color: var(--bad); }
.error { background: var(--bad-panel); border-radius: 6px; padding: 0.8rem 1rem; }
.error strong { color: var(--bad); } .error pre { margin-top: 0.7rem; } .error .message { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
.interactive { --vscode-editor-foreground: var(--text); --vscode-editor-background: var(--background); --vscode-font-family: inherit; --vscode-focusBorder: var(--link);
  --vscode-button-background: var(--link); --vscode-button-foreground: var(--background); --vscode-button-border: var(--line); --vscode-button-secondaryHoverBackground: var(--panel); --vscode-dropdown-border: var(--line); }
.chart { margin: 0; } .chart figcaption { font-weight: 600; margin-bottom: 0.6rem; } .chart svg { display: block; max-width: 100%; height: auto; }
.findings, .gallery { margin: 0; font-size: 0.92rem; } .findings .title, .gallery figcaption { font-weight: 600; margin: 0 0 0.5rem; font-size: 1rem; }
.findings ul, .gallery ul { list-style: none; margin: 0; padding: 0; } .findings p { margin: 0; } .findings > ul > li { --sign: var(--muted); overflow-wrap: anywhere; border-radius: 0; } .findings dd li { margin: 0; }
.findings > ul > li.error { --sign: var(--bad); } .findings > ul > li.warning { --sign: var(--warn); } .findings > ul > li.info { --sign: var(--note); } .findings > ul > li.pass { --sign: var(--ok); }
.findings > ul > li:not(.pass) { border-left: 3px solid var(--sign); background: var(--panel); padding: 0.5rem 0.8rem; margin: 0.5rem 0; }
.findings > ul > li.pass { padding: 0.1rem 0 0.1rem 1rem; margin: 0; } .findings .saw { color: var(--muted); }
.findings .severity { font-size: 0.8rem; font-weight: 600; margin-right: 0.6em; white-space: nowrap; } .findings .what { font-weight: 600; margin-right: 0.6em; } .findings .pass .what { font-weight: 400; }
.findings .sign { display: inline-block; width: 1.25em; height: 1.25em; border-radius: 50%; line-height: 1.25em; text-align: center; color: var(--background); background: var(--sign); }
.findings .mark { display: inline-block; min-width: 1.4em; border: 1.5px solid currentColor; border-radius: 0.8em; font-size: 0.75rem; font-weight: 600; line-height: 1.2; text-align: center; margin-right: 0.6em; }
.findings dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.1rem 0.8rem; margin: 0.3rem 0 0; } .findings dt { color: var(--muted); min-width: 3em; } .findings dd { margin: 0; }
.gallery ul { display: flex; flex-wrap: wrap; gap: 0.8rem; margin-top: 0.4rem; } .gallery li { display: flex; flex-direction: column; font-size: 0.75rem; line-height: 1.3; margin: 0; min-width: 64px; overflow-wrap: anywhere; }
.gallery ul.rows { display: grid; } .gallery .rows li { min-width: 0; } .gallery .rows img { max-width: 100%; height: auto; }
.gallery .picture { position: relative; align-self: start; line-height: 0; border: 1px solid var(--line); } .gallery img { image-rendering: pixelated; } .gallery .heat { position: absolute; inset: 0; }
.gallery input:not(:checked) ~ ul .heat { display: none; } .gallery label { margin-left: 0.3em; font-size: 0.85rem; }
.unseen { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
details { margin: 0.8rem 0; } summary { cursor: pointer; }
.comment { color: var(--comment); font-style: italic; } .string { color: var(--string); } .number { color: var(--number); } .keyword { color: var(--keyword); } .call { color: var(--call); }
@media print { .cell { break-inside: avoid; } .outputs pre { max-height: none; } }
`;
