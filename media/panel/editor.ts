/** The editor, as a panel's page sees it: what it may be told, and what it keeps while the page is not shown. */
export interface Editor<Message, State> {
  postMessage(message: Message): void;
  getState(): State | undefined;
  setState(state: State): void;
}
