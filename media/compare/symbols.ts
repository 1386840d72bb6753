/** Shapes of groups in their order, as engine/plots/overlay.ts has them; d3 draws them with these areas. */
const SHAPES: readonly ((r: number) => string)[] = [
  (r) => `M${r},0A${r},${r} 0 1 1 ${-r},0A${r},${r} 0 1 1 ${r},0Z`,
  (r) => polygon(r * 0.89, [-1, -1], [1, -1], [1, 1], [-1, 1]),
  (r) => polygon(r * 1.1, [0, -1], [0.866, 0.6], [-0.866, 0.6]),
  (r) => polygon(r * 1.25, [0, -1], [0.8, 0], [0, 1], [-0.8, 0]),
  (r) =>
    polygon(
      r * 1.1,
      [-1, -0.36],
      [-0.36, -0.36],
      [-0.36, -1],
      [0.36, -1],
      [0.36, -0.36],
      [1, -0.36],
      [1, 0.36],
      [0.36, 0.36],
      [0.36, 1],
      [-0.36, 1],
      [-0.36, 0.36],
      [-1, 0.36],
    ),
  (r) => polygon(r * 1.1, [0, 1], [0.866, -0.6], [-0.866, -0.6]),
  (r) => polygon(r * 1.1, [1, 0], [-0.6, 0.866], [-0.6, -0.866]),
  (r) => polygon(r * 1.1, [-1, 0], [0.6, 0.866], [0.6, -0.866]),
];

const polygon = (r: number, ...points: readonly (readonly [number, number])[]): string =>
  `M${points.map(([x, y]) => `${(x * r).toFixed(2)},${(y * r).toFixed(2)}`).join("L")}Z`;

/** The path of the shape at `place`, about the origin. */
export const symbolPath = (place: number, radius: number): string =>
  (SHAPES[place % SHAPES.length] as (r: number) => string)(radius);

const SVG = "http://www.w3.org/2000/svg";

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>> = {},
  ...children: (Node | string)[]
): SVGElementTagNameMap[Tag] {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** A short line with the group's shape, in its colour. */
export function swatch(place: number): SVGSVGElement {
  const picture = svg("svg", {
    width: 26,
    height: 14,
    viewBox: "-13 -7 26 14",
    class: "swatch",
    "aria-hidden": "true",
  });
  picture.style.color = colourOf(place);
  picture.append(
    svg("path", { d: "M-13,0H13", stroke: "currentColor", "stroke-width": 2 }),
    svg("path", { d: symbolPath(place, 4.5), fill: "currentColor" }),
  );
  return picture;
}

/** The colour of a group: a variable that follows the theme. */
export const colourOf = (place: number): string => `var(--series-${place % PALETTE})`;

/** Colours of the theme's palette. */
export const PALETTE = 6;
