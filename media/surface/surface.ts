import { words } from "../../l10n/index.ts";
import { toBase64 } from "../chart/base64.ts";
import { element } from "../chart/dom.ts";
import { fileName } from "../chart/format.ts";
import type { Theme } from "../chart/theme.ts";
import { type Camera, moved, START } from "./camera.ts";
import type { Grid, SurfaceHint } from "./grid.ts";
import { toObj, toPly } from "./mesh.ts";
import { type Model, modelOf, paint } from "./paint.ts";

export interface SurfaceHost {
  camera: Camera;
  /** The reader has turned it. */
  turned(camera: Camera): void;
  save(name: string, base64: string): void;
}

/** Radians per pixel of a drag, radians and factor per key. */
const [TURN, KEY_TURN, KEY_ZOOM] = [0.01, 0.1, 1.15];
const ASPECT = 0.62;
const [LEAST, TALLEST] = [290, 460];
const WORDS = words({
  kind: "surface",
  help: "Drag or arrow keys turn it, plus and minus zoom, a double click brings it back.",
  label: "{0}, as a surface: {1}",
  obj: "Save the surface as a Wavefront OBJ mesh",
  ply: "Save the surface as a PLY mesh with colours",
  reset: "Reset view",
  resetTitle: "Show it from where it was seen first",
});

/** A grid as a surface that is turned with the pointer or the keys, and saved as a mesh. */
export class Surface {
  readonly element = element("div", { class: "dlnb-surface" });
  readonly #host: SurfaceHost;
  readonly #canvas = element("canvas", { tabindex: "0", role: "application", "aria-roledescription": WORDS.kind });
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #resize: ResizeObserver;
  #camera: Camera;
  #shown: { grid: Grid; hint: SurfaceHint; theme: Theme; title: string; model: Model } | null = null;
  #frame = 0;

  constructor(host: SurfaceHost) {
    this.#host = host;
    this.#camera = host.camera;
    const button = (text: string, title: string, click: () => void) => {
      const made = element("button", { type: "button", title }, text);
      made.addEventListener("click", click);
      return made;
    };
    this.element.append(
      this.#canvas,
      element(
        "div",
        { class: "dlnb-tools" },
        button("OBJ", WORDS.obj, () => this.#export("obj")),
        button("PLY", WORDS.ply, () => this.#export("ply")),
        button(WORDS.reset, WORDS.resetTitle, () => this.#look(START)),
        element("span", { class: "dlnb-note" }, WORDS.help),
      ),
    );
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(end, (event) => this.#pointers.delete(event.pointerId));
    }
    canvas.addEventListener("dblclick", () => this.#look(START));
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#resize = new ResizeObserver(() => this.#paint());
    this.#resize.observe(this.element);
  }

  show(grid: Grid, hint: SurfaceHint, theme: Theme, title: string): void {
    this.#shown = { grid, hint, theme, title, model: modelOf(grid, hint.labels, theme.heatmap) };
    this.#canvas.setAttribute("aria-label", WORDS.label(title, WORDS.help));
    this.#paint();
  }

  /** The picture as it stands on the page, over the theme's background, as a PNG in base64. */
  toPNG(): string {
    const copy = element("canvas");
    [copy.width, copy.height] = [this.#canvas.width, this.#canvas.height];
    const context = copy.getContext("2d");
    if (context === null || this.#shown === null) return "";
    context.fillStyle = this.#shown.theme.background;
    context.fillRect(0, 0, copy.width, copy.height);
    context.drawImage(this.#canvas, 0, 0);
    return copy.toDataURL("image/png").split(",")[1] ?? "";
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#resize.disconnect();
  }

  #look(camera: Camera): void {
    this.#camera = camera;
    this.#host.turned(camera);
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  #turn(around: number, up: number, closer = 1): void {
    this.#look(moved(this.#camera, around, up, closer));
  }

  #paint(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const width = this.element.clientWidth;
    const context = this.#canvas.getContext("2d");
    if (this.#shown === null || context === null || width === 0) return;
    const height = Math.round(Math.min(TALLEST, Math.max(LEAST, width * ASPECT)));
    const ratio = devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== w || this.#canvas.height !== h) {
      [this.#canvas.width, this.#canvas.height] = [w, h];
      this.#canvas.style.height = `${height}px`;
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    paint(context, this.#shown.model, this.#camera, this.#shown.theme, width, height);
  }

  #down(event: PointerEvent): void {
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  /** One pointer turns, two zoom by their distance. */
  #drag(event: PointerEvent): void {
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    const here = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, here);
    if (other === undefined) {
      this.#turn(TURN * (before.x - here.x), TURN * (here.y - before.y));
    } else {
      const apart = (a: { x: number; y: number }) => Math.hypot(a.x - other.x, a.y - other.y);
      this.#turn(0, 0, apart(here) / (apart(before) || 1));
    }
  }

  /** Only when it was clicked or pinched: a page that scrolls past it is not caught. */
  #wheel(event: WheelEvent): void {
    if (!event.ctrlKey && document.activeElement !== this.#canvas) return;
    event.preventDefault();
    event.stopPropagation();
    this.#turn(0, 0, Math.exp(-event.deltaY / (event.ctrlKey ? 100 : 400)));
  }

  #key(event: KeyboardEvent): void {
    const turns: Record<string, readonly [number, number, number]> = {
      ArrowLeft: [KEY_TURN, 0, 1],
      ArrowRight: [-KEY_TURN, 0, 1],
      ArrowUp: [0, KEY_TURN, 1],
      ArrowDown: [0, -KEY_TURN, 1],
      "+": [0, 0, KEY_ZOOM],
      "=": [0, 0, KEY_ZOOM],
      "-": [0, 0, 1 / KEY_ZOOM],
    };
    const turn = turns[event.key];
    if (turn === undefined && event.key !== "Home") return;
    event.preventDefault();
    // notebooks use the arrow keys to leave an output
    event.stopPropagation();
    if (turn === undefined) this.#look(START);
    else this.#turn(...turn);
  }

  #export(kind: "obj" | "ply"): void {
    if (this.#shown === null) return;
    const { grid, hint, theme, title } = this.#shown;
    const text = kind === "obj" ? toObj(grid, hint) : toPly(grid, hint, theme.heatmap);
    this.#host.save(fileName(title, kind), toBase64(text));
  }
}
