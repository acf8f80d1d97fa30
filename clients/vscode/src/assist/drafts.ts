/** New code, shown next to the code it came from. It is saved once the user accepts it. */

import * as vscode from "vscode";

export interface NewCode {
  code: string;
  language: string;
  /** The file that it will be saved to, if that is known. */
  file: vscode.Uri | undefined;
  warnings: readonly string[];
}

/** The documents with new code that the user has not accepted or discarded yet. */
export class Drafts implements vscode.Disposable {
  private readonly paths = new Set<string>();
  private readonly subscription = vscode.workspace.onDidCloseTextDocument(({ uri, isUntitled }) => {
    if (isUntitled && this.paths.delete(uri.path)) this.updateContext();
  });

  dispose(): void {
    this.subscription.dispose();
  }

  async show({ code, language, file, warnings }: NewCode): Promise<void> {
    const document = await (file ? openAsFile(file, code) : vscode.workspace.openTextDocument({ content: code, language }));
    this.paths.add(document.uri.path);
    this.updateContext();
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside, preview: false });
    if (warnings.length) void vscode.window.showWarningMessage(warnings.join("\n"));
  }

  get active(): vscode.TextDocument | undefined {
    const document = vscode.window.activeTextEditor?.document;
    return document?.isUntitled && this.paths.has(document.uri.path) ? document : undefined;
  }

  async accept(): Promise<void> {
    await this.active?.save();
  }

  async discard(): Promise<void> {
    if (this.active) await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  }

  /** Set the context for the buttons in package.json. */
  private updateContext(): void {
    void vscode.commands.executeCommand("setContext", "codegeex.drafts", this.paths.size ? [...this.paths] : undefined);
  }
}

/** Open an unsaved document that becomes `file` once it is saved. */
async function openAsFile(file: vscode.Uri, code: string): Promise<vscode.TextDocument> {
  const document = await vscode.workspace.openTextDocument(file.with({ scheme: "untitled" }));
  const edit = new vscode.WorkspaceEdit();
  const whole = new vscode.Range(0, 0, document.lineCount, 0); // replaces an earlier draft
  edit.replace(document.uri, document.validateRange(whole), code);
  await vscode.workspace.applyEdit(edit);
  return document;
}
