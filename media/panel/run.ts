import { element } from "../chart/dom.ts";
import { type ChartState, Figure } from "../chart/figure.ts";
import type { Action } from "../chart/payload.ts";
import { STYLE } from "../chart/style.ts";
import { drawLive, type LiveStrip } from "../live/strip.ts";
import { drawCheckpoints } from "../run/checkpoints.ts";
import { drawConfiguration } from "../run/configuration.ts";
import { Events } from "../run/events.ts";
import { Head } from "../run/head.ts";
import { type Draft, Notes } from "../run/notes.ts";
import type { ChartPlace, FromRunPage, Section, ToRunPage } from "../run/payload.ts";
import { RUN_STYLE } from "../run/style.ts";
import { Tabs } from "../run/tabs.ts";
import { WORDS } from "../run/words.ts";
import type { Editor } from "./editor.ts";

/** What the page keeps while it is not shown, and over a reload of the window. */
interface PageState {
  /** The run's, by which the editor finds it again. */
  readonly key?: string;
  readonly section?: Section;
  readonly charts?: Readonly<Partial<Record<ChartPlace, ChartState>>>;
  readonly draft?: Draft | null;
}

/** A run: its curves, what its layers did, its configuration, log, checkpoints and notes. */
export function showRun(editor: Editor<FromRunPage, PageState>): void {
  document.head.append(element("style", {}, STYLE + RUN_STYLE));
  const state = () => editor.getState() ?? {};
  const keep = (change: PageState) => editor.setState({ ...state(), ...change });
  const send = (message: FromRunPage) => editor.postMessage(message);

  const head = new Head(send);
  const tabs = new Tabs(state().section ?? "curves", (section) => {
    keep({ section });
    if (section === "log") events.shown();
    send({ type: "section", section });
  });
  const gone = element("p", { class: "run-empty", role: "alert", hidden: "" });
  const controls = element("div");
  document.body.replaceChildren(element("main", {}, head.element, controls, gone, tabs.element));
  const empty = (part: Section, text: string) =>
    tabs.part(part).replaceChildren(element("p", { class: "run-empty" }, text));
  for (const part of ["curves", "statistics", "configuration"] as const) empty(part, WORDS.reading);

  const figures = new Map<ChartPlace, Figure>();
  const events = new Events(tabs.part("log"), send);
  let notes: Notes | null = null;
  let live: LiveStrip | null = null;
  let kept: boolean | null = null;

  /** Checkpoints and notes are for runs that have a folder. */
  function settle(hasFolder: boolean): void {
    if (kept === hasFolder) return;
    kept = hasFolder;
    if (hasFolder) {
      drawCheckpoints(tabs.part("checkpoints"), [], send);
      notes = new Notes(tabs.part("notes"), state().draft ?? null, send, (draft) => keep({ draft }));
    } else for (const part of ["checkpoints", "notes"] as const) empty(part, WORDS.notKept);
  }

  /** A click on the curve: the place is a file of this run, `runs/<time>/checkpoints/...`. */
  function goBack({ do: deed }: Action): void {
    if (deed.kind !== "go-back") return;
    const { how, file, step } = deed;
    send({ type: "checkpoint", do: how, file: file.replace(/^runs\/[^/]+\//, ""), step });
  }

  function receive(message: ToRunPage): void {
    switch (message.type) {
      case "run":
        head.show(message.run);
        keep({ key: message.run.key });
        settle(message.run.kept);
        break;
      case "chart": {
        const { place, chart, why } = message;
        const figure = figures.get(place);
        if (chart === null) {
          figure?.dispose();
          figures.delete(place);
          empty(place, why);
        } else if (figure !== undefined) figure.update(chart);
        else {
          const host = {
            state: state().charts?.[place] ?? {},
            keep: (one: ChartState) => keep({ charts: { ...state().charts, [place]: one } }),
            save: (name: string, base64: string) => send({ type: "save", name, base64 }),
            act: goBack,
          };
          figures.set(place, new Figure(tabs.part(place), chart, host));
        }
        break;
      }
      case "rows":
        figures.get(message.place)?.append(message.dataset, message.columns, message.replace);
        break;
      case "configuration":
        drawConfiguration(tabs.part("configuration"), message.configuration, send);
        break;
      case "events":
        events.add(message);
        break;
      case "checkpoints":
        drawCheckpoints(tabs.part("checkpoints"), message.checkpoints, send);
        break;
      case "notes":
        notes?.show(message.text, message.why);
        break;
      case "saved":
        notes?.saved(message.edit);
        break;
      case "live":
        if (message.status === null) {
          live?.dispose();
          live = null;
          controls.replaceChildren();
        } else {
          live ??= drawLive(controls, (change) => send({ type: "control", change }));
          live.update(message.status);
        }
        break;
      case "gone":
        gone.textContent = message.why;
        break;
      default:
        message satisfies never;
    }
    if (message.type !== "run" && message.type !== "gone") return;
    gone.hidden = message.type !== "gone";
    tabs.element.hidden = message.type === "gone";
  }

  addEventListener("message", ({ data }: MessageEvent<ToRunPage>) => receive(data));
  send({ type: "ready", section: tabs.section });
}
