import type { Landscape, Panel } from "../diagnostics/landscape/landscape.ts";
import { percent, significant } from "./format.ts";

/** A rugged plane bends down at more than this share of its points; a smooth one at less than a quarter of it. */
const RUGGED = 0.4;

/** What a plane of losses shows, in numbers. */
export function panelWords(panel: Panel, directions: Landscape["directions"]): string {
  const { centre, rim, convex, holes, computed, radius, lowest } = panel;
  const parts: string[] = [];
  if (directions === "pca") {
    const [first, last] = [panel.path[0], panel.path.at(-1)];
    parts.push(
      `the plane explains ${percent(panel.explained)} of the path, on which the loss goes from ${significant(first?.loss)} to ${significant(last?.loss)}`,
    );
  } else {
    const off = Math.hypot(lowest.a - panel.a, lowest.b - panel.b);
    parts.push(
      off > 0.1 * radius && lowest.loss < 0.8 * centre
        ? `no minimum of this plane: the loss falls from ${significant(centre)} to ${significant(lowest.loss)} at distance ${significant(off)}`
        : `${adjective(panel)}: ${rimWords(panel)}`,
    );
    if (Number.isFinite(rim.high) && parts[0]?.startsWith("no")) parts.push(rimWords(panel));
  }
  if (Number.isFinite(convex)) parts.push(`convex at ${percent(convex)} of its points`);
  if (holes > 0) parts.push(`not finite at ${percent(holes / computed)}`);
  return parts.join("; ");
}

/** Whether the loss hardly changes as far as the rim. */
const flat = ({ rim, centre }: Panel): boolean => centre > 0 && rim.high < 1.1 * centre && rim.low > centre / 1.1;

/** A plane's form in two words. */
export function adjective(panel: Panel): string {
  const { convex } = panel;
  if (flat(panel)) return "nearly flat";
  if (!(convex >= 1 - RUGGED)) return "a rugged plane";
  return convex >= 1 - RUGGED / 4 ? "a smooth bowl" : "a bowl with bumps";
}

/** The circle's losses against the middle's: "at radius 1 the loss is 3 to 9 times the centre's". */
export function rimWords({ rim, centre, radius, loss }: Panel): string {
  if (!Number.isFinite(rim.high)) {
    const finite = loss.filter(Number.isFinite);
    const highest = finite.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    return `loss ${significant(centre)} at the centre, up to ${significant(highest)} around it`;
  }
  const at = `at radius ${significant(radius)} the loss is`;
  if (!(centre > 0))
    return `${at} ${significant(rim.low)} to ${significant(rim.high)}, ${significant(centre)} at the centre`;
  const digits = rim.high < 1.5 * centre ? 3 : 2;
  const [low, high] = [rim.low / centre, rim.high / centre].map((x) => significant(Number(x.toPrecision(digits))));
  return `${at} ${low === high ? low : `${low} to ${high}`} times the centre's ${significant(centre)}`;
}
