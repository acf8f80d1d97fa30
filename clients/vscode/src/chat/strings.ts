/** The texts of the chat view, in the language of the window. */

import * as vscode from "vscode";
import type { Strings } from "./messages";

export function viewStrings(): Strings {
  const { t } = vscode.l10n;
  return {
    title: t("Ask about your code"),
    hints: [
      t("Use `#selection`, `#file:` and `#symbol:` to say what a question is about, and `@workspace` to search everywhere."),
      t("Press Enter to send, Shift+Enter for a new line, Escape to stop an answer, and Up for the last question."),
    ],
    placeholder: t("Ask CodeGeeX"),
    send: t("Send (Enter)"),
    stop: t("Stop (Escape)"),
    you: t("You asked"),
    answer: t("Answer"),
    sources: t("Sources"),
    places: t("Where to look"),
    stopped: t("Stopped."),
    nothing: t("The model gave no answer."),
    again: t("Ask Again"),
    copy: t("Copy"),
    copied: t("Copied"),
    insert: t("Insert at Cursor"),
    apply: t("Compare and Apply"),
    newFile: t("New File"),
    code: t("code"),
    attachedTitle: t("{0} is sent with the question. Press to leave it out."),
    detachedTitle: t("{0} is not sent with the question. Press to include it."),
    suggestions: t("Mentions"),
    answered: t("The answer is complete."),
  };
}
