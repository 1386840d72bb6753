import type { Drawing } from "./payload.ts";

const NAMESPACE = "http://www.w3.org/2000/svg";
const FIELD = { width: 480, height: 160 };

/** A drawing in the page's colours: curve over its axes. What it shows is said by `label`, for whoever does not see it. */
export function picture({ kind, x, y, zero, paths: [curve = "", ...behind] }: Drawing, label: string): SVGSVGElement {
  const { width, height } = FIELD;
  const root = svg("svg", {
    viewBox: `-64 -8 ${width + 80} ${height + 40}`,
    role: "img",
    "aria-label": label,
    class: kind,
  });
  const axis = (x1: number, y1: number, x2: number, y2: number) =>
    svg("path", { class: "axis", d: `M${x1} ${y1}L${x2} ${y2}` });
  root.append(...behind.map((points) => svg("polyline", { class: "behind", points })));
  if (kind !== "walk") root.append(axis(0, height, width, height));
  if (kind === "curve" || kind === "function") root.append(axis(0, 0, 0, height));
  if (zero) root.append(axis(zero[0], 0, zero[0], height), axis(0, zero[1], width, zero[1]));
  if (kind === "density") root.append(svg("polygon", { class: "area", points: curve }));
  root.append(svg("polyline", { class: "line", points: curve }));
  root.append(
    mark(x[0], 0, height + 24, "start"),
    mark(x[1], width, height + 24, "end"),
    mark(y[0], -8, height, "end"),
    mark(y[1], -8, 14, "end"),
  );
  return root;
}

function mark(text: string, x: number, y: number, anchor: string): SVGElement {
  const node = svg("text", { x: String(x), y: String(y), "text-anchor": anchor, "aria-hidden": "true" });
  node.textContent = text;
  return node;
}

function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[Tag] {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
