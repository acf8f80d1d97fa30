/** The title of a task, and the notification that shows its progress. */

import * as vscode from "vscode";
import type { Watcher } from "../ask";
import type { Stage } from "../protocol";
import type { Task } from "../task";

export function taskTitle(task: Task): string {
  const { t } = vscode.l10n;
  const titles: Record<Task, string> = {
    explain: t("Explanation"),
    comment: t("Comments"),
    document: t("Doc Comments"),
    translate: t("Translation"),
    fix: t("Fix"),
    tests: t("Unit Tests"),
    edit: t("Edit"),
    commitMessage: t("Commit Message"),
  };
  return titles[task];
}

/** Do `work` while a notification shows `message`, then the stage or last line of the answer. Its button cancels `token`. */
export async function withProgress<T>(
  title: string,
  work: (token: vscode.CancellationToken, watcher: Required<Watcher>) => Promise<T>,
  message = "",
): Promise<T> {
  const { t } = vscode.l10n;
  const stages: Record<Stage, string> = {
    answering: t("answering…"),
    checking: t("checking…"),
    repairing: t("repairing…"),
  };
  const options = { location: vscode.ProgressLocation.Notification, title: `CodeGeeX: ${title}`, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) => {
    let text = "";
    progress.report({ message });
    return work(token, {
      onText: (addition) => {
        text += addition;
        progress.report({ message: text.trimEnd().split("\n").at(-1) ?? "" });
      },
      onStage: (stage) => {
        if (stage === "repairing") text = "";
        progress.report({ message: stages[stage] });
      },
    });
  });
}
