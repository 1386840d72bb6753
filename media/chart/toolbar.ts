import { choiceList } from "./choices.ts";
import { element } from "./dom.ts";
import type { ChartHints } from "./payload.ts";
import { WORDS } from "./words.ts";

export interface ToolbarHost {
  toggleLog(): void;
  toggleSurface(): void;
  smooth(weight: number): void;
  choose(param: string, index: number): void;
  save(kind: "PNG" | "SVG"): void;
  /** Not given: there is no panel, or this is it. */
  open?: (() => void) | undefined;
}

/** The controls beside a chart's title; those that a chart has no use for are hidden. */
export class Toolbar {
  readonly element: HTMLElement;
  readonly #host: ToolbarHost;
  readonly #log = element("button", { type: "button", "aria-pressed": "false" }, WORDS.logAxis);
  readonly #surface = element(
    "button",
    { type: "button", "aria-pressed": "false", title: WORDS.surfaceTitle },
    WORDS.surface,
  );
  readonly #weight = element("input", { type: "range", min: "0", max: "0.99", step: "0.01" });
  readonly #weightValue = element("output");
  readonly #smoothing = element("label", {}, WORDS.smoothing, this.#weight, this.#weightValue);
  readonly #choices = element("span", { class: "dlnb-choices" });
  readonly #svg: HTMLButtonElement;

  constructor(host: ToolbarHost) {
    this.#host = host;
    const { open } = host;
    this.#svg = button(WORDS.svg, "SVG", () => host.save("SVG"));
    this.element = element(
      "div",
      { class: "dlnb-tools" },
      this.#smoothing,
      this.#choices,
      this.#log,
      this.#surface,
      button(WORDS.png, "PNG", () => host.save("PNG")),
      this.#svg,
      ...(open === undefined ? [] : [button(WORDS.panelTitle, WORDS.panel, open)]),
    );
    this.#log.addEventListener("click", () => host.toggleLog());
    this.#surface.addEventListener("click", () => host.toggleSurface());
    this.#weight.addEventListener("input", () => host.smooth(Number(this.#weight.value)));
  }

  /** `chosen` are the indices of the lists' choices. */
  offer(hints: ChartHints, chosen: readonly number[]): void {
    this.#smoothing.hidden = hints.smooth === undefined;
    this.#log.hidden = hints.log === undefined;
    this.#surface.hidden = hints.surface === undefined;
    this.#choices.replaceChildren(
      ...(hints.choose ?? []).map((choose, i) =>
        choiceList(choose, chosen[i] ?? 0, (index) => this.#host.choose(choose.param, index)),
      ),
    );
  }

  /** `log` is null when the axis cannot be logarithmic. */
  show({ weight, log, surface }: { weight: number; log: boolean | null; surface: boolean }): void {
    const shown = weight.toFixed(2);
    this.#weight.value = String(weight);
    this.#weight.setAttribute("aria-valuetext", shown);
    this.#weightValue.textContent = shown;
    this.#log.disabled = log === null;
    this.#log.title = log === null ? WORDS.noLogAxis : WORDS.logAxisTitle;
    this.#log.setAttribute("aria-pressed", String(log === true));
    this.#surface.setAttribute("aria-pressed", String(surface));
    // lists are about the plots, and a surface is no SVG
    this.#svg.hidden = surface;
    this.#choices.hidden = surface || this.#choices.childElementCount === 0;
  }
}

function button(label: string, text: string, click: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": label, title: label }, text);
  made.addEventListener("click", click);
  return made;
}
