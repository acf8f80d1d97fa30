/** What a task is called, and the notification under which it works. */

import * as vscode from "vscode";
import type { Task } from "../tasks";
import type { Stage } from "../protocol";

export function titleOf(task: Task): string {
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

/** Told what was said so far, to show its last line. */
export interface Shown {
  heard(text: string): void;
  entered(stage: Stage): void;
}

/** Work under a notification that shows how far it is, and stops it. */
export async function withProgress<T>(
  title: string,
  work: (token: vscode.CancellationToken, shown: Shown) => Promise<T>,
): Promise<T> {
  const { t } = vscode.l10n;
  const stages: Record<Stage, string> = {
    answering: t("answering…"),
    checking: t("checking…"),
    repairing: t("repairing…"),
  };
  const options = { location: vscode.ProgressLocation.Notification, title: `CodeGeeX: ${title}`, cancellable: true };
  return vscode.window.withProgress(options, (progress, token) => {
    let said = "";
    return work(token, {
      heard: (text) => {
        said += text;
        progress.report({ message: said.trimEnd().split("\n").at(-1) ?? "" });
      },
      entered: (stage) => {
        if (stage === "repairing") said = "";
        progress.report({ message: stages[stage] });
      },
    });
  });
}
