import { escapeHtml } from "./escape.ts";

const KEYWORDS =
  "as|async|await|break|case|catch|class|const|continue|default|delete|do|else|export|extends|false|finally|for|function|if|import|in|instanceof|interface|let|new|null|readonly|return|satisfies|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|yield";

/** Comments, strings, keywords, numbers and calls; a template is one string, with what stands in its braces. */
const TOKENS = new RegExp(
  [
    /(?<comment>\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
    /(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\[\s\S]|\$\{(?:[^{}`]|`[^`]*`|\{[^{}]*\})*\}|[^`\\])*`?)/,
    /(?<number>\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)n?\b)/,
    new RegExp(`(?<keyword>(?<![.\\w$])(?:${KEYWORDS})(?![\\w$])(?!\\s*:))`),
    /(?<call>[A-Za-z_$][\w$]*(?=\())/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "gi",
);

/** TypeScript as HTML, modestly coloured. */
export function highlight(code: string): string {
  let html = "";
  let at = 0;
  for (const match of code.matchAll(TOKENS)) {
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    html += `${escapeHtml(code.slice(at, match.index))}<span class="${kind}">${escapeHtml(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return html + escapeHtml(code.slice(at));
}
