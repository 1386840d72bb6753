import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** What must not stand in the editor's and the pages' own code, and where it may, and why. */
const RULES: readonly { what: string; pattern: RegExp; but: Readonly<Record<string, string>> }[] = [
  {
    what: "pages that are not made by page(), which sets the policy",
    pattern: /webview\.html\s*=(?!\s*page\()/,
    but: {},
  },
  { what: "links of Markdown that run commands", pattern: /enableCommandUris|isTrusted\s*[:=](?!=)/, but: {} },
  { what: "HTML within Markdown", pattern: /supportHtml/, but: {} },
  { what: "shells", pattern: /shell:\s*true|\b(?:exec|execSync)\((?!\))/, but: {} },
  { what: "code made of text", pattern: /\beval\(|\bnew Function\(|\bFunction\(/, but: {} },
  {
    what: "markup made of text",
    pattern: /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|setHTML/,
    but: {},
  },
  {
    what: "frames",
    pattern: /srcdoc|<iframe|"iframe"/,
    but: { "src/report/outputs.ts": "HTML of a cell on an exported page, in a sandbox under the page's policy" },
  },
  {
    what: "requests to elsewhere",
    pattern: /\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource/,
    but: {},
  },
  {
    what: "messages whose words could be links that run commands",
    pattern: /window\.show(?:Information|Warning|Error)Message/,
    but: { "src/notify/index.ts": "takes the links out of them" },
  },
];

const files = globSync("{src,media}/**/*.ts").map((path) => path.replaceAll("\\", "/"));
/** Without comments, and without the methods of regular expressions. */
const codeOf = (path: string) =>
  readFileSync(path, "utf8")
    .replace(/^\s*(?:\/\/|\/?\*).*$/gm, "")
    .replaceAll(/\.exec\(/g, ".match(");

test("there is code to look at", () => {
  expect(files.length).toBeGreaterThan(200);
});

test.each(RULES)("no $what but where it says why", ({ pattern, but }) => {
  const found = files.filter((path) => pattern.test(codeOf(path)));
  expect(found).toEqual(Object.keys(but));
});

test("every page may run scripts by nonce, style itself and show what it holds, and nothing else", () => {
  const policy = /const policy = `([^`]*)`/.exec(readFileSync("src/panel/page.ts", "utf8"))?.[1];
  expect(policy?.split("; ")).toEqual([
    "default-src 'none'",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the source
    "script-src 'nonce-${nonce}'",
    "style-src 'unsafe-inline'",
    "img-src data:",
  ]);
  const roots = files.flatMap((path) => codeOf(path).match(/localResourceRoots: \[[^\]]*\]/g) ?? []);
  for (const root of roots) expect(root).toMatch(/\[(?:this\.#)?(?:host\.)?dist\]/);
  expect(roots.length).toBeGreaterThan(3);
});
