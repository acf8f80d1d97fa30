/** What the view says, in the language of the window. */

import * as vscode from "vscode";
import type { Strings } from "./messages";

export function strings(): Strings {
  const { t } = vscode.l10n;
  return {
    title: t("Ask about your code"),
    hints: [
      t("`#selection`, `#file:` and `#symbol:` say what a question is about, `@workspace` looks everywhere."),
      t("Enter sends, Shift+Enter begins a new line, Escape stops an answer, Up brings the last question back."),
    ],
    placeholder: t("Ask CodeGeeX"),
    send: t("Send (Enter)"),
    stop: t("Stop (Escape)"),
    you: t("You asked"),
    answer: t("Answer"),
    sources: t("Sources"),
    places: t("Where to look"),
    stopped: t("Stopped."),
    nothing: t("The model said nothing."),
    again: t("Ask Again"),
    copy: t("Copy"),
    copied: t("Copied"),
    insert: t("Insert at Cursor"),
    apply: t("Compare and Apply"),
    newFile: t("New File"),
    code: t("code"),
    lookingOn: t("{0} goes with the question; press to leave it out"),
    lookingOff: t("{0} does not go with the question; press to send it along"),
    suggestions: t("Mentions"),
    answered: t("The answer is complete."),
  };
}
