/** The documents that show a proposed change, on the right side of a diff. */

import * as vscode from "vscode";

export const SCHEME = "codegeex-review";

/** Return the proposal that a tab shows. */
export function proposalIn(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  const input = tab?.input;
  return input instanceof vscode.TabInputTextDiff && input.modified.scheme === SCHEME ? input.modified : undefined;
}
