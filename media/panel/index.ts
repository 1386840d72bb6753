import { speakAsPage } from "../chart/language.ts";
import { showPicker } from "../picker/index.ts";
import { showChart } from "./chart.ts";
import { showComparison } from "./compare.ts";
import type { Editor } from "./editor.ts";
import { showRun } from "./run.ts";

declare function acquireVsCodeApi(): Editor<never, never>;

/** What the page of a panel can be; `src/panel/page.ts` says which. */
const views: Readonly<Record<string, (editor: Editor<never, never>) => void>> = {
  chart: showChart,
  compare: showComparison,
  picker: showPicker,
  run: showRun,
};

speakAsPage();
views[document.body.dataset.view ?? ""]?.(acquireVsCodeApi());
