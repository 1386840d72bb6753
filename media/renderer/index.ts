import type { ActivationFunction, OutputItem, RendererContext } from "vscode-notebook-renderer";
import { languageOf, speak } from "../../l10n/index.ts";
import { element } from "../chart/dom.ts";
import { type ChartState, Figure } from "../chart/figure.ts";
import {
  type Action,
  type Chart,
  ERROR_MIME,
  FINDINGS_MIME,
  type FromRenderer,
  GALLERY_MIME,
  readChart,
  type ToRenderer,
} from "../chart/payload.ts";
import { STYLE } from "../chart/style.ts";
import { tooltip } from "../chart/tooltip.ts";
import { drawFindings } from "../findings/draw.ts";
import { readFindings } from "../findings/read.ts";
import { drawGallery } from "../gallery/draw.ts";
import { readGallery } from "../gallery/read.ts";
import { drawError, type ErrorActions, readError } from "./error.ts";

/** What readers set on charts and galleries, by their ids; the oldest are forgotten. */
type State = Record<string, ChartState & { heat?: boolean }>;
const MAX_STATES = 200;

interface Shown {
  chart: string;
  figure: Figure;
  /** False until the editor answered `sync`: rows before that are part of the answer. */
  synced: boolean;
}

/** The first output waits this long for the editor's words; when they come later everything is drawn again. */
const WORDS_MS = 150;

/** The notebook renderer: charts that grow while a cell runs, findings, galleries, and errors. */
export const activate: ActivationFunction<State> = async (context) => {
  document.head.append(element("style", {}, STYLE));
  const shown = new Map<string, Shown>();
  const items = new Map<string, { item: OutputItem; parent: HTMLElement }>();
  const post = context.postMessage === undefined ? null : (message: FromRenderer) => context.postMessage?.(message);
  const { promise: spoken, resolve: speaks } = Promise.withResolvers<void>();

  context.onDidReceiveMessage?.((message: ToRenderer) => {
    if (message.type === "words") {
      speaks();
      if (message.bundle.language === languageOf()) return;
      speak(message.bundle);
      for (const [id, { item, parent }] of items) {
        dispose(id);
        render(item, parent);
      }
      return;
    }
    for (const output of shown.values()) {
      if (message.type === "chart" && message.chart.id === output.chart) {
        output.synced = true;
        output.figure.update(message.chart);
      } else if (message.type === "live") {
        output.figure.live(message.run, message.status);
      } else if (message.type === "rows" && message.chart === output.chart && output.synced) {
        output.figure.append(message.dataset, message.columns, message.replace);
      }
    }
  });

  const dispose = (id: string) => {
    shown.get(id)?.figure.dispose();
    shown.delete(id);
  };

  const render = (item: OutputItem, parent: HTMLElement) => {
    const cell = cellOf(item);
    const act = post === null || cell === null ? null : (action: Action) => post({ type: "act", cell, action });
    if (item.mime === ERROR_MIME) {
      const actions = post !== null && cell !== null ? errorActions(post, cell) : null;
      drawError(parent, readError(item.json()), actions);
      return;
    }
    let chart: Chart;
    try {
      if (item.mime === FINDINGS_MIME) return drawFindings(parent, readFindings(item.json()), act);
      if (item.mime === GALLERY_MIME) {
        const gallery = readGallery(item.json());
        const heat = context.getState()?.[gallery.id]?.heat ?? true;
        return drawGallery(parent, gallery, heat, (heat) => keep(context, gallery.id, { heat }));
      }
      chart = readChart(item.json());
    } catch (error) {
      dispose(item.id);
      parent.replaceChildren(element("p", {}, error instanceof Error ? error.message : String(error)));
      return;
    }
    const before = shown.get(item.id);
    if (before !== undefined && before.chart === chart.id && parent.firstChild !== null) {
      before.figure.update(chart);
    } else {
      dispose(item.id);
      shown.set(item.id, {
        chart: chart.id,
        synced: post === null,
        figure: new Figure(parent, chart, {
          state: context.getState()?.[chart.id] ?? {},
          keep: (state) => keep(context, chart.id, state),
          save: (name, base64) => (post === null ? download(name, base64) : post({ type: "save", name, base64 })),
          ...(post === null ? {} : { open: () => post({ type: "open", chart: chart.id }) }),
          ...(act === null ? {} : { act }),
          ...(post === null ? {} : { control: (run, change) => post({ type: "control", run, change }) }),
        }),
      });
    }
    if (chart.live) post?.({ type: "sync", chart: chart.id });
  };

  if (post !== null) {
    post({ type: "words" });
    await Promise.race([spoken, new Promise((resolve) => setTimeout(resolve, WORDS_MS))]);
  }
  return {
    renderOutputItem(item, parent) {
      items.set(item.id, { item, parent });
      render(item, parent);
    },

    disposeOutputItem(id) {
      tooltip.hide();
      for (const key of id === undefined ? [...items.keys()] : [id]) {
        dispose(key);
        items.delete(key);
      }
    },
  };
};

function keep(context: RendererContext<State>, id: string, state: State[string]): void {
  const { [id]: _, ...others } = context.getState() ?? {};
  context.setState(Object.fromEntries([...Object.entries(others), [id, state]].slice(-MAX_STATES)) as State);
}

/** The cell that an output stands under, as the extension wrote it. */
function cellOf(item: OutputItem): string | null {
  const cell = (item.metadata as { dlnbCell?: unknown } | null | undefined)?.dlnbCell;
  return typeof cell === "string" ? cell : null;
}

/** For pages that have nobody to ask for a file name. */
function download(name: string, base64: string): void {
  const types: Record<string, string> = { svg: "image/svg+xml", png: "image/png" };
  const type = types[name.replace(/^.*\./, "")] ?? "text/plain";
  element("a", { href: `data:${type};base64,${base64}`, download: name }).click();
}

function errorActions(post: (message: FromRenderer) => void, own: string): ErrorActions {
  return {
    reveal: (line, column, cell = own) => post({ type: "reveal", cell, line, column }),
    open: (file, line, column) => post({ type: "openFile", file, line, column }),
    rerun: () => post({ type: "rerun", cell: own }),
  };
}
