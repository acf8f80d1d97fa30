/** The page's side of the extension: messages, texts in the window's language, and the draft. */

import type { FromView, Strings } from "../messages";

interface Api {
  postMessage(message: FromView): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): Api;

const api = acquireVsCodeApi();

export const strings = JSON.parse(document.body.dataset["strings"] ?? "{}") as Strings;

export function post(message: FromView): void {
  api.postMessage(message);
}

/** Return the question being written, which survives the view being hidden. */
export function readDraft(): string {
  const kept = api.getState();
  return typeof kept === "string" ? kept : "";
}

export function saveDraft(text: string): void {
  api.setState(text);
}
