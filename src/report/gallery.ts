import type { Gallery, Picture } from "../../engine/protocol/index.ts";
import { escapeHtml } from "./escape.ts";
import { encodePng } from "./png.ts";
import { WORDS } from "./words.ts";

/** Warmth from little to much, red, green, blue. */
const WARMTH = [
  [0xb2, 0x3a, 0x00],
  [0xff, 0x80, 0x00],
  [0xff, 0xe1, 0x4d],
] as const;
const MOST = 0.8;

/** Pictures in rows as PNG; where some have warmth over them, a box above takes it off (no script: a style does it). */
export function drawGallery({ id, title, text, pictures, columns }: Gallery): string {
  const warm = pictures.some(({ heat }) => heat !== undefined);
  const box = `heat-${id.replace(/[^\w-]/g, "-")}`;
  const toggle = warm
    ? `<input type="checkbox" id="${box}" checked><label for="${box}">${escapeHtml(WORDS.heat)}</label>`
    : "";
  const rows =
    columns === undefined ? "" : ` class="rows" style="grid-template-columns:repeat(${columns},minmax(0,max-content))"`;
  return `<figure class="gallery"><figcaption>${escapeHtml(title)}</figcaption><p class="unseen">${escapeHtml(text)}</p>${toggle}<ul${rows}>${pictures.map(item).join("")}</ul></figure>`;
}

function item(picture: Picture): string {
  const { caption, detail, width, height, channels, pixels, heat } = picture;
  const zoom = Math.max(1, Math.round(64 / Math.max(width, height)));
  const alt = escapeHtml([caption, detail].filter((part) => part !== "").join(": "));
  const layer = (data: Buffer, more: string) =>
    `<img ${more} width="${width * zoom}" height="${height * zoom}" src="data:image/png;base64,${data.toString("base64")}">`;
  const plain = layer(encodePng(width, height, channels, Buffer.from(pixels, "base64")), `alt="${alt}"`);
  const over =
    heat === undefined ? "" : layer(warmth(width, height, Buffer.from(heat, "base64")), 'class="heat" alt=""');
  return `<li title="${escapeHtml(detail)}" style="max-width:${Math.max(100, width * zoom)}px"><span class="picture">${plain}${over}</span><span>${escapeHtml(caption)}</span></li>`;
}

/** Warmth as a picture that lets through what is below it. */
function warmth(width: number, height: number, heat: Uint8Array): Buffer {
  const rgba = new Uint8Array(4 * width * height);
  heat.forEach((value, i) => {
    const at = (value / 255) * (WARMTH.length - 1);
    const low = Math.min(Math.floor(at), WARMTH.length - 2);
    const mix = (c: 0 | 1 | 2) => {
      const [from, to] = [WARMTH[low]?.[c] ?? 0, WARMTH[low + 1]?.[c] ?? 0];
      return Math.round(from + (at - low) * (to - from));
    };
    rgba.set([mix(0), mix(1), mix(2), Math.round(MOST * value)], 4 * i);
  });
  return encodePng(width, height, 4, rgba);
}
