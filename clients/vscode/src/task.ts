/** What a task is, for those that register, run and show one. */

import type * as vscode from "vscode";

export const TASKS = ["explain", "comment", "document", "translate", "fix", "tests", "edit", "commitMessage"] as const;
export type Task = (typeof TASKS)[number];

/** Shows what a document would be with other text in a range; nothing is changed before that is accepted. */
export type Propose = (document: vscode.TextDocument, range: vscode.Range, newText: string) => Promise<void>;
