import { words } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import { tooltip } from "../chart/tooltip.ts";
import { toRgba, zoomOf } from "./pixels.ts";
import type { Pixels, readGallery } from "./read.ts";

const WORDS = words({ heat: "Heat", heatTitle: "Shows over each picture what the model judged it by" });

/** Pictures in rows with what is known of them; `heat` is whether warmth is laid over those that have it. */
export function drawGallery(
  parent: HTMLElement,
  { title, text, pictures, columns }: ReturnType<typeof readGallery>,
  heat: boolean,
  keep: (heat: boolean) => void,
): void {
  const canvases = pictures.map((picture) => ({ picture, canvas: canvasOf(picture) }));
  const paint = (warm: boolean) => {
    for (const { picture, canvas } of canvases) {
      const image = new ImageData(toRgba(picture, warm), picture.width, picture.height);
      canvas.getContext("2d")?.putImageData(image, 0, 0);
    }
  };
  const toggle = element("button", { type: "button", "aria-pressed": String(heat) }, WORDS.heat);
  toggle.title = WORDS.heatTitle;
  toggle.hidden = pictures.every((picture) => picture.heat === null);
  toggle.addEventListener("click", () => {
    const warm = toggle.getAttribute("aria-pressed") !== "true";
    toggle.setAttribute("aria-pressed", String(warm));
    paint(warm);
    keep(warm);
  });
  const list = element("ul", { class: "pictures" }, ...canvases.map(({ picture, canvas }) => itemOf(picture, canvas)));
  if (columns !== undefined) {
    list.classList.add("rows");
    list.style.gridTemplateColumns = `repeat(${columns}, minmax(0, max-content))`;
  }
  parent.replaceChildren(
    element(
      "section",
      { class: "dlnb-gallery", "aria-label": title },
      element(
        "div",
        { class: "dlnb-head" },
        element("p", { class: "dlnb-title" }, title),
        element("div", { class: "dlnb-tools" }, toggle),
      ),
      element("p", { class: "dlnb-hidden" }, text),
      list,
    ),
  );
  paint(heat);
}

function canvasOf({ width, height, caption, detail }: Pixels): HTMLCanvasElement {
  const alternative = [caption, detail].filter((part) => part !== "").join(": ");
  const canvas = element("canvas", {
    width: String(width),
    height: String(height),
    role: "img",
    "aria-label": alternative,
  });
  const zoom = zoomOf(width, height);
  canvas.style.width = `${width * zoom}px`;
  return canvas;
}

function itemOf({ caption, detail, width, height }: Pixels, canvas: HTMLCanvasElement): HTMLElement {
  const item = element("li", {}, canvas, element("span", { class: "caption" }, caption));
  item.style.maxWidth = `${Math.max(100, width * zoomOf(width, height))}px`;
  if (detail === "") return item;
  const lines = detail.split("\n").map((text) => ({ name: "", text }));
  item.addEventListener("pointermove", ({ clientX, clientY }) => tooltip.show(item, lines, clientX, clientY));
  item.addEventListener("pointerleave", () => tooltip.hide(item));
  return item;
}
