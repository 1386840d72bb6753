import { translated } from "../../l10n/index.ts";
import { element } from "./dom.ts";
import type { Action } from "./payload.ts";

/** A button that asks the editor to do something; without an editor there is none. */
export function actionButton(action: Action, act: ((action: Action) => void) | null): HTMLElement[] {
  if (act === null) return [];
  const button = element(
    "button",
    { type: "button", title: translated(action.title), class: "dlnb-action" },
    translated(action.label),
  );
  button.addEventListener("click", () => act(action));
  return [button];
}
