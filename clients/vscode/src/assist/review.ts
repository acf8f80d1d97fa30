/** Proposed changes, each shown in a diff with the code it is for, to accept or discard. */

import * as vscode from "vscode";
import { SCHEME, proposalIn } from "../proposal";
import type { Answer } from "../protocol";
import type { Task } from "../task";

const MAC = process.platform === "darwin";

/** The argument of `codegeex.review`: an answer that was shown elsewhere, and the text it was made for. */
export interface ReviewArgument {
  task: Task;
  uri: vscode.Uri;
  before: string;
  argument: object;
  answer: Answer;
}

export interface Change {
  document: vscode.TextDocument;
  /** The document's text that the change was made for; it is applied to no other text. */
  before: string;
  range: vscode.Range;
  newText: string;
  title: string;
  warnings: readonly string[];
  /** Run the task again on the text as it is now, where the code to replace is `lines` further down. */
  retry(lines: number): unknown;
}

/** The changes under review, each in a diff editor of its own, at most one for each document. */
export class Reviews implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new Map<string, Change>();
  private readonly subscriptions: vscode.Disposable[];
  private readonly hint = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("editorCodeLens.foreground"), margin: "0 0 0 3em", fontStyle: "italic" },
  });
  private count = 0;

  constructor() {
    this.subscriptions = [
      this.hint,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        for (const tab of closed) this.changes.delete(proposalIn(tab)?.toString() ?? "");
        this.updateContext();
      }),
      vscode.window.tabGroups.onDidChangeTabGroups(() => this.updateContext()),
      vscode.window.onDidChangeVisibleTextEditors(() => this.showKeys()),
    ];
  }

  dispose(): void {
    for (const each of this.subscriptions) each.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const change = this.changes.get(uri.toString());
    return change ? textAfter(change) : "";
  }

  async show(change: Change): Promise<void> {
    const { document, title, warnings } = change;
    if (textAfter(change) === change.before) {
      void vscode.window.showInformationMessage(vscode.l10n.t("The model suggests no change here."));
      return;
    }
    const earlier = [...this.changes].filter(([, each]) => each.document.uri.toString() === document.uri.toString());
    for (const [uri] of earlier) await close(vscode.Uri.parse(uri));
    const uri = vscode.Uri.from({ scheme: SCHEME, path: document.uri.path, query: String(++this.count) });
    this.changes.set(uri.toString(), change);
    const proposal = await vscode.workspace.openTextDocument(uri);
    if (proposal.languageId !== document.languageId) {
      await vscode.languages.setTextDocumentLanguage(proposal, document.languageId);
    }
    const name = document.uri.path.split("/").at(-1);
    const options: vscode.TextDocumentShowOptions = { preview: false, selection: firstChange(change) };
    await vscode.commands.executeCommand("vscode.diff", document.uri, uri, `${name}: ${title} (CodeGeeX)`, options);
    this.showKeys();
    if (warnings.length) void this.warn(uri, change);
    else if (document.getText() !== change.before) void this.reportStale(uri, change);
  }

  /** Apply the change of the active diff, as one undo step. */
  async accept(uri = proposalIn(vscode.window.tabGroups.activeTabGroup.activeTab)): Promise<void> {
    const change = uri && this.changes.get(uri.toString());
    if (!change) return;
    const document = await vscode.workspace.openTextDocument(change.document.uri); // the user may have closed it
    if (document.getText() !== change.before) return this.reportStale(uri, change);
    const edit = new vscode.WorkspaceEdit();
    edit.replace(document.uri, change.range, change.newText);
    const viewColumn = tabOf(uri)?.group.viewColumn ?? vscode.ViewColumn.Active;
    if (!(await vscode.workspace.applyEdit(edit))) {
      void vscode.window.showErrorMessage(vscode.l10n.t("VS Code could not apply the change. Try again."));
      return;
    }
    const selection = new vscode.Range(change.range.start, change.range.start);
    await vscode.window.showTextDocument(document, { viewColumn, selection });
    await close(uri); // last, since a test or a user may type as soon as it is gone
  }

  async discard(uri = proposalIn(vscode.window.tabGroups.activeTabGroup.activeTab)): Promise<void> {
    const change = uri && this.changes.get(uri.toString());
    if (!uri) return;
    const viewColumn = tabOf(uri)?.group.viewColumn ?? vscode.ViewColumn.Active;
    if (change && !change.document.isClosed) await vscode.window.showTextDocument(change.document, { viewColumn });
    await close(uri);
  }

  /** Show next to the change, in each visible proposal, which keys accept and discard it. */
  private showKeys(): void {
    const contentText = vscode.l10n.t("{0} to accept, Escape to discard", MAC ? "⌘⏎" : "Ctrl+Enter");
    for (const editor of vscode.window.visibleTextEditors) {
      const change = this.changes.get(editor.document.uri.toString());
      if (!change) continue;
      const { end } = shortestLineNear(editor.document, firstChange(change).start.line);
      editor.setDecorations(this.hint, [{ range: new vscode.Range(end, end), renderOptions: { after: { contentText } } }]);
    }
  }

  /** Set the context for the keys in package.json. */
  private updateContext(): void {
    const reviewing = proposalIn(vscode.window.tabGroups.activeTabGroup.activeTab) !== undefined;
    void vscode.commands.executeCommand("setContext", "codegeex.reviewing", reviewing);
  }

  /** Show what the checks found until the user decides. */
  private async warn(uri: vscode.Uri, change: Change): Promise<void> {
    const { t } = vscode.l10n;
    const [accept, discard] = [t("Accept Anyway"), t("Discard")];
    const chosen = await vscode.window.showWarningMessage(change.warnings.join("\n"), accept, discard);
    if (chosen === accept) await this.accept(uri);
    else if (chosen === discard) await this.discard(uri);
  }

  private async reportStale(uri: vscode.Uri, change: Change): Promise<void> {
    const { t } = vscode.l10n;
    const name = vscode.workspace.asRelativePath(change.document.uri);
    const [retry, discard] = [t("Ask Again"), t("Discard")];
    const message = t("{0} has changed since this was proposed, so nothing was applied.", name);
    const chosen = await vscode.window.showWarningMessage(message, retry, discard);
    if (chosen) await this.discard(uri);
    if (chosen === retry) change.retry(linesMoved(change));
  }
}

/** Return the text with the change applied. */
function textAfter({ before, range, newText }: Change): string {
  return before.slice(0, offsetIn(before, range.start)) + newText + before.slice(offsetIn(before, range.end));
}

/** Return by how many lines the code to replace has moved since the change was made. */
function linesMoved({ document, before, range }: Change): number {
  const original = before.slice(offsetIn(before, range.start), offsetIn(before, range.end));
  const now = document.getText().indexOf(original);
  return now < 0 ? 0 : document.positionAt(now).line - range.start.line;
}

/** Return the offset of a position in a text that may no longer be a document's. */
function offsetIn(text: string, { line, character }: vscode.Position): number {
  const ends = /\r\n|\r|\n/g;
  for (let passed = 0; passed < line; passed++) {
    if (!ends.exec(text)) return text.length;
  }
  return Math.min(ends.lastIndex + character, text.length);
}

/** Return the shortest of a line and its neighbours: side by side, a diff leaves little room. */
function shortestLineNear(document: vscode.TextDocument, line: number): vscode.Range {
  const lines = [line, line - 1, line + 1].filter((each) => each >= 0 && each < document.lineCount);
  const ranges = lines.map((each) => document.lineAt(each).range);
  return ranges.reduce((best, each) => (each.end.character < best.end.character ? each : best));
}

/** Return the first line of the proposal that differs. */
function firstChange(change: Change): vscode.Range {
  const [before, after] = [change.before, textAfter(change)].map((text) => text.split(/\r\n|\r|\n/));
  const line = Math.max(0, after?.findIndex((each, i) => each !== before?.[i]) ?? 0);
  return new vscode.Range(line, 0, line, 0);
}

function tabOf(uri: vscode.Uri): vscode.Tab | undefined {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.find((tab) => proposalIn(tab)?.toString() === uri.toString());
}

async function close(uri: vscode.Uri): Promise<void> {
  const tab = tabOf(uri);
  if (tab) await vscode.window.tabGroups.close(tab);
}
