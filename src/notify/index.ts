import * as vscode from "vscode";

/**
 * Text for the editor's messages and prompts, which make a link of "[words](command:...)" that runs any command with a click. Names of
 * runs, cells and files are anybody's: with a word joiner (which has no width) in between, they stay text.
 */
export const plainText = (text: string): string => text.replaceAll("](", "]\u2060(");

type Show = typeof vscode.window.showInformationMessage;

const plainly = (name: keyof typeof notify): Show =>
  ((text: string, ...rest: [vscode.MessageOptions, ...string[]]) =>
    vscode.window[name](plainText(text), ...rest)) as Show;

/** The editor's messages, whose words are text. */
export const notify: Readonly<Record<"showInformationMessage" | "showWarningMessage" | "showErrorMessage", Show>> = {
  showInformationMessage: plainly("showInformationMessage"),
  showWarningMessage: plainly("showWarningMessage"),
  showErrorMessage: plainly("showErrorMessage"),
};
