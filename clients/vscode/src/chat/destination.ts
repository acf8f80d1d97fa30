/** Where the text of a question goes, in sentences for the user. */

import * as vscode from "vscode";
import type { Status } from "../protocol";
import type { Destination } from "./messages";

/** Return it from the daemon's status. As long as there is none, nothing is promised. */
export function destinationOf(status: Status | undefined): Destination {
  const { t } = vscode.l10n;
  if (!status?.servers) return { intro: status?.remote ?? "", note: "" };
  const { chat, completion } = status.servers;
  if (chat) {
    return {
      intro: t("The server {0} answers. Your questions and the code they are about are sent to it.", chat),
      note: t("This conversation is sent to {0}.", chat),
    };
  }
  if (status.model && status.chat === "" && !completion) {
    return { intro: t("The model in use only completes code. To ask questions, choose a model that can converse."), note: "" };
  }
  const local = completion
    ? t(
        "A model on your own machine answers, and your questions stay there. The code around the cursor is sent to {0}, for suggestions.",
        completion,
      )
    : t("A model on your own machine answers. Nothing you write leaves it.");
  return { intro: local, note: "" };
}
