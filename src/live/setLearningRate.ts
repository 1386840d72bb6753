import * as vscode from "vscode";
import type { RestOfPlan, RunControl } from "../../engine/protocol/index.ts";
import type { LiveRun, LiveRuns } from "./liveRuns.ts";
import { rateText, readRate } from "./rates.ts";

interface Choice extends vscode.QuickPickItem {
  readonly change: RunControl | null;
}

const FACTORS = [
  ["×10", 10],
  ["×3", 3],
  ["÷3", 1 / 3],
  ["÷10", 1 / 10],
] as const;

/** Asks for a rate: what is typed, looked at while it is typed, or a choice. Undefined: nobody chose. */
export async function askRate(live: LiveRuns, { notebook, id, name }: LiveRun): Promise<RunControl | undefined> {
  const input = vscode.window.createQuickPick<Choice>();
  const { t } = vscode.l10n;
  const status = () => live.get(notebook, id)?.status;
  const show = () => {
    const now = status();
    const typed = input.value.trim();
    const rate = readRate(typed);
    const lr = now?.lr ?? null;
    const ownRates = now?.ownRates === true;
    const own: Choice[] =
      typed === ""
        ? []
        : ownRates
          ? [
              {
                label: `$(error) ${t("the runs side by side have rates of their own: scale them")}`,
                alwaysShow: true,
                change: null,
              },
            ]
          : typeof rate === "number"
            ? [{ label: t("Set to {0}", rateText(rate)), alwaysShow: true, change: { do: "set-lr", value: rate } }]
            : [{ label: `$(error) ${rate}`, alwaysShow: true, change: null }];
    const scaled: Choice[] = ownRates
      ? FACTORS.map(([label, factor]) => ({
          label,
          description: t("the rates of all runs side by side"),
          alwaysShow: true,
          change: { do: "scale-lr", factor },
        }))
      : lr === null
        ? []
        : FACTORS.map(([label, factor]) => {
            const value = Number((lr * factor).toPrecision(3));
            return { label, description: rateText(value), alwaysShow: true, change: { do: "set-lr", value } };
          });
    const back: Choice = {
      label: t("Follow the plan again"),
      description: planned(now?.plan ?? null, now?.step ?? 0),
      alwaysShow: true,
      change: { do: "follow-plan" },
    };
    input.items = [...own, ...scaled, back];
  };
  const title = () => {
    const now = status();
    const step = (now?.step ?? 0).toLocaleString("en-US");
    const where = now?.paused ? t("paused at step {0}", step) : t("step {0}", step);
    input.title = t("Learning rate of {0}, {1}: now {2}", name, where, rateWords(now));
  };
  input.placeholder = t("A rate such as 3e-4; the rest of the schedule is scaled with it");
  // what is typed is a number, and no search
  input.matchOnDescription = false;
  title();
  show();
  const following = live.onDidChange(() => {
    title();
    if (status() === undefined) input.hide();
  });
  const chosen = await new Promise<RunControl | undefined>((resolve) => {
    input.onDidChangeValue(show);
    input.onDidAccept(() => {
      const change = input.selectedItems[0]?.change;
      // what is no rate stays to be mended
      if (!change) return;
      resolve(change);
      input.hide();
    });
    input.onDidHide(() => resolve(undefined));
    input.show();
  });
  following.dispose();
  input.dispose();
  return chosen;
}

const rateWords = (now: LiveRun["status"] | undefined): string => {
  if (now?.ownRates) return vscode.l10n.t("one for each of {0} runs", now.runs);
  return now?.lr == null ? "?" : rateText(now.lr);
};

/** What the schedule says for now and for its end. */
function planned(plan: RestOfPlan | null, step: number): string {
  const place = plan?.steps.findIndex((at) => at >= step) ?? -1;
  const [first, last] = [plan?.planned.at(place), plan?.planned.at(-1)];
  if (first === undefined || last === undefined) return "";
  // the last step of a cosine is 0 but for what is rounded
  const end = last < 1e-6 * Math.max(...(plan?.planned ?? [])) ? 0 : last;
  return first === end ? rateText(first) : vscode.l10n.t("{0} now, {1} at the end", rateText(first), rateText(end));
}
