import { element } from "../chart/dom.ts";
import type { LiveStatus, RunControl } from "../chart/payload.ts";
import { rateText, readRate } from "./rates.ts";
import { ScheduleEditor } from "./scheduleEditor.ts";
import { WORDS } from "./words.ts";

/** The controls of a run, drawn into a page. */
export interface LiveStrip {
  update(status: LiveStatus): void;
  dispose(): void;
}

/**
 * Controls of a run under way in `parent`: pause and resume, stop after the epoch, the learning rate, and the rest of its schedule as
 * points to drag. `send` is given what the reader asks for; what comes of it is seen with the next `update`. Its styles are part of `STYLE` in media/chart.
 */
export function drawLive(parent: HTMLElement, send: (change: RunControl) => void): LiveStrip {
  const pause = press(() => send({ do: status?.paused ? "resume" : "pause" }));
  const stop = press(() => send({ do: status?.stopping ? "keep-going" : "stop-after-epoch" }));
  stop.title = WORDS.stopTitle;
  const field = element("input", {
    type: "text",
    inputmode: "decimal",
    size: "8",
    spellcheck: "false",
    autocomplete: "off",
  });
  const set = press(() => take());
  set.textContent = WORDS.set;
  set.title = WORDS.setTitle;
  const [third, triple] = [press(() => scale(1 / 3)), press(() => scale(3))];
  third.textContent = WORDS.third;
  third.title = WORDS.thirdTitle;
  triple.textContent = WORDS.triple;
  triple.title = WORDS.tripleTitle;
  const schedule = press(() => (editor === null ? open() : close()));
  schedule.textContent = WORDS.schedule;
  schedule.title = WORDS.scheduleTitle;
  const where = element("span", { class: "where", role: "status" });
  const wrong = element("span", { class: "wrong", role: "alert" });
  const rest = element("div", { class: "rest" });
  const strip = element(
    "div",
    { class: "dlnb-live", role: "group", "aria-label": WORDS.strip },
    element(
      "div",
      { class: "dlnb-tools" },
      pause,
      stop,
      element("label", {}, WORDS.rate, field),
      set,
      third,
      triple,
      schedule,
      where,
    ),
    wrong,
    rest,
  );
  let status: LiveStatus | null = null;
  let editor: ScheduleEditor | null = null;
  /** Whether the reader writes in the field: then it is theirs. */
  let writing = false;

  field.addEventListener("input", () => {
    writing = true;
    say(readRate(field.value));
  });
  field.addEventListener("blur", ({ relatedTarget }) => {
    if (relatedTarget === set) return;
    // what was written and not set goes with the next update
    writing = false;
    say(1);
  });
  field.addEventListener("keydown", (event) => {
    // notebooks use Enter and the arrow keys themselves
    event.stopPropagation();
    if (event.key === "Enter") take();
    if (event.key !== "Escape") return;
    writing = false;
    say(1);
    if (status) show(status);
  });

  function say(value: number | string): void {
    const fine = typeof value === "number";
    wrong.textContent = fine ? "" : value;
    field.setAttribute("aria-invalid", String(!fine));
    set.disabled = !fine;
  }

  function take(): void {
    const value = readRate(field.value);
    say(value);
    if (typeof value !== "number") return;
    writing = false;
    send({ do: "set-lr", value });
  }

  function scale(factor: number): void {
    if (status?.ownRates) {
      send({ do: "scale-lr", factor });
      return;
    }
    if (status === null || status.lr === null) return;
    const value = Number((status.lr * factor).toPrecision(3));
    writing = false;
    say(1);
    // pressed twice, it counts twice
    status = { ...status, lr: value };
    send({ do: "set-lr", value });
  }

  function open(): void {
    const { plan = null } = status ?? {};
    if (plan === null || plan.steps.length < 2) return;
    editor = new ScheduleEditor(plan, {
      apply: (points) => {
        send({ do: "set-schedule", points });
        close();
      },
      followPlan: () => {
        send({ do: "follow-plan" });
        close();
      },
      close,
    });
    rest.replaceChildren(editor.element);
    schedule.setAttribute("aria-expanded", "true");
    if (status) editor.now = status.step;
    editor.focus();
  }

  function close(): void {
    editor = null;
    rest.replaceChildren();
    schedule.setAttribute("aria-expanded", "false");
    schedule.focus();
  }

  function show(next: LiveStatus): void {
    const { paused, stopping, lr, step, steps, epoch, epochs, plan, runs, ownRates } = next;
    pause.textContent = paused ? WORDS.resume : WORDS.pause;
    pause.title = paused ? WORDS.resumeTitle : WORDS.pauseTitle;
    stop.textContent = stopping ? WORDS.keepGoing : WORDS.stop;
    stop.title = stopping ? WORDS.keepGoingTitle : WORDS.stopTitle;
    stop.setAttribute("aria-pressed", String(stopping !== null));
    if (!writing && lr !== null) field.value = rateText(lr);
    field.placeholder = ownRates ? WORDS.ownRates : "";
    field.title = ownRates ? WORDS.ownRatesTitle : "";
    for (const control of [field, set]) control.disabled = lr === null;
    for (const control of [third, triple]) control.disabled = lr === null && !ownRates;
    schedule.disabled = plan === null || plan.steps.length < 2;
    const place = paused ? WORDS.paused(step, steps) : WORDS.training(Math.max(1, epoch), epochs);
    const text = runs > 1 ? WORDS.beside(place, runs) : place;
    // a screen reader is told of changes alone
    if (where.textContent !== text) where.textContent = text;
    strip.dataset.paused = String(paused);
    if (editor) editor.now = step;
  }

  schedule.setAttribute("aria-expanded", "false");
  schedule.disabled = true;
  pause.textContent = WORDS.pause;
  stop.textContent = WORDS.stop;
  parent.append(strip);
  return {
    update(next) {
      status = next;
      show(next);
    },
    dispose: () => strip.remove(),
  };
}

function press(pressed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button" });
  made.addEventListener("click", pressed);
  return made;
}
