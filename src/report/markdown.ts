import { readFileSync, realpathSync, statSync } from "node:fs";
import { extname, resolve, sep } from "node:path";
import MarkdownIt from "markdown-it";
import { escapeHtml } from "./escape.ts";
import { highlight } from "./highlight.ts";

/** Tags without attributes that prose may use; all others are shown as they were typed. */
const TAGS =
  /^<\/?(?:b|blockquote|br|center|dd|del|details|div|dl|dt|em|hr|i|ins|kbd|mark|p|q|s|small|strong|sub|summary|sup|u)\s*\/?>$/i;
const IMAGES: Readonly<Record<string, string>> = {
  ".gif": "image/gif",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".webp": "image/webp",
};
const MAX_IMAGE_BYTES = 8 * 2 ** 20;

/** Renders prose to HTML that loads nothing: pictures beside the notebook are put in, others become links. */
export function markdownRenderer(folder: string | null): (text: string) => string {
  const md = new MarkdownIt({
    html: true,
    linkify: true,
    highlight: (code, language) => (isTypeScript(language) ? highlight(code) : ""),
  });
  md.renderer.rules.html_block = (tokens, i) => safeHtml(tokens[i]?.content ?? "");
  md.renderer.rules.html_inline = (tokens, i) => safeHtml(tokens[i]?.content ?? "");
  md.renderer.rules.link_open = (tokens, i, options, _, self) => {
    tokens[i]?.attrSet("rel", "noopener noreferrer");
    return self.renderToken(tokens, i, options);
  };
  md.renderer.rules.image = (tokens, i) => {
    const token = tokens[i];
    const source = String(token?.attrGet("src") ?? "");
    const alt = escapeHtml(token?.content ?? "");
    const inline = source.startsWith("data:image/") ? source : localImage(folder, source);
    if (inline !== null) return `<img src="${escapeHtml(inline)}" alt="${alt}">`;
    return `<a href="${escapeHtml(source)}" rel="noopener noreferrer">${alt || escapeHtml(source)}</a>`;
  };
  return (text) => md.render(text);
}

const isTypeScript = (language: string) => /^(ts|typescript|js|javascript)$/.test(language.split(/[\s{]/)[0] ?? "");

function safeHtml(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, "")
    .split(/(<[^<>]*>)/)
    .map((part) => (TAGS.test(part) ? part : escapeHtml(part)))
    .join("");
}

/** A picture beside or below the notebook as a data address; null for all others: a page must not take along what lies elsewhere. */
function localImage(folder: string | null, source: string): string | null {
  if (folder === null || /^[a-z][a-z+.-]+:/i.test(source)) return null;
  try {
    const root = realpathSync(folder);
    const path = realpathSync(resolve(root, decodeURIComponent(source)));
    const type = IMAGES[extname(path).toLowerCase()];
    if (!path.startsWith(root + sep) || type === undefined || statSync(path).size > MAX_IMAGE_BYTES) return null;
    return `data:${type};base64,${readFileSync(path).toString("base64")}`;
  } catch {
    return null;
  }
}
