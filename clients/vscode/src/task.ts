/** The tasks, as the code that registers them and the code that runs them know them. */

import type * as vscode from "vscode";

export const TASKS = ["explain", "comment", "document", "translate", "fix", "tests", "edit", "commitMessage"] as const;
export type Task = (typeof TASKS)[number];

/** Show a document with other text in a range, as a proposal. The document changes once the user accepts it. */
export type Propose = (document: vscode.TextDocument, range: vscode.Range, newText: string) => Promise<void>;
