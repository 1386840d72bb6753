import { speak } from "../../l10n/index.ts";

/** Takes the language that the page's maker put into it as inert JSON; a page without speaks English. */
export function speakAsPage(): void {
  const text = document.getElementById("dlnb-words")?.textContent ?? "";
  speak(text === "" ? null : JSON.parse(text));
}
